import { encodePublicKey } from '@recordkit/record-codec'
import { fromHex, toHex } from '@recordkit/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { derElement } from '../src/der.ts'
import { readEcdsaPrivateKey, writeEcdsaPrivateKey } from '../src/ecdsa-private-key.ts'
import { ecdsa, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { keyPairFromSeed, peerIdFromPublicKey, sha256 } from '../src/index.ts'
import { peerIdFromEncodedKeyAsync } from '../src/peer-id.ts'
import * as ecdsaLeaf from '../src/platform/ecdsa.webcrypto.ts'
import * as ed25519Anywhere from '../src/platform/ed25519.anywhere.ts'
import * as ed25519Leaf from '../src/platform/ed25519.webcrypto.ts'
import * as rsaLeaf from '../src/platform/rsa.webcrypto.ts'
import * as secp256k1Leaf from '../src/platform/secp256k1.portable.ts'
import * as shaLeaf from '../src/platform/sha256.anywhere.ts'
import { webCryptoBytes } from '../src/platform/webcrypto-bytes.ts'
import { rsaSpki } from '../src/pkcs8.ts'
import { generateRsaKeyPair, rsa } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1 } from '../src/secp256k1.ts'
import { errorOf } from './errors.ts'
import { secp256k1Portable } from './page-paths.ts'

const message = new TextEncoder().encode('signed by a page')

/** A key on P-256 of the right shape, whose point is not on the curve. */
function offCurve(byte: number): Uint8Array {
  const head = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004')
  return Uint8Array.of(...head, ...new Uint8Array(64).fill(byte))
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('what a page signs with WebCrypto', () => {
  test('RSA: the key and the signature are the same as elsewhere', async () => {
    const pair = await generateRsaKeyPair()
    const key = await rsaLeaf.importSigningKey(pair.privateKey.data)
    expect(toHex(key.publicKey)).toBe(toHex(pair.publicKey.data))
    const signature = await key.sign(message)
    expect(signature).toEqual(await pair.sign(message))
    expect(await rsa.verify(pair.publicKey.data, message, signature)).toBe(true)
  })

  test.each(['P-256', 'P-384', 'P-521'] as const)('ECDSA on %s: holds elsewhere', async (curve) => {
    const pair = await generateEcdsaKeyPair({ curve })
    const key = await ecdsaLeaf.importSigningKey(pair.privateKey.data)
    expect(toHex(key.publicKey)).toBe(toHex(pair.publicKey.data))
    const signature = await key.sign(message)
    expect(await ecdsa.verify(pair.publicKey.data, message, signature)).toBe(true)
    // without its point, which WebCrypto may make of the number
    const { secret, curve: found } = readEcdsaPrivateKey(pair.privateKey.data)
    const bare = await ecdsaLeaf.importSigningKey(writeEcdsaPrivateKey({ curve: found, secret }))
    expect(toHex(bare.publicKey)).toBe(toHex(pair.publicKey.data))
  })

  test.each([
    ['of the platform', ed25519Leaf],
    ['of the platform, or another', ed25519Anywhere]
  ])('Ed25519 %s: the key and the signature are the same as elsewhere', async (_, leaf) => {
    const seed = new Uint8Array(32).fill(3)
    const pair = await keyPairFromSeed(seed)
    const key = await leaf.importSigningKey(seed)
    expect(toHex(key.publicKey)).toBe(toHex(pair.publicKey.data))
    expect(await key.sign(message)).toEqual(await pair.sign(message))
  })

  test('Secp256k1: holds by either arithmetic, and not when it is another', async () => {
    const pair = await generateSecp256k1KeyPair()
    const signature = await pair.sign(message)
    for (const { verify } of [secp256k1, secp256k1Portable]) {
      expect(await verify(pair.publicKey.data, message, signature)).toBe(true)
      expect(await verify(pair.publicKey.data, message.subarray(1), signature)).toBe(false)
    }
  })
})

test('keys do not come out of WebCrypto again, but for a private one that it is asked for the public half of', async () => {
  const [rsaPair, ecdsaPair] = [await generateRsaKeyPair(), await generateEcdsaKeyPair()]
  const importKey = vi.spyOn(crypto.subtle, 'importKey')
  const extractable = async (run: () => unknown): Promise<unknown> => {
    importKey.mockClear()
    await run()
    return importKey.mock.calls.map(([, , , extractable]) => extractable)
  }
  const modulus = Uint8Array.of(0, ...new Uint8Array(256).fill(0x97))
  const rsaKey = rsaSpki(derElement(0x30, derElement(2, modulus), fromHex('0203010001')))
  const wrong = fromHex('3006020101020101')
  expect(await extractable(() => rsaLeaf.verifyByPlatform(rsaKey, message, new Uint8Array(256)))).toEqual([false])
  expect(await extractable(() => rsaLeaf.importSigningKey(rsaPair.privateKey.data))).toEqual([false])
  expect(await extractable(() => ecdsaLeaf.verifyByPlatform(offCurve(3), message, wrong))).toEqual([false])
  expect(await extractable(() => ecdsaLeaf.importSigningKey(ecdsaPair.privateKey.data))).toEqual([true])
  const { publicKey } = await keyPairFromSeed(new Uint8Array(32).fill(77))
  const native = () => ed25519Leaf.verifyByPlatform(publicKey.data, message, new Uint8Array(64))
  for (const seen of (await extractable(native)) as boolean[]) expect(seen).toBe(false)
  importKey.mockRestore()
})

test('what is no signature in DER is none to the arithmetic of a page either', async () => {
  const { publicKey } = await generateSecp256k1KeyPair()
  expect(secp256k1Leaf.verifyByPlatform(publicKey.data, message, new Uint8Array(64))).toBe(false)
})

test('SHA-256 of a page, at once and later', async () => {
  const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  const input = new TextEncoder().encode('abc')
  expect(toHex(sha256(input))).toBe(expected)
  expect(toHex(shaLeaf.digest(input))).toBe(expected)
  expect(toHex(await shaLeaf.digestLater(input))).toBe(expected)
})

test('without crypto.subtle the missing is said, and not that a signature or a key is bad', async () => {
  const [rsaPair, ecdsaPair] = [await generateRsaKeyPair(), await generateEcdsaKeyPair()]
  // keys of the right shape that were never imported
  const modulus = Uint8Array.of(0, ...new Uint8Array(256).fill(0x99))
  const rsaKey = rsaSpki(derElement(0x30, derElement(2, modulus), fromHex('0203010001')))
  vi.stubGlobal('crypto', {})
  const missing = [
    () => rsaLeaf.verifyByPlatform(rsaKey, message, new Uint8Array(256)),
    () => rsaLeaf.importSigningKey(rsaPair.privateKey.data),
    () => ecdsaLeaf.verifyByPlatform(offCurve(2), message, fromHex('3006020101020101')),
    () => ecdsaLeaf.importSigningKey(ecdsaPair.privateKey.data),
    () => ed25519Anywhere.verifyWithDigest(new Uint8Array(32), message, new Uint8Array(64)),
    () => shaLeaf.digestLater(message),
    () => generateRsaKeyPair(),
    () => generateEcdsaKeyPair()
  ]
  for (const run of missing) expect((await errorOf(run)).code).toBe('ALGORITHM_MISSING')
  vi.stubGlobal('crypto', undefined)
  for (const run of missing) expect((await errorOf(run)).code).toBe('ALGORITHM_MISSING')
})

test('a key that WebCrypto refuses is no key, and a signature by it none', async () => {
  const signature = fromHex('3006020101020101')
  expect(await ecdsaLeaf.verifyByPlatform(offCurve(1), message, signature)).toBe(false)
  expect(await ecdsaLeaf.verifyByPlatform(offCurve(1).with(10, 0), message, signature)).toBe(false)
  expect(await rsaLeaf.verifyByPlatform(new Uint8Array(294), message, new Uint8Array(256))).toBe(false)
})

test('WebCrypto is handed the same bytes where it takes them, a copy where it does not', () => {
  const whole = new Uint8Array(8).fill(1)
  expect(webCryptoBytes(whole)).toBe(whole)
  const part = whole.subarray(2, 4)
  expect(webCryptoBytes(part)).toBe(part)
  const make = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer
  const resizable = new Uint8Array(new make(8, { maxByteLength: 16 })).fill(1)
  expect(webCryptoBytes(resizable)).not.toBe(resizable)
  expect(webCryptoBytes(resizable)).toEqual(whole)
  // a page has none unless it is isolated
  if (typeof SharedArrayBuffer === 'undefined') return
  const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(1)
  expect(webCryptoBytes(shared)).not.toBe(shared)
  expect(webCryptoBytes(shared)).toEqual(whole)
})

test('the peer ID of a key is the same at once and later', async () => {
  for (const { publicKey, peerId } of [await generateRsaKeyPair(), await keyPairFromSeed(new Uint8Array(32))]) {
    expect(peerIdFromPublicKey(publicKey)).toEqual(peerId)
    expect(await peerIdFromEncodedKeyAsync(encodePublicKey(publicKey))).toEqual(peerId)
  }
})
