import { verifyAsync } from '@noble/ed25519'
import { afterEach, expect, test, vi } from 'vitest'
import { ed25519By } from '../src/ed25519-algorithm.ts'
import { keyPairFromSeed } from '../src/index.ts'
import { oddEncodings } from './verdict-cases.ts'

const message = new Uint8Array([1, 2, 3])
const pair = await keyPairFromSeed(new Uint8Array(32).fill(5))
const signature = await pair.sign(message)

/** The leaves of a page that has just been loaded, on a platform whose WebCrypto is `subtle`. */
async function pageWith(subtle: Partial<SubtleCrypto> | undefined) {
  vi.resetModules()
  vi.stubGlobal('crypto', { subtle, getRandomValues: (bytes: Uint8Array) => bytes.fill(4) })
  const native = await import('../src/platform/ed25519.webcrypto.ts')
  const anywhere = await import('../src/platform/ed25519.anywhere.ts')
  return {
    native: ed25519By(native.verifyByPlatform),
    anywhere: ed25519By(anywhere.verifyByPlatform),
    leaf: anywhere,
    nativeLeaf: native
  }
}

const { subtle } = crypto

/** The platform's own WebCrypto with some methods replaced. */
function different(methods: Partial<SubtleCrypto>): Partial<SubtleCrypto> {
  const names = ['digest', 'importKey', 'exportKey', 'verify', 'sign'] as const
  return { ...Object.fromEntries(names.map((name) => [name, subtle[name].bind(subtle)])), ...methods }
}

/** A platform that multiplies by the cofactor, as noble does, and otherwise keeps to the rules. */
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

test('a platform with Ed25519 is used, and a key that comes again is kept', async () => {
  const importKey = vi.fn(subtle.importKey.bind(subtle))
  const { native, anywhere, leaf } = await pageWith(
    different({ importKey: importKey as unknown as SubtleCrypto['importKey'] })
  )
  expect(await native.verify(pair.publicKey.data, message, signature)).toBe(true)
  // one to ask whether the platform can, one for the key
  expect(importKey).toHaveBeenCalledTimes(2)
  for (const algorithm of [native, native, anywhere]) {
    expect(await algorithm.verify(pair.publicKey.data, message, signature)).toBe(true)
    expect(importKey).toHaveBeenCalledTimes(3)
  }
  // the private key by the same platform
  const key = await leaf.importSigningKey(new Uint8Array(32).fill(5))
  expect(importKey).toHaveBeenCalledTimes(4)
  expect(key.publicKey).toEqual(pair.publicKey.data)
  expect(await key.sign(message)).toEqual(signature)
})

test.each([
  ['has no Ed25519', { importKey: () => Promise.reject(new DOMException('no', 'NotSupportedError')) }],
  ['says yes to everything', { verify: () => Promise.resolve(true) }],
  ['multiplies by the cofactor', cofactored()]
])('a platform that %s is left alone', async (_, methods) => {
  const { native, anywhere, leaf, nativeLeaf } = await pageWith(different(methods))
  expect(await anywhere.verify(pair.publicKey.data, message, signature)).toBe(true)
  expect(await anywhere.verify(pair.publicKey.data, message.subarray(1), signature)).toBe(false)
  await expect(native.verify(pair.publicKey.data, message, signature)).rejects.toMatchObject({
    code: 'ALGORITHM_MISSING'
  })
  const seed = new Uint8Array(32).fill(5)
  await expect(nativeLeaf.importSigningKey(seed)).rejects.toMatchObject({ code: 'ALGORITHM_MISSING' })
  const key = await leaf.importSigningKey(seed)
  expect(key.publicKey).toEqual(pair.publicKey.data)
  expect(await key.sign(message)).toEqual(signature)
})

test('a platform with Ed25519 verifies the very first signature, and at once what a key that is kept signed', async () => {
  const digest = vi.fn(subtle.digest.bind(subtle))
  const verify = vi.fn(subtle.verify.bind(subtle))
  const { anywhere } = await pageWith(different({ digest, verify }))
  expect(await anywhere.verify(pair.publicKey.data, message, signature)).toBe(true)
  expect(digest).not.toHaveBeenCalled()
  // one to ask whether the platform can
  expect(verify).toHaveBeenCalledTimes(2)
  expect(await anywhere.verify(pair.publicKey.data, message, signature)).toBe(true)
  const answer = anywhere.verify(pair.publicKey.data, message, signature)
  expect(verify).toHaveBeenCalledTimes(4)
  expect(await answer).toBe(true)
})

test('a page that has just been loaded knows every point of small order', async () => {
  vi.resetModules()
  const { keepsEd25519Rule } = await import('../src/ed25519-rule.ts')
  expect(keepsEd25519Rule(pair.publicKey.data, signature)).toBe(true)
  for (const point of oddEncodings()) expect(keepsEd25519Rule(point, signature)).toBe(false)
})

test('without crypto.subtle it is said what does without, and not that the signature is bad', async () => {
  const { anywhere, leaf } = await pageWith(undefined)
  const missing = { code: 'ALGORITHM_MISSING', message: expect.stringContaining('/ed25519-portable') }
  await expect(anywhere.verify(pair.publicKey.data, message, signature)).rejects.toMatchObject(missing)
  await expect(leaf.importSigningKey(new Uint8Array(32))).rejects.toMatchObject(missing)
  const { ed25519Portable } = await import('../src/ed25519-portable.ts')
  expect(ed25519Portable.verify(pair.publicKey.data, message, signature)).toBe(true)
})
