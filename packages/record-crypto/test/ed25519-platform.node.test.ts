import { verifyAsync } from '@noble/ed25519'
import { afterEach, expect, test, vi } from 'vitest'
import { ed25519By } from '../src/ed25519-algorithm.ts'
import { keyPairFromSeed } from '../src/index.ts'
import { oddEncodings } from './verdict-cases.ts'

const message = new Uint8Array([1, 2, 3])
const pair = await keyPairFromSeed(new Uint8Array(32).fill(5))
const signature = await pair.sign(message)

/** Loads the browser modules again, on a platform whose WebCrypto is `subtle`. */
async function pageWith(subtle: Partial<SubtleCrypto> | undefined) {
  vi.resetModules()
  vi.stubGlobal('crypto', { subtle, getRandomValues: (bytes: Uint8Array) => bytes.fill(4) })
  const native = await import('../src/platform/ed25519.webcrypto.ts')
  const anywhere = await import('../src/platform/ed25519.anywhere.ts')
  return {
    native: ed25519By(native.verifyByPlatform),
    anywhere: ed25519By(anywhere.verifyByPlatform),
    anywhereModule: anywhere,
    nativeModule: native
  }
}

const { subtle } = crypto

/** Returns the WebCrypto of the platform with some methods replaced. */
function replaceMethods(methods: Partial<SubtleCrypto>): Partial<SubtleCrypto> {
  const names = ['digest', 'importKey', 'exportKey', 'verify', 'sign'] as const
  return { ...Object.fromEntries(names.map((name) => [name, subtle[name].bind(subtle)])), ...methods }
}

/** Returns the methods of a platform that multiplies by the cofactor, as noble does. */
function cofactored(): Partial<SubtleCrypto> {
  const raw = new Map<unknown, Uint8Array>()
  return {
    importKey: (async (format: 'raw', bytes: Uint8Array<ArrayBuffer>, ...rest: ['Ed25519', boolean, KeyUsage[]]) => {
      const key = await subtle.importKey(format, bytes, ...rest)
      raw.set(key, new Uint8Array(bytes))
      return key
    }) as unknown as SubtleCrypto['importKey'],
    verify: ((_: 'Ed25519', key: CryptoKey, signature: Uint8Array, message: Uint8Array) =>
      verifyAsync(signature, message, raw.get(key) as Uint8Array)) as unknown as SubtleCrypto['verify']
  }
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

test('Ed25519 of the platform is used, and a key that is used again is cached', async () => {
  const importKey = vi.fn(subtle.importKey.bind(subtle))
  const { native, anywhere, anywhereModule } = await pageWith(
    replaceMethods({ importKey: importKey as unknown as SubtleCrypto['importKey'] })
  )
  expect(await native.verify(pair.publicKey.data, message, signature)).toBe(true)
  // one call tests the platform, one imports the key
  expect(importKey).toHaveBeenCalledTimes(2)
  for (const algorithm of [native, native, anywhere]) {
    expect(await algorithm.verify(pair.publicKey.data, message, signature)).toBe(true)
    expect(importKey).toHaveBeenCalledTimes(3)
  }
  // the platform imports the private key, too
  const key = await anywhereModule.importSigningKey(new Uint8Array(32).fill(5))
  expect(importKey).toHaveBeenCalledTimes(4)
  expect(key.publicKey).toEqual(pair.publicKey.data)
  expect(await key.sign(message)).toEqual(signature)
})

test.each([
  ['has no Ed25519', { importKey: () => Promise.reject(new DOMException('no', 'NotSupportedError')) }],
  ['accepts every signature', { verify: () => Promise.resolve(true) }],
  ['multiplies by the cofactor', cofactored()]
])('Ed25519 of a platform that %s is not used', async (_, methods) => {
  const { native, anywhere, anywhereModule, nativeModule } = await pageWith(replaceMethods(methods))
  expect(await anywhere.verify(pair.publicKey.data, message, signature)).toBe(true)
  expect(await anywhere.verify(pair.publicKey.data, message.subarray(1), signature)).toBe(false)
  await expect(native.verify(pair.publicKey.data, message, signature)).rejects.toMatchObject({
    code: 'ALGORITHM_MISSING'
  })
  const seed = new Uint8Array(32).fill(5)
  await expect(nativeModule.importSigningKey(seed)).rejects.toMatchObject({ code: 'ALGORITHM_MISSING' })
  const key = await anywhereModule.importSigningKey(seed)
  expect(key.publicKey).toEqual(pair.publicKey.data)
  expect(await key.sign(message)).toEqual(signature)
})

test('Ed25519 of the platform is used after an error that has other reasons', async () => {
  let failing = true
  const importKey = vi.fn(async (...input: Parameters<SubtleCrypto['importKey']>) => {
    if (failing) throw new DOMException('busy', 'OperationError')
    return subtle.importKey(...input)
  })
  const methods = { importKey: importKey as unknown as SubtleCrypto['importKey'] }
  const { native, anywhere } = await pageWith(replaceMethods(methods))
  expect(await anywhere.verify(pair.publicKey.data, message, signature)).toBe(true)
  expect(await anywhere.verify(pair.publicKey.data, message.subarray(1), signature)).toBe(false)
  failing = false
  importKey.mockClear()
  expect(await native.verify(pair.publicKey.data, message, signature)).toBe(true)
  expect(importKey).toHaveBeenCalledTimes(2)
})

test('Ed25519 of the platform verifies the first signature, and calls the platform without delay for a cached key', async () => {
  const digest = vi.fn(subtle.digest.bind(subtle))
  const verify = vi.fn(subtle.verify.bind(subtle))
  const { anywhere } = await pageWith(replaceMethods({ digest, verify }))
  expect(await anywhere.verify(pair.publicKey.data, message, signature)).toBe(true)
  expect(digest).not.toHaveBeenCalled()
  // one call tests the platform
  expect(verify).toHaveBeenCalledTimes(2)
  expect(await anywhere.verify(pair.publicKey.data, message, signature)).toBe(true)
  const result = anywhere.verify(pair.publicKey.data, message, signature)
  expect(verify).toHaveBeenCalledTimes(4)
  expect(await result).toBe(true)
})

test('every point of small order is refused before anything else is verified', async () => {
  vi.resetModules()
  const { satisfiesEd25519Rule } = await import('../src/ed25519-rule.ts')
  expect(satisfiesEd25519Rule(pair.publicKey.data, signature)).toBe(true)
  for (const point of oddEncodings()) expect(satisfiesEd25519Rule(point, signature)).toBe(false)
})

test('without crypto.subtle, verifying and signing throw ALGORITHM_MISSING that names ed25519-portable', async () => {
  const { anywhere, anywhereModule } = await pageWith(undefined)
  const missing = { code: 'ALGORITHM_MISSING', message: expect.stringContaining('/ed25519-portable') }
  await expect(anywhere.verify(pair.publicKey.data, message, signature)).rejects.toMatchObject(missing)
  await expect(anywhereModule.importSigningKey(new Uint8Array(32))).rejects.toMatchObject(missing)
  const signing = { code: 'ALGORITHM_MISSING', message: expect.stringContaining('generatePortableKeyPair') }
  await expect(anywhereModule.importSigningKey(new Uint8Array(32))).rejects.toMatchObject(signing)
  const { ed25519Portable, ed25519PortableKeys, generatePortableKeyPair } = await import('../src/ed25519-portable.ts')
  expect(ed25519Portable.verify(pair.publicKey.data, message, signature)).toBe(true)
  const portable = await ed25519PortableKeys.keyPair(new Uint8Array(32).fill(5))
  expect(portable.publicKey).toEqual(pair.publicKey)
  expect(await portable.sign(message)).toEqual(signature)
  const generated = await generatePortableKeyPair()
  expect(ed25519Portable.verify(generated.publicKey.data, message, await generated.sign(message))).toBe(true)
})
