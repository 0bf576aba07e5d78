import type { IpnsRecord } from '@recordkit/record-codec'
import { decodeIpnsRecord, encodePublicKey, peerIdToString } from '@recordkit/record-codec'
import * as crypto from '@recordkit/record-crypto'
import { ecdsa, ecdsaKeys, generateEcdsaKeyPair } from '@recordkit/record-crypto/ecdsa'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { exportEncryptedPrivateKeyPem } from '@recordkit/record-crypto/pem'
import { generateRsaKeyPair, rsa, rsaKeys } from '@recordkit/record-crypto/rsa'
import { generateSecp256k1KeyPair, secp256k1, secp256k1Keys } from '@recordkit/record-crypto/secp256k1'
import type { Algorithm } from '@recordkit/record-types'
import { inOtherRealm } from '@recordkit/testing/other-realm'
import { describe, expect, test } from 'vitest'
import * as anywhere from '../src/platform/ed25519.anywhere.ts'
import { ed25519By } from '../src/ed25519-algorithm.ts'
import { ecdsaWebCrypto, rsaWebCrypto, secp256k1Portable } from './page-paths.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const other = (bytes: Uint8Array): Uint8Array => inOtherRealm(bytes) as Uint8Array
const message = utf8('hello')
const seed = new Uint8Array(32).fill(1)
const pair = await crypto.keyPairFromSeed(seed)
const now = 1_790_000_000_000_000_000n

test('the bytes of this test are not instances of the own Uint8Array', () => {
  expect(other(message)).not.toBeInstanceOf(Uint8Array)
  expect([...other(message)]).toEqual([...message])
})

const keyTypes: readonly (readonly [string, crypto.KeyPair, readonly Algorithm[]])[] = [
  ['Ed25519', pair, [crypto.ed25519, ed25519Portable, ed25519By(anywhere.verifyByPlatform)]],
  ['RSA', await generateRsaKeyPair(), [rsa, rsaWebCrypto]],
  ['ECDSA', await generateEcdsaKeyPair(), [ecdsa, ecdsaWebCrypto]],
  ['Secp256k1', await generateSecp256k1KeyPair(), [secp256k1, secp256k1Portable]]
]

describe.each(keyTypes)('%s', (_, signer, algorithms) => {
  test('signs and verifies the bytes of another realm', async () => {
    const signature = await signer.sign(other(message))
    const { data } = signer.publicKey
    for (const algorithm of algorithms) {
      expect(await algorithm.verify(other(data), other(message), other(signature))).toBe(true)
      expect(await algorithm.verify(other(data), other(utf8('x')), other(signature))).toBe(false)
    }
  })

  test('imports and normalizes the bytes of another realm', async () => {
    const keys = [crypto.ed25519Keys, rsaKeys, ecdsaKeys, secp256k1Keys]
    const imported = await crypto.importPrivateKey(other(crypto.exportPrivateKey(signer)), { algorithms: keys })
    expect([...imported.peerId]).toEqual([...signer.peerId])
    const key = inOtherRealm(signer.publicKey) as typeof signer.publicKey
    const signature = await signer.sign(message)
    expect([...crypto.normalizeSignature(key, other(signature), algorithms)]).toEqual([...signature])
    expect(peerIdToString(crypto.peerIdFromPublicKey(key))).toBe(peerIdToString(signer.peerId))
    const encoded = other(encodePublicKey(signer.publicKey))
    expect(peerIdToString(crypto.peerIdFromEncodedKey(encoded))).toBe(peerIdToString(signer.peerId))
  })
})

test('records are made and opened from the bytes of another realm', async () => {
  const signer = { ...(inOtherRealm({ publicKey: pair.publicKey }) as typeof pair), sign: pair.sign }
  const domain = 'domain'
  const content = inOtherRealm({ domain, payloadType: utf8('/t'), payload: message }) as crypto.EnvelopeContent
  const envelope = other(await crypto.sealEnvelope(content, { signer }))
  const opened = await crypto.openEnvelope(envelope, { domain, payloadType: content.payloadType })
  expect([...opened.content]).toEqual([...message])

  const record = {
    key: utf8('/a/b'),
    content: message,
    sequence: 1n,
    issued: now,
    expires: now + 1n,
    ttl: 0n,
    revoked: false
  }
  const sealed = await crypto.sealSignedRecord(inOtherRealm(record) as typeof record, { signer, now })
  expect([...(await crypto.openSignedRecord(other(sealed))).content.content]).toEqual([...message])

  const peer = { addresses: [other(Uint8Array.of(4, 127, 0, 0, 1))], peerId: other(pair.peerId) }
  const peerRecord = await crypto.openPeerRecord(other(await crypto.sealPeerRecord(peer, { signer })))
  expect([...peerRecord.author]).toEqual([...pair.peerId])

  const ipns = { value: other(utf8('/ipfs/bafkqaaa')), sequence: 1n, validity: now }
  const value = other(await crypto.createIpnsRecord(ipns, { signer, now }))
  const entry = await crypto.openIpnsRecord(value, { name: other(pair.peerId), now })
  expect(new TextDecoder().decode(entry.content.value)).toBe('/ipfs/bafkqaaa')
  const key = inOtherRealm(pair.publicKey) as typeof pair.publicKey
  const normal = await crypto.normalizeIpnsRecord(inOtherRealm(decodeIpnsRecord(value)) as IpnsRecord, key)
  expect([...normal]).toEqual([...value])
})

test('seeds, digests, disputes and passphrases are read from the bytes of another realm', async () => {
  expect([...(await crypto.keyPairFromSeed(other(seed))).peerId]).toEqual([...pair.peerId])
  expect([...crypto.sha256(other(message))]).toEqual([...crypto.sha256(message)])
  const signature = await pair.sign(message)
  const key = inOtherRealm(pair.publicKey) as typeof pair.publicKey
  expect(await crypto.isDisputedSignature(key, other(message), other(signature))).toBe(true)
  expect(await crypto.verifySignature(key, other(message), other(signature))).toBe(true)
  const passphrase = other(utf8('secret'))
  const pem = await exportEncryptedPrivateKeyPem(pair, { passphrase })
  const imported = await crypto.importPrivateKey(other(utf8(pem)), { passphrase })
  expect([...imported.peerId]).toEqual([...pair.peerId])
})
