import { fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test, vi } from 'vitest'
import { ecdsa, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { ecdsaBy } from '../src/ecdsa-algorithm.ts'
import { findEcdsaCurve } from '../src/ecdsa-curve.ts'
import type { EcdsaCurve } from '../src/ecdsa-curve.ts'
import { ed25519By } from '../src/ed25519-algorithm.ts'
import { ecdsaSignatureFromDer, ecdsaSignatureToDer } from '../src/ecdsa-signature.ts'
import { secp256k1By } from '../src/secp256k1-algorithm.ts'

const message = Uint8Array.of(1)

/** Returns a platform for which every signature is valid. */
const acceptAll = () =>
  vi.fn((_key: Uint8Array, _message: Uint8Array, _signature: Uint8Array, _threads?: boolean) => true)

describe('ECDSA', () => {
  const signature = (size: number): Uint8Array => ecdsaSignatureToDer(new Uint8Array(2 * size).fill(0x7f))

  test.each([
    [91, 32],
    [120, 48],
    [158, 66]
  ])('for a key of %i bytes, refuses numbers of more than %i bytes before it calls the platform', (length, size) => {
    const platform = acceptAll()
    const { verify } = ecdsaBy(platform)
    expect(verify(new Uint8Array(length), message, signature(size))).toBe(true)
    expect(platform).toHaveBeenCalledTimes(1)
    expect(verify(new Uint8Array(length), message, signature(size + 1))).toBe(false)
    expect(verify(new Uint8Array(length - 1), message, signature(size))).toBe(false)
    expect(verify(new Uint8Array(length + 1), message, signature(size))).toBe(false)
    expect(verify(new Uint8Array(length), message, Uint8Array.of(...signature(size), 0))).toBe(false)
    expect(platform).toHaveBeenCalledTimes(1)
  })

  test('has its key type, as the other algorithms do', () => {
    expect(ecdsaBy(acceptAll()).type).toBe('ECDSA')
    expect(secp256k1By(acceptAll()).type).toBe('Secp256k1')
    expect(ed25519By(acceptAll()).type).toBe('Ed25519')
  })
})

describe('Secp256k1', () => {
  const key = Uint8Array.of(2, ...new Uint8Array(32).fill(9))
  const half = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0'
  const signed = (s: string): Uint8Array => ecdsaSignatureToDer(fromHex('11'.repeat(32) + s))

  test('passes a signature whose s is above half of the order to the platform with the lower s', () => {
    const platform = acceptAll()
    const { verify } = secp256k1By(platform)
    const order = BigInt(`0x${half}`) * 2n + 1n
    for (const [s, low] of [
      [half, half],
      [half.replace(/a0$/, 'a1'), half],
      [(order - 1n).toString(16), '01'.padStart(64, '0')]
    ] as const) {
      expect(verify(key, message, signed(s))).toBe(true)
      expect(platform).toHaveBeenLastCalledWith(key, message, signed(low), undefined)
    }
  })

  test('refuses a key that is not a compressed point of 33 bytes before it calls the platform', () => {
    const platform = acceptAll()
    const { verify } = secp256k1By(platform)
    expect(verify(key.with(0, 3), message, signed(half))).toBe(true)
    for (const first of [0, 1, 4, 5, 6, 7]) expect(verify(key.with(0, first), message, signed(half))).toBe(false)
    expect(verify(key.subarray(0, 32), message, signed(half))).toBe(false)
    expect(verify(Uint8Array.of(...key, 0), message, signed(half))).toBe(false)
    expect(verify(Uint8Array.of(4, ...new Uint8Array(64)), message, signed(half))).toBe(false)
    expect(platform).toHaveBeenCalledTimes(1)
  })

  test('refuses a signature that is not strict DER before it calls the platform', () => {
    const platform = acceptAll()
    const { verify } = secp256k1By(platform)
    expect(verify(key, message, Uint8Array.of(...signed(half), 0))).toBe(false)
    expect(verify(key, message, new Uint8Array(64))).toBe(false)
    expect(platform).not.toHaveBeenCalled()
  })
})

test('algorithms pass the option `threads` to the platform', () => {
  const key = Uint8Array.of(2, ...new Uint8Array(32).fill(9))
  const signature = ecdsaSignatureToDer(new Uint8Array(64).fill(1))
  for (const threads of [true, false]) {
    const platform = acceptAll()
    expect(secp256k1By(platform).verify(key, message, signature, { threads })).toBe(true)
    expect(platform).toHaveBeenLastCalledWith(key, message, signature, threads)
    expect(ecdsaBy(platform).verify(new Uint8Array(91), message, signature, { threads })).toBe(true)
    expect(platform).toHaveBeenLastCalledWith(new Uint8Array(91), message, signature, threads)
    const [point, numbers] = [new Uint8Array(32).fill(2), new Uint8Array(64).fill(2)]
    expect(ed25519By(platform).verify(point, message, numbers, { threads })).toBe(true)
    expect(platform).toHaveBeenLastCalledWith(point, message, numbers, threads)
  }
})

describe.each([
  ['Secp256k1', secp256k1By(acceptAll()), 33, 32],
  ['P-256', ecdsaBy(acceptAll()), 91, 32],
  ['P-384', ecdsaBy(acceptAll()), 120, 48],
  ['P-521', ecdsaBy(acceptAll()), 158, 66]
])('normalizing a signature of %s', (_, { normalize }, length, size) => {
  const key = new Uint8Array(length)
  const numbers = new Uint8Array(2 * size).fill(0x11, size - 20, size)
  numbers[2 * size - 1] = 0x22
  const low = ecdsaSignatureToDer(numbers)

  test('returns strict DER with a low s unchanged', () => {
    expect(normalize?.(key, low)).toEqual(low)
  })

  test('ignores what follows r and s, as Go does', () => {
    expect(normalize?.(key, Uint8Array.of(...low, 1, 2, 3))).toEqual(low)
    const longer = Uint8Array.of(0x30, (low[1] as number) + 3, ...low.subarray(2), 4, 1, 7)
    expect(normalize?.(key, longer)).toEqual(low)
  })

  test('returns what is not a signature unchanged', () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(64), low.subarray(0, -1), low.with(2, 3)])
      expect(normalize?.(key, bytes)).toBe(bytes)
    const above = ecdsaSignatureToDer(new Uint8Array(2 * size).fill(0xff))
    expect(normalize?.(key, above)).toBe(above)
  })
})

test('normalizing replaces a high s of every curve by its negative', async () => {
  for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
    const pair = await generateEcdsaKeyPair({ curve })
    const { order, size } = findEcdsaCurve(({ name }) => name === curve) as EcdsaCurve
    for (let round = 0; round < 4; round++) {
      const signature = await pair.sign(message)
      const numbers = ecdsaSignatureFromDer(signature, size) as Uint8Array
      const s = BigInt(`0x${toHex(numbers.subarray(size))}`)
      expect(s <= BigInt(`0x${order}`) / 2n).toBe(true)
      const high = (BigInt(`0x${order}`) - s).toString(16).padStart(2 * size, '0')
      const twin = ecdsaSignatureToDer(Uint8Array.of(...numbers.subarray(0, size), ...fromHex(high)))
      expect(await ecdsa.verify(pair.publicKey.data, message, twin)).toBe(true)
      expect(ecdsa.normalize?.(pair.publicKey.data, twin)).toEqual(signature)
    }
  }
})
