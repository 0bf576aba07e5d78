import { fromHex } from '@recordkit/testing'
import cases from '@recordkit/vectors/recordkit/signature-runtimes.json' with { type: 'json' }
import { afterEach, describe, expect, test, vi } from 'vitest'
import { isEcdsaPublicKey } from '../src/ecdsa-public-key.ts'
import { ecdsa } from '../src/ecdsa.ts'
import { verifySignature } from '../src/index.ts'
import { rsaBy } from '../src/rsa-algorithm.ts'
import { satisfiesRsaEquation } from '../src/rsa-equation.ts'
import { rsa } from '../src/rsa.ts'
import { sha256 } from '../src/sha256.ts'
import { ecdsaWebCrypto, rsaWebCrypto } from './page-paths.ts'
import { isPublicKey } from '../src/public-key-shape.ts'

const all = cases.map(({ id, type, publicKey, message, signature, valid }) => ({
  id,
  type: type as 'RSA' | 'ECDSA',
  key: fromHex(publicKey),
  message: fromHex(message),
  signature: fromHex(signature),
  valid
}))
const rsaCases = all.filter(({ type }) => type === 'RSA')
const ecdsaCases = all.filter(({ type }) => type === 'ECDSA')

afterEach(() => vi.restoreAllMocks())

/** Lets WebCrypto refuse every key, or only fail to verify with it, as some platforms do. */
function breakWebCrypto(method: 'importKey' | 'verify', name: string): void {
  const error = new DOMException('not on this platform', name)
  vi.spyOn(crypto.subtle, method).mockRejectedValue(error)
  // for keys that are in the cache of the verifier
  if (method === 'importKey') vi.spyOn(crypto.subtle, 'verify').mockRejectedValue(error)
}

describe.each([
  ['the platform', rsa, ecdsa],
  ['WebCrypto', rsaWebCrypto, ecdsaWebCrypto]
])('by %s', (_, rsaAlgorithm, ecdsaAlgorithm) => {
  test.each(all)('the verdict is that of every runtime: $id', async ({ type, key, message, signature, valid }) => {
    const algorithms = [rsaAlgorithm, ecdsaAlgorithm]
    expect(await verifySignature({ type, data: key }, message, signature, { algorithms })).toBe(valid)
  })
})

test('a signature that is not below the modulus or not as long as it is refused before a lenient platform is asked', async () => {
  const lenient = vi.fn(() => true)
  const refused = rsaCases.filter(({ id }) => /zero (before|after)|without the zero|modulus added|empty/.test(id))
  expect(refused).toHaveLength(14)
  for (const { key, message, signature } of refused) {
    expect(await rsaBy(lenient).verify(key, message, signature)).toBe(false)
  }
  expect(lenient).not.toHaveBeenCalled()
})

test('keys with an even modulus and points that are not on their curve are not keys on any platform', () => {
  expect(rsaCases.filter(({ key }) => !isPublicKey('RSA', key)).map(({ id }) => id)).toEqual([
    'RSA, even modulus 2q of 2048 bits'
  ])
  expect(ecdsaCases.filter(({ key }) => !isEcdsaPublicKey(key)).map(({ id }) => id)).toEqual([
    'ECDSA, P-256, point not on the curve',
    'ECDSA, P-384, point not on the curve',
    'ECDSA, P-521, point not on the curve'
  ])
})

test('a coordinate that is not below the prime of its field is not a key', () => {
  const { key } = ecdsaCases.find(({ id }) => id === 'ECDSA, P-521, own key')!
  expect(isEcdsaPublicKey(key)).toBe(true)
  // x + 2^521 - 1 has more bits than the prime and is the same number modulo the prime
  const x = BigInt(`0x${Array.from(key.subarray(-132, -66), (byte) => byte.toString(16).padStart(2, '0')).join('')}`)
  const same = fromHex((x + 2n ** 521n - 1n).toString(16).padStart(132, '0'))
  const changed = Uint8Array.from(key)
  changed.set(same, key.length - 132)
  expect(isEcdsaPublicKey(changed)).toBe(false)
})

test('the equation of RSA without the platform has the same results', () => {
  const below = rsaCases.filter(({ id }) => !/zero (before|after)|without the zero|modulus added|empty|even/.test(id))
  expect(below.filter(({ valid }) => valid)).toHaveLength(11)
  for (const { id, key, message, signature, valid } of below) {
    expect([id, satisfiesRsaEquation(key, sha256(message), signature)]).toEqual([id, valid])
  }
})

describe.each(['importKey', 'verify'] as const)('where WebCrypto fails at %s', (method) => {
  test.each(['NotSupportedError', 'DataError', 'OperationError'])(
    'RSA has its verdicts in spite of a %s',
    async (name) => {
      breakWebCrypto(method, name)
      for (const { id, key, message, signature, valid } of rsaCases) {
        expect([id, await rsaWebCrypto.verify(key, message, signature)]).toEqual([id, valid])
      }
    }
  )

  test.each(['NotSupportedError', 'DataError', 'OperationError'])('ECDSA does not decide after a %s', async (name) => {
    breakWebCrypto(method, name)
    for (const { key, message, signature, valid, id } of ecdsaCases) {
      const result = (async () => ecdsaWebCrypto.verify(key, message, signature))()
      if (id.includes('not on the curve')) expect(await result).toBe(false)
      else await expect(result, `${id} ${valid}`).rejects.toMatchObject({ code: 'ALGORITHM_UNSUPPORTED' })
    }
  })
})

test('a key is verified with again when the platform recovers', async () => {
  const { key, message, signature } = ecdsaCases.find(({ id }) => id === 'ECDSA, P-256, own key')!
  breakWebCrypto('importKey', 'OperationError')
  const failing = (async () => ecdsaWebCrypto.verify(key, message, signature))()
  await expect(failing).rejects.toMatchObject({ code: 'ALGORITHM_UNSUPPORTED' })
  vi.restoreAllMocks()
  expect(await ecdsaWebCrypto.verify(key, message, signature)).toBe(true)
})
