import { Buffer } from 'node:buffer'
import { describe, expect, test, vi } from 'vitest'
import { ecdsa, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { ed25519, keyPairFromSeed } from '../src/index.ts'
import { nodeVerifier } from '../src/platform/verifier.node.ts'
import { webCryptoVerifier } from '../src/platform/webcrypto-verifier.ts'
import { generateRsaKeyPair, rsa } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1 } from '../src/secp256k1.ts'

const message = Uint8Array.of(1, 2, 3)
const pair = await generateRsaKeyPair()
const key = pair.publicKey.data
const signature = await pair.sign(message)
const name = 'RSASSA-PKCS1-v1_5'

describe.each([
  [
    'node:crypto',
    (seen: () => void, capacity: number) =>
      nodeVerifier('sha256', capacity, (bytes) => {
        seen()
        return bytes.length === 294 ? Buffer.from(bytes) : undefined
      })
  ],
  [
    'WebCrypto',
    (seen: () => void, capacity: number) =>
      webCryptoVerifier(name, capacity, async (bytes) => {
        seen()
        if (bytes.length !== 294) return undefined
        return crypto.subtle
          .importKey('spki', bytes, { name, hash: 'SHA-256' }, false, ['verify'])
          .catch(() => undefined)
      })
  ]
])('a verifier over %s', (_, make) => {
  test('imports a key twice: what comes again is kept', async () => {
    const seen = vi.fn()
    const verify = make(seen, 2)
    for (let count = 0; count < 3; count++) expect(await verify(key, message, signature)).toBe(true)
    expect(await verify(new Uint8Array(key), message, signature.toReversed())).toBe(false)
    expect(seen).toHaveBeenCalledTimes(2)
  })

  test('forgets keys above its capacity', async () => {
    const seen = vi.fn()
    const verify = make(seen, 1)
    const other = await generateRsaKeyPair()
    const twice = other.publicKey.data
    for (const wanted of [key, key, twice, twice, key]) await verify(wanted, message, signature)
    expect(seen).toHaveBeenCalledTimes(5)
  })

  test('says no for what is no key, each time it is asked', async () => {
    const seen = vi.fn()
    const verify = make(seen, 2)
    for (const wrong of [key.subarray(1), key.with(0, 0x31)]) {
      expect(await verify(wrong, message, signature)).toBe(false)
      expect(await verify(wrong, message, signature)).toBe(false)
    }
    expect(seen).toHaveBeenCalledTimes(4)
  })
})

test('a key that WebCrypto does not verify with verifies nothing', async () => {
  const verify = webCryptoVerifier(name, 2, async () =>
    crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  )
  for (let count = 0; count < 2; count++) expect(await verify(key, message, signature)).toBe(false)
})

test.each([
  ['Ed25519', ed25519, await keyPairFromSeed(new Uint8Array(32).fill(1))],
  ['Secp256k1', secp256k1, await generateSecp256k1KeyPair()],
  ['RSA', rsa, pair],
  ['ECDSA', ecdsa, await generateEcdsaKeyPair()]
] as const)('%s: on threads the answer is the same, later', async (_, algorithm, { publicKey, sign }) => {
  const good = await sign(message)
  const answer = algorithm.verify(publicKey.data, message, good, { threads: true })
  expect(answer).toBeInstanceOf(Promise)
  expect(await answer).toBe(true)
  expect(await algorithm.verify(publicKey.data, message.subarray(1), good, { threads: true })).toBe(false)
  for (const options of [undefined, {}, { threads: false }]) {
    expect(algorithm.verify(publicKey.data, message, good, options)).toBe(true)
    expect(algorithm.verify(publicKey.data, message.subarray(1), good, options)).toBe(false)
  }
})

test('bytes that are changed while the platform verifies on its threads change nothing', async () => {
  const own = Uint8Array.from(message)
  const answer = rsa.verify(key, own, signature, { threads: true })
  own.fill(0)
  expect(await answer).toBe(true)
})
