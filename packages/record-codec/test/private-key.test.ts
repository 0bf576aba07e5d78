import type { KeyType } from '@recordkit/record-types'
import { fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { decodePrivateKey, encodePrivateKey } from '@recordkit/record-codec'
import { writeFields } from '@recordkit/record-codec/protobuf'
import { codeOf } from './errors.ts'

/** A DER element, with its length in the shortest form. */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Uint8Array.from(contents.flatMap((part) => [...part]))
  const { length } = content
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Uint8Array.of(tag, ...head, ...content)
}

const integer = (...bytes: readonly number[]): Uint8Array => der(2, Uint8Array.from(bytes))

function code(type: KeyType, data: Uint8Array): string {
  return codeOf(() => decodePrivateKey(encodePrivateKey({ type, data })))
}

test.each<[KeyType, number, string]>([
  ['Ed25519', 0, 'PRIVATE_KEY_INVALID'],
  ['Ed25519', 32, 'PRIVATE_KEY_INVALID'],
  ['Ed25519', 63, 'PRIVATE_KEY_INVALID'],
  ['Ed25519', 64, 'ok'],
  ['Ed25519', 65, 'PRIVATE_KEY_INVALID'],
  ['Ed25519', 95, 'PRIVATE_KEY_INVALID'],
  ['Ed25519', 96, 'ok'],
  ['Ed25519', 97, 'PRIVATE_KEY_INVALID'],
  ['Ed25519', 128, 'PRIVATE_KEY_INVALID'],
  ['Secp256k1', 31, 'PRIVATE_KEY_INVALID'],
  ['Secp256k1', 32, 'ok'],
  ['Secp256k1', 33, 'PRIVATE_KEY_INVALID'],
  ['Secp256k1', 64, 'PRIVATE_KEY_INVALID']
])('decodePrivateKey of an %s key of %i bytes gives %s', (type, length, expected) => {
  expect(code(type, new Uint8Array(length))).toBe(expected)
})

test('the old form of an Ed25519 key is decoded to seed and public key', () => {
  const data = Uint8Array.from({ length: 96 }, (_, index) => (index < 64 ? index : index - 32))
  const read = decodePrivateKey(encodePrivateKey({ type: 'Ed25519', data }))
  expect(read).toEqual({ type: 'Ed25519', data: data.subarray(0, 64) })
  // the public halves are compared byte by byte, the seed is not
  for (const at of [32, 63, 64, 95]) expect(code('Ed25519', data.with(at, 0xff))).toBe('PRIVATE_KEY_INVALID')
  for (const at of [0, 31]) expect(code('Ed25519', data.with(at, 0xff))).toBe('ok')
})

test('decodePrivateKey refuses a key without type or data, and more than 6000 bytes', () => {
  expect(codeOf(() => decodePrivateKey(new Uint8Array(0)))).toBe('PRIVATE_KEY_INVALID')
  expect(codeOf(() => decodePrivateKey(writeFields([8, 1])))).toBe('PRIVATE_KEY_INVALID')
  expect(codeOf(() => decodePrivateKey(writeFields([18, new Uint8Array(64)])))).toBe('PRIVATE_KEY_INVALID')
  expect(codeOf(() => decodePrivateKey(writeFields([8, 4, 18, new Uint8Array(64)])))).toBe('KEY_TYPE_UNKNOWN')
  const data = (size: number): Uint8Array => writeFields([8, 2, 18, new Uint8Array(size)])
  expect(data(5_995)).toHaveLength(6_000)
  expect(codeOf(() => decodePrivateKey(data(5_995)))).toBe('PRIVATE_KEY_INVALID')
  expect(codeOf(() => decodePrivateKey(data(5_996)))).toBe('TOO_LARGE')
})

test('encodePrivateKey returns bytes with a buffer of their own', () => {
  for (const length of [0, 32, 64, 127, 128, 300, 4_700]) {
    const bytes = encodePrivateKey({ type: 'ECDSA', data: new Uint8Array(length).fill(7) })
    expect(bytes.buffer.byteLength).toBe(bytes.length)
    const head = length < 128 ? [length] : [(length & 127) | 128, length >> 7]
    expect(bytes).toEqual(Uint8Array.of(8, 3, 18, ...head, ...new Uint8Array(length).fill(7)))
  }
})

describe('an RSA private key', () => {
  const modulus = (bits: number): Uint8Array => {
    const bytes = new Uint8Array(Math.ceil(bits / 8)).fill(0x55)
    bytes[0] = 1 << ((bits - 1) % 8)
    return bytes[0] > 127 ? integer(0, ...bytes) : integer(...bytes)
  }
  const numbers = Array.from({ length: 7 }, () => integer(1))
  const rsa = (...parts: readonly Uint8Array[]): string => code('RSA', der(0x30, ...parts))

  test.each([2048, 2049, 2055, 2056, 3072, 8191, 8192])('of %i bits is accepted', (bits) => {
    expect(rsa(integer(0), modulus(bits), ...numbers)).toBe('ok')
  })

  test.each([8, 1024, 2040, 2046, 2047, 8193, 8200])('of %i bits is refused', (bits) => {
    expect(rsa(integer(0), modulus(bits), ...numbers)).toBe('PRIVATE_KEY_INVALID')
  })

  test.each([
    ['a version of 1', integer(1)],
    ['a version of two bytes', integer(0, 0x80)],
    ['an empty version', integer()],
    ['no version', new Uint8Array(0)]
  ])('with %s is refused', (_, version) => {
    expect(rsa(version, modulus(2048), ...numbers)).toBe('DER_INVALID')
  })

  test.each([
    ['negative', integer(0x80)],
    ['negative, of two bytes', integer(0xff, 1)],
    ['empty', integer()],
    ['with a superfluous leading zero', integer(0, 1)],
    ['with a leading zero before the largest byte that needs none', integer(0, 0x7f)],
    ['in another element', der(3, Uint8Array.of(1))]
  ])('with any number that is %s is refused', (_, wrong) => {
    for (let at = 0; at < 7; at++) {
      expect(rsa(integer(0), modulus(2048), ...numbers.with(at, wrong))).toBe('DER_INVALID')
    }
  })

  test('with numbers at the limits of a byte is accepted', () => {
    for (const number of [integer(0), integer(0x7f), integer(0, 0x80), integer(0, 0xff)]) {
      expect(rsa(integer(0), modulus(2048), ...numbers.with(0, number))).toBe('ok')
    }
  })

  test('with a byte after its numbers, or after the key, is refused', () => {
    const whole = der(0x30, integer(0), modulus(2048), ...numbers)
    expect(rsa(integer(0), modulus(2048), ...numbers, Uint8Array.of(0))).toBe('DER_INVALID')
    expect(code('RSA', Uint8Array.of(...whole, 0))).toBe('DER_INVALID')
    expect(code('RSA', whole.subarray(0, -1))).toBe('DER_INVALID')
    expect(code('RSA', whole.with(0, 0x31))).toBe('DER_INVALID')
    // the sequence ends before its last number does
    expect(code('RSA', whole.with(3, (whole[3] as number) - 1))).toBe('DER_INVALID')
  })
})

describe('an ECDSA private key', () => {
  const secret = (size: number): Uint8Array => der(4, new Uint8Array(size))
  const ecdsa = (...parts: readonly Uint8Array[]): string => code('ECDSA', der(0x30, ...parts))
  const named = der(0xa0, fromHex('06082a8648ce3d030107'))
  const point = der(0xa1, new Uint8Array(140))

  test.each([
    [31, 'PRIVATE_KEY_INVALID'],
    [32, 'ok'],
    [47, 'PRIVATE_KEY_INVALID'],
    [48, 'ok'],
    [49, 'PRIVATE_KEY_INVALID'],
    [65, 'PRIVATE_KEY_INVALID'],
    [66, 'ok'],
    [67, 'PRIVATE_KEY_INVALID']
  ])('of %i bytes, with and without its optional parts, gives %s', (size, expected) => {
    for (const more of [[], [named], [point], [named, point]]) {
      expect(ecdsa(integer(1), secret(size), ...more)).toBe(expected)
    }
  })

  test.each([
    ['a version of 0', [integer(0), secret(32)]],
    ['a version of 2', [integer(2), secret(32)]],
    ['a version of two bytes', [integer(1, 1), secret(32)]],
    ['no version', [secret(32)]],
    ['no secret', [integer(1)]],
    ['a secret in another element', [integer(1), der(3, new Uint8Array(32))]],
    ['the point before the curve', [integer(1), secret(32), point, named]],
    ['the curve twice', [integer(1), secret(32), named, named]],
    ['another element after it', [integer(1), secret(32), der(0xa2)]],
    ['a byte after it', [integer(1), secret(32), Uint8Array.of(0)]],
    ['a truncated curve', [integer(1), secret(32), Uint8Array.of(0xa0, 1)]]
  ])('with %s is refused', (_, parts) => {
    expect(ecdsa(...parts)).toBe('DER_INVALID')
  })

  test('followed by a byte is refused', () => {
    const whole = der(0x30, integer(1), secret(32))
    expect(code('ECDSA', whole)).toBe('ok')
    expect(code('ECDSA', Uint8Array.of(...whole, 0))).toBe('DER_INVALID')
    expect(code('ECDSA', whole.subarray(0, -1))).toBe('DER_INVALID')
  })

  test('with lengths in their shortest form is accepted, and with longer forms is refused', () => {
    const sized = (length: number): Uint8Array[] => [integer(1), secret(32), der(0xa1, new Uint8Array(length))]
    for (const length of [0, 126, 127, 128, 129, 254, 255, 256, 257, 1_000]) expect(ecdsa(...sized(length))).toBe('ok')
    const long = (head: readonly number[], length: number): string =>
      ecdsa(integer(1), secret(32), Uint8Array.of(0xa1, ...head, ...new Uint8Array(length)))
    expect(long([0x81, 128], 128)).toBe('ok')
    expect(long([0x81, 127], 127)).toBe('DER_INVALID')
    expect(long([0x82, 1, 0], 256)).toBe('ok')
    expect(long([0x82, 0, 255], 255)).toBe('DER_INVALID')
    expect(long([0x83, 0, 1, 0], 256)).toBe('DER_INVALID')
    expect(long([0x80], 0)).toBe('DER_INVALID')
    expect(long([0x81], 0)).toBe('DER_INVALID')
    expect(long([0x82, 1], 0)).toBe('DER_INVALID')
    expect(long([], 0)).toBe('DER_INVALID')
  })
})

test('encodePrivateKey writes both fields, even when they have their default values', () => {
  expect(toHex(encodePrivateKey({ type: 'RSA', data: new Uint8Array(0) }))).toBe('08001200')
})
