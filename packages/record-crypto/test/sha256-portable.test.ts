import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { toHex } from '@recordkit/record-types/internal'
import { expect, test } from 'vitest'
import { digest } from '../src/platform/sha256.portable.ts'

test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'
  ],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0']
])('SHA-256 in plain JavaScript has the results of FIPS 180-4 for "%.9s"', (text, expected) => {
  expect(toHex(digest(new TextEncoder().encode(text)))).toBe(expected)
})

test('SHA-256 in plain JavaScript has the results of noble for all lengths of four blocks, also of views', () => {
  const memory = new Uint8Array(300)
  for (let index = 0; index < 300; index++) memory[index] = (index * 167 + (index >> 3)) & 0xff
  for (let length = 0; length <= 256; length++) {
    const message = memory.subarray(length % 7, (length % 7) + length)
    expect(digest(message)).toEqual(nobleSha256(new Uint8Array(message)))
  }
})
