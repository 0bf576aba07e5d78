import { fromHex } from '@recordkit/testing'
import { describe, expect, test, vi } from 'vitest'
import { ecdsaBy } from '../src/ecdsa-algorithm.ts'
import { ed25519By } from '../src/ed25519-algorithm.ts'
import { ecdsaSignatureToDer } from '../src/ecdsa-signature.ts'
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

  test('refuses a signature whose s is above half of the order before it calls the platform', () => {
    const platform = acceptAll()
    const { verify } = secp256k1By(platform)
    expect(verify(key, message, signed(half))).toBe(true)
    expect(verify(key, message, signed('01'.padStart(64, '0')))).toBe(true)
    expect(platform).toHaveBeenCalledTimes(2)
    expect(verify(key, message, signed(half.replace(/a0$/, 'a1')))).toBe(false)
    expect(verify(key, message, signed(half.replace(/^7f/, '80')))).toBe(false)
    expect(platform).toHaveBeenCalledTimes(2)
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
