import { isRecordError } from '@recordkit/record-types'
import { fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { derElement } from '@recordkit/record-codec/internal'
import { readEcdsaPrivateKey, readSec1, writeEcdsaPrivateKey } from '../src/ecdsa-private-key.ts'
import { ecdsaKeys, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { exportPrivateKey, importPrivateKey } from '../src/index.ts'

/** Returns the code of the RecordError that `run` throws, or `ok`. */
function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return 'ok'
}

const version = fromHex('020101')
const curves = [
  ['P-256', 32, '06082a8648ce3d030107'],
  ['P-384', 48, '06052b81040022'],
  ['P-521', 66, '06052b81040023']
] as const

/** A BIT STRING of a point, which need not be on the curve. */
function bitString(size: number, unused = 0, form = 4): Uint8Array {
  return derElement(3, Uint8Array.of(unused, form), new Uint8Array(2 * size).fill(6))
}

describe.each(curves)('SEC 1 of a key on %s', (name, size, identifier) => {
  const secret = derElement(4, new Uint8Array(size).fill(5))
  const named = derElement(0xa0, fromHex(identifier))

  test('is decoded with and without its curve and its point', () => {
    const point = derElement(0xa1, bitString(size))
    for (const parts of [[], [named], [point], [named, point]]) {
      const key = readEcdsaPrivateKey(derElement(0x30, version, secret, ...parts))
      expect(key.curve.name).toBe(name)
      expect(key.secret).toEqual(new Uint8Array(size).fill(5))
      const expected = Uint8Array.of(4, ...new Uint8Array(2 * size).fill(6))
      expect(key.point).toEqual(parts.includes(point) ? expected : undefined)
      expect('point' in key).toBe(parts.includes(point))
    }
  })

  test('is encoded with its curve, and with its point if it has one', () => {
    const { curve } = readEcdsaPrivateKey(derElement(0x30, version, secret))
    const key = { curve, secret: new Uint8Array(size).fill(5) }
    expect(toHex(writeEcdsaPrivateKey(key))).toBe(toHex(derElement(0x30, version, secret, named)))
    const point = Uint8Array.of(4, ...new Uint8Array(2 * size).fill(6))
    const whole = derElement(0x30, version, secret, named, derElement(0xa1, bitString(size)))
    expect(toHex(writeEcdsaPrivateKey({ ...key, point }))).toBe(toHex(whole))
  })

  test('that names another curve is refused', () => {
    for (const [, , other] of curves) {
      const key = derElement(0x30, version, secret, derElement(0xa0, fromHex(other)))
      expect(codeOf(() => readEcdsaPrivateKey(key))).toBe(other === identifier ? 'ok' : 'PRIVATE_KEY_INVALID')
    }
  })

  test.each([
    ['with unused bits', bitString(size, 1)],
    ['compressed', bitString(size, 0, 2)],
    ['too short', derElement(3, Uint8Array.of(0, 4), new Uint8Array(2 * size - 1))],
    ['too long', derElement(3, Uint8Array.of(0, 4), new Uint8Array(2 * size + 1))],
    ['empty', derElement(3)],
    ['in another element', derElement(4, Uint8Array.of(0, 4), new Uint8Array(2 * size))],
    ['followed by a byte', Uint8Array.of(...bitString(size), 0)]
  ])('whose point is %s is refused', (_, point) => {
    const key = derElement(0x30, version, secret, derElement(0xa1, point))
    expect(codeOf(() => readEcdsaPrivateKey(key))).toBe('PRIVATE_KEY_INVALID')
  })
})

const secret = derElement(4, new Uint8Array(32).fill(5))

test.each([
  ['nothing', new Uint8Array(0)],
  ['another element', derElement(0x31, version, secret)],
  ['a byte after the key', Uint8Array.of(...derElement(0x30, version, secret), 0)],
  ['a byte after its parts', derElement(0x30, version, secret, Uint8Array.of(0))],
  ['no version', derElement(0x30, secret)],
  ['version 0', derElement(0x30, fromHex('020100'), secret)],
  ['version 2', derElement(0x30, fromHex('020102'), secret)],
  ['a version of two bytes', derElement(0x30, fromHex('02020101'), secret)],
  ['an empty version', derElement(0x30, fromHex('0200'), secret)],
  ['no secret', derElement(0x30, version)],
  ['the point before the curve', derElement(0x30, version, secret, fromHex('a100'), fromHex('a000'))]
])('readSec1 refuses %s', (_, der) => {
  expect(codeOf(() => readSec1(der))).toBe('PRIVATE_KEY_INVALID')
  expect(codeOf(() => readEcdsaPrivateKey(der))).toBe('PRIVATE_KEY_INVALID')
})

test.each([0, 31, 33, 47, 49, 65, 67])('readEcdsaPrivateKey refuses a secret of %i bytes', (size) => {
  const key = derElement(0x30, version, derElement(4, new Uint8Array(size)))
  expect(codeOf(() => readEcdsaPrivateKey(key))).toBe('PRIVATE_KEY_INVALID')
})

test('a private key without its curve gives the same key pair, and is not changed', async () => {
  const whole = await generateEcdsaKeyPair({ curve: 'P-384' })
  const bare = derElement(0x30, version, derElement(4, readSec1(whole.privateKey.data).secret))
  const pair = await importPrivateKey({ type: 'ECDSA', data: bare }, { algorithms: [ecdsaKeys] })
  expect(pair.publicKey).toEqual(whole.publicKey)
  expect(pair.privateKey).toEqual({ type: 'ECDSA', data: bare })
  expect((await importPrivateKey(exportPrivateKey(pair), { algorithms: [ecdsaKeys] })).peerId).toEqual(whole.peerId)
})

test('generateEcdsaKeyPair refuses an unknown curve', async () => {
  await expect(generateEcdsaKeyPair({ curve: 'P-224' as never })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})
