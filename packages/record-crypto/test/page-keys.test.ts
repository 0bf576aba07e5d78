import { encodePublicKey } from '@recordkit/record-codec'
import { fromHex, toHex } from '@recordkit/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { derElement } from '@recordkit/record-codec/internal'
import { readEcdsaPrivateKey, writeEcdsaPrivateKey } from '../src/ecdsa-private-key.ts'
import { ecdsa, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { keyPairFromSeed, peerIdFromPublicKey, sha256 } from '../src/index.ts'
import { peerIdFromEncodedKeyAsync } from '../src/peer-id.ts'
import * as ecdsaModule from '../src/platform/ecdsa.webcrypto.ts'
import * as ed25519Anywhere from '../src/platform/ed25519.anywhere.ts'
import * as ed25519Module from '../src/platform/ed25519.webcrypto.ts'
import * as rsaModule from '../src/platform/rsa.webcrypto.ts'
import * as secp256k1Module from '../src/platform/secp256k1.portable.ts'
import * as shaModule from '../src/platform/sha256.anywhere.ts'
import { webCryptoBytes } from '../src/platform/webcrypto-bytes.ts'
import { rsaSpki } from '../src/pkcs8.ts'
import { generateRsaKeyPair, rsa } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1 } from '../src/secp256k1.ts'
import { errorOf } from './errors.ts'
import { secp256k1Portable } from './page-paths.ts'

const message = new TextEncoder().encode('signed in a browser')

/** A public key on P-256 of the right form, whose point is not on the curve. */
function offCurve(byte: number): Uint8Array {
  const head = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004')
  return Uint8Array.of(...head, ...new Uint8Array(64).fill(byte))
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('signing as browsers do', () => {
  test('RSA gives the same public key and signature as in Node', async () => {
    const pair = await generateRsaKeyPair()
    const key = await rsaModule.importSigningKey(pair.privateKey.data)
    expect(toHex(key.publicKey)).toBe(toHex(pair.publicKey.data))
    const signature = await key.sign(message)
    expect(signature).toEqual(await pair.sign(message))
    expect(await rsa.verify(pair.publicKey.data, message, signature)).toBe(true)
  })

  test.each(['P-256', 'P-384', 'P-521'] as const)(
    'ECDSA on %s gives the same public key, and a signature that Node verifies',
    async (curve) => {
      const pair = await generateEcdsaKeyPair({ curve })
      const key = await ecdsaModule.importSigningKey(pair.privateKey.data)
      expect(toHex(key.publicKey)).toBe(toHex(pair.publicKey.data))
      const signature = await key.sign(message)
      expect(await ecdsa.verify(pair.publicKey.data, message, signature)).toBe(true)
      // without its point, which WebCrypto computes from the secret
      const { secret, curve: found } = readEcdsaPrivateKey(pair.privateKey.data)
      const bare = await ecdsaModule.importSigningKey(writeEcdsaPrivateKey({ curve: found, secret }))
      expect(toHex(bare.publicKey)).toBe(toHex(pair.publicKey.data))
    }
  )

  test.each([
    ['with WebCrypto', ed25519Module],
    ['with WebCrypto or noble', ed25519Anywhere]
  ])('Ed25519 %s gives the same public key and signature as in Node', async (_, module) => {
    const seed = new Uint8Array(32).fill(3)
    const pair = await keyPairFromSeed(seed)
    const key = await module.importSigningKey(seed)
    expect(toHex(key.publicKey)).toBe(toHex(pair.publicKey.data))
    expect(await key.sign(message)).toEqual(await pair.sign(message))
  })

  test('Secp256k1 gives a signature that Node and noble verify', async () => {
    const pair = await generateSecp256k1KeyPair()
    const signature = await pair.sign(message)
    for (const { verify } of [secp256k1, secp256k1Portable]) {
      expect(await verify(pair.publicKey.data, message, signature)).toBe(true)
      expect(await verify(pair.publicKey.data, message.subarray(1), signature)).toBe(false)
    }
  })
})

test('keys are imported into WebCrypto as not extractable, except ECDSA private keys, whose public half is exported', async () => {
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
  expect(await extractable(() => rsaModule.verifyByPlatform(rsaKey, message, new Uint8Array(256)))).toEqual([false])
  expect(await extractable(() => rsaModule.importSigningKey(rsaPair.privateKey.data))).toEqual([false])
  expect(await extractable(() => ecdsaModule.verifyByPlatform(ecdsaPair.publicKey.data, message, wrong))).toEqual([
    false
  ])
  expect(await extractable(() => ecdsaModule.importSigningKey(ecdsaPair.privateKey.data))).toEqual([true])
  const { publicKey } = await keyPairFromSeed(new Uint8Array(32).fill(77))
  const native = () => ed25519Module.verifyByPlatform(publicKey.data, message, new Uint8Array(64))
  for (const seen of (await extractable(native)) as boolean[]) expect(seen).toBe(false)
  importKey.mockRestore()
})

test('noble refuses a Secp256k1 signature that is not DER', async () => {
  const { publicKey } = await generateSecp256k1KeyPair()
  expect(secp256k1Module.verifyByPlatform(publicKey.data, message, new Uint8Array(64))).toBe(false)
})

test('SHA-256 is the same in Node, with noble and with WebCrypto', async () => {
  const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  const input = new TextEncoder().encode('abc')
  expect(toHex(sha256(input))).toBe(expected)
  expect(toHex(shaModule.digest(input))).toBe(expected)
  expect(toHex(await shaModule.digestAsync(input))).toBe(expected)
})

test('without crypto.subtle, every function that requires it throws ALGORITHM_MISSING', async () => {
  const [rsaPair, ecdsaPair] = [await generateRsaKeyPair(), await generateEcdsaKeyPair()]
  // a key of the right form that was not imported before
  const modulus = Uint8Array.of(0, ...new Uint8Array(256).fill(0x99))
  const rsaKey = rsaSpki(derElement(0x30, derElement(2, modulus), fromHex('0203010001')))
  vi.stubGlobal('crypto', {})
  const missing = [
    () => rsaModule.verifyByPlatform(rsaKey, message, new Uint8Array(256)),
    () => rsaModule.importSigningKey(rsaPair.privateKey.data),
    () => ecdsaModule.verifyByPlatform(offCurve(2), message, fromHex('3006020101020101')),
    () => ecdsaModule.importSigningKey(ecdsaPair.privateKey.data),
    () => ed25519Anywhere.verifyWithDigest(new Uint8Array(32), message, new Uint8Array(64)),
    () => shaModule.digestAsync(message),
    () => generateRsaKeyPair(),
    () => generateEcdsaKeyPair()
  ]
  for (const run of missing) expect((await errorOf(run)).code).toBe('ALGORITHM_MISSING')
  vi.stubGlobal('crypto', undefined)
  for (const run of missing) expect((await errorOf(run)).code).toBe('ALGORITHM_MISSING')
})

test('a public key that WebCrypto refuses makes verify return false', async () => {
  const signature = fromHex('3006020101020101')
  expect(await ecdsaModule.verifyByPlatform(offCurve(1), message, signature)).toBe(false)
  expect(await ecdsaModule.verifyByPlatform(offCurve(1).with(10, 0), message, signature)).toBe(false)
  expect(await rsaModule.verifyByPlatform(new Uint8Array(294), message, new Uint8Array(256))).toBe(false)
})

test('webCryptoBytes returns the same bytes when WebCrypto accepts them, else a copy', () => {
  const whole = new Uint8Array(8).fill(1)
  expect(webCryptoBytes(whole)).toBe(whole)
  const part = whole.subarray(2, 4)
  expect(webCryptoBytes(part)).toBe(part)
  const make = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer
  const resizable = new Uint8Array(new make(8, { maxByteLength: 16 })).fill(1)
  expect(webCryptoBytes(resizable)).not.toBe(resizable)
  expect(webCryptoBytes(resizable)).toEqual(whole)
  // browsers have it in isolated pages only
  if (typeof SharedArrayBuffer === 'undefined') return
  const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(1)
  expect(webCryptoBytes(shared)).not.toBe(shared)
  expect(webCryptoBytes(shared)).toEqual(whole)
})

test('the synchronous and the asynchronous peer ID of a key are the same', async () => {
  for (const { publicKey, peerId } of [await generateRsaKeyPair(), await keyPairFromSeed(new Uint8Array(32))]) {
    expect(peerIdFromPublicKey(publicKey)).toEqual(peerId)
    expect(await peerIdFromEncodedKeyAsync(encodePublicKey(publicKey))).toEqual(peerId)
  }
})
