import { expect, test } from 'vitest'
import { keyedHash } from '../src/keyed-hash.ts'

// expected values: from an independent implementation that matches the reference code for HalfSipHash-2-4
test('keyedHash is HalfSipHash-1-3', () => {
  const [key0, key1] = [0x03020100, 0x07060504]
  const hashes = [
    0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6, 0x577999b1,
    0xc839caed
  ]
  for (const [length, expected] of hashes.entries()) {
    const bytes = Uint8Array.from({ length }, (_, index) => index)
    expect(keyedHash(bytes, key0, key1) >>> 0).toBe(expected)
  }
})

test('keyedHash handles high bytes, high words of its key and lengths above 255', () => {
  for (const [length, expected] of [
    [0, 0xcabe21a4],
    [1, 0x3fe757d8],
    [4, 0x0cdd723b],
    [7, 0xa6df0ca3],
    [64, 0xee68f2d5],
    [300, 0x80732dab]
  ] as const) {
    const bytes = Uint8Array.from({ length }, (_, index) => (0xff - index) & 0xff)
    expect(keyedHash(bytes, 0xfedcba98, 0x80000001) >>> 0).toBe(expected)
  }
})
