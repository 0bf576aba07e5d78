import { describe, expect, test, vi } from 'vitest'
import { ecdsa, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { ed25519, keyPairFromSeed } from '../src/index.ts'
import { nodeVerifier, spkiOf } from '../src/platform/verifier.node.ts'
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
    (onImport: () => void, capacity: number) =>
      nodeVerifier('sha256', capacity, (bytes) => {
        onImport()
        return bytes.length === 294 ? spkiOf(bytes) : undefined
      })
  ],
  [
    'WebCrypto',
    (onImport: () => void, capacity: number) =>
      webCryptoVerifier(name, capacity, async (bytes) => {
        onImport()
        if (bytes.length !== 294) return undefined
        return crypto.subtle.importKey('spki', bytes, { name, hash: 'SHA-256' }, false, ['verify'])
      })
  ]
])('a verifier with %s', (_, makeVerifier) => {
  test('imports a key twice, then uses it from the cache', async () => {
    const onImport = vi.fn()
    const verify = makeVerifier(onImport, 2)
    for (let count = 0; count < 3; count++) expect(await verify(key, message, signature)).toBe(true)
    expect(await verify(new Uint8Array(key), message, signature.toReversed())).toBe(false)
    expect(onImport).toHaveBeenCalledTimes(2)
  })

  test('evicts keys above its capacity', async () => {
    const onImport = vi.fn()
    const verify = makeVerifier(onImport, 1)
    const other = await generateRsaKeyPair()
    const twice = other.publicKey.data
    for (const wanted of [key, key, twice, twice, key]) await verify(wanted, message, signature)
    expect(onImport).toHaveBeenCalledTimes(5)
  })

  test('returns false for an invalid key, and does not cache it', async () => {
    const onImport = vi.fn()
    const verify = makeVerifier(onImport, 2)
    for (let count = 0; count < 2; count++) expect(await verify(key.subarray(1), message, signature)).toBe(false)
    expect(onImport).toHaveBeenCalledTimes(2)
  })

  test('throws for a key that the platform refuses, and does not cache it', async () => {
    const onImport = vi.fn()
    const verify = makeVerifier(onImport, 2)
    for (let count = 0; count < 2; count++) {
      await expect((async () => verify(key.with(0, 0x31), message, signature))()).rejects.toThrow()
    }
    expect(onImport).toHaveBeenCalledTimes(2)
  })
})

test('a key that WebCrypto cannot verify with is an error of the platform, which is thrown', async () => {
  const verify = webCryptoVerifier(name, 2, async () =>
    crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  )
  for (let count = 0; count < 2; count++)
    await expect((async () => verify(key, message, signature))()).rejects.toMatchObject({ name: 'InvalidAccessError' })
})

test.each([
  ['Ed25519', ed25519, await keyPairFromSeed(new Uint8Array(32).fill(1))],
  ['Secp256k1', secp256k1, await generateSecp256k1KeyPair()],
  ['RSA', rsa, pair],
  ['ECDSA', ecdsa, await generateEcdsaKeyPair()]
] as const)(
  '%s verifies asynchronously on threads, with the same result',
  async (_, algorithm, { publicKey, sign }) => {
    const good = await sign(message)
    const result = algorithm.verify(publicKey.data, message, good, { threads: true })
    expect(result).toBeInstanceOf(Promise)
    expect(await result).toBe(true)
    expect(await algorithm.verify(publicKey.data, message.subarray(1), good, { threads: true })).toBe(false)
    for (const options of [undefined, {}, { threads: false }]) {
      expect(algorithm.verify(publicKey.data, message, good, options)).toBe(true)
      expect(algorithm.verify(publicKey.data, message.subarray(1), good, options)).toBe(false)
    }
  }
)

test('changing the message during verification on threads does not change the result', async () => {
  const own = Uint8Array.from(message)
  const result = rsa.verify(key, own, signature, { threads: true })
  own.fill(0)
  expect(await result).toBe(true)
})

test('importing a key keeps Error.stackTraceLimit, also after an error, and works where it cannot be changed', () => {
  const { stackTraceLimit } = Error
  const verify = nodeVerifier('sha256', 2, spkiOf)
  Error.stackTraceLimit = 7
  try {
    expect(verify(key, message, signature)).toBe(true)
    expect(() => verify(key.with(0, 0x31), message, signature)).toThrow()
    expect(Error.stackTraceLimit).toBe(7)
    Object.defineProperty(Error, 'stackTraceLimit', { writable: false })
    expect(verify(key, message, signature)).toBe(true)
  } finally {
    Object.defineProperty(Error, 'stackTraceLimit', { writable: true, value: stackTraceLimit })
  }
})

test('an unexpected error of the platform is thrown: it does not mean that a signature is invalid', async () => {
  const failing = nodeVerifier('no such hash', 2, spkiOf)
  expect(() => failing(key, message, signature)).toThrow()
  const onThread = (): unknown => failing(key, message, signature, true)
  await expect((async () => onThread())()).rejects.toThrow()
  const verify = webCryptoVerifier(name, 2, async (bytes) =>
    crypto.subtle.importKey('spki', bytes, { name, hash: 'SHA-256' }, false, ['verify'])
  )
  const spy = vi.spyOn(crypto.subtle, 'verify').mockRejectedValue(new DOMException('busy', 'OperationError'))
  try {
    await expect((async () => verify(key, message, signature))()).rejects.toThrow('busy')
  } finally {
    spy.mockRestore()
  }
  expect(await verify(key, message, signature)).toBe(true)
})
