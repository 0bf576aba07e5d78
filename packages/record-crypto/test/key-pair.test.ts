import {
  decodePrivateKey,
  decodePublicKey,
  encodePublicKey,
  parsePeerId,
  peerIdToString
} from '@recordkit/record-codec'
import { files, fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import goKeys from '@recordkit/vectors/keys/go-libp2p-key-fixtures.json' with { type: 'json' }
import authExample from '@recordkit/vectors/keys/peer-id-auth-signing-example.json' with { type: 'json' }
import specKeys from '@recordkit/vectors/peer-ids/peer-id-spec-keys.json' with { type: 'json' }
import { ecdsa, ecdsaKeys, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import {
  ed25519,
  ed25519Keys,
  exportPrivateKey,
  generateKeyPair,
  importPrivateKey,
  keyPairFromSeed,
  peerIdFromPublicKey,
  verifySignature
} from '../src/index.ts'
import type { KeyPair } from '../src/index.ts'
import { generateRsaKeyPair, rsa, rsaKeys } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1, secp256k1Keys } from '../src/secp256k1.ts'
import { codeOf } from './errors.ts'

const raw = files(
  import.meta.glob<string>('../../../vectors/keys/raw/*', { query: '?hex', import: 'default', eager: true })
)
const algorithms = [ed25519, secp256k1, rsa, ecdsa]
const message = new TextEncoder().encode('Libp2p is the _best_!')

const allKeys = { algorithms: [ed25519Keys, secp256k1Keys, rsaKeys, ecdsaKeys] }

function file(name: string): Uint8Array {
  return raw.get(name) as Uint8Array
}

describe.each<[string, () => Promise<KeyPair>]>([
  ['Ed25519', generateKeyPair],
  ['Secp256k1', generateSecp256k1KeyPair],
  ['RSA', generateRsaKeyPair],
  ['ECDSA on P-256', generateEcdsaKeyPair],
  ['ECDSA on P-384', () => generateEcdsaKeyPair({ curve: 'P-384' })],
  ['ECDSA on P-521', () => generateEcdsaKeyPair({ curve: 'P-521' })]
])('a generated key pair of %s', (_, generate) => {
  test('signs messages that only its public key verifies', async () => {
    const pair = await generate()
    const signature = await pair.sign(message)
    expect(signature.constructor).toBe(Uint8Array)
    expect(await verifySignature(pair.publicKey, message, signature, { algorithms })).toBe(true)
    expect(await verifySignature(pair.publicKey, message.subarray(1), signature, { algorithms })).toBe(false)
    const other = await generate()
    expect(await verifySignature(other.publicKey, message, signature, { algorithms })).toBe(false)
  })

  test('is the same after export and import', async () => {
    const pair = await generate()
    const again = await importPrivateKey(exportPrivateKey(pair), allKeys)
    expect(again.publicKey).toEqual(pair.publicKey)
    expect(again.peerId).toEqual(peerIdFromPublicKey(pair.publicKey))
    expect(await verifySignature(pair.publicKey, message, await again.sign(message), { algorithms })).toBe(true)
  })

  test('has a public key that the codec accepts', async () => {
    const { publicKey } = await generate()
    expect(decodePublicKey(encodePublicKey(publicKey))).toEqual(publicKey)
  })

  test('omits its private key when it is printed or copied', async () => {
    const pair = await generate()
    expect(pair.privateKey.data.length).toBeGreaterThan(31)
    expect(Object.keys(pair)).toEqual(['publicKey', 'peerId', 'sign'])
    expect(JSON.stringify(pair)).not.toContain('privateKey')
    expect({ ...pair }).not.toHaveProperty('privateKey')
  })
})

test('keyPairFromSeed returns the key pair of RFC 8032, test 1', async () => {
  const seed = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
  const pair = await keyPairFromSeed(seed)
  expect(toHex(pair.publicKey.data)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
  expect(toHex(await pair.sign(new Uint8Array(0)))).toBe(
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
  )
})

test('keyPairFromSeed copies the seed', async () => {
  const seed = new Uint8Array(32).fill(1)
  const pair = await keyPairFromSeed(seed)
  const signature = await pair.sign(message)
  seed.fill(2)
  expect(await pair.sign(message)).toEqual(signature)
  expect(pair.privateKey.data.subarray(0, 32)).toEqual(new Uint8Array(32).fill(1))
})

describe.each(goKeys.vectors)('the $type key of go-libp2p', (vector) => {
  const privateKey = fromHex(vector.privateKeyProtobufHex)
  const publicKey = fromHex(vector.publicKeyProtobufHex)

  test('is imported with the public half of Go, and exported to the same bytes', async () => {
    const pair = await importPrivateKey(privateKey, allKeys)
    expect(toHex(encodePublicKey(pair.publicKey))).toBe(toHex(publicKey))
    expect(exportPrivateKey(pair)).toEqual(privateKey)
  })

  test('verifies the signature of Go, and its own', async () => {
    const signature = fromHex(vector.signatureHex)
    const key = decodePublicKey(publicKey)
    const text = new TextEncoder().encode(vector.messageUtf8)
    expect(await verifySignature(key, text, signature, { algorithms })).toBe(true)
    const own = await (await importPrivateKey(privateKey, allKeys)).sign(text)
    expect(await verifySignature(key, text, own, { algorithms })).toBe(true)
    // ECDSA signatures of Go are random, the others are deterministic
    if (vector.type !== 'ECDSA') expect(toHex(own)).toBe(vector.signatureHex)
  })
})

test('the Secp256k1 signature of go-libp2p with the other s is accepted, and normalized to the lower s', async () => {
  const vector = goKeys.vectors.find(({ type }) => type === 'Secp256k1')
  const { data } = decodePublicKey(fromHex(vector?.publicKeyProtobufHex as string))
  const signature = fromHex(vector?.signatureHex as string)
  const twin = fromHex(vector?.derived.highSTwinHex as string)
  expect(await secp256k1.verify(data, message, signature)).toBe(true)
  expect(await secp256k1.verify(data, message, twin)).toBe(true)
  for (const each of [signature, twin]) expect(secp256k1.normalize?.(data, each)).toEqual(signature)
})

test.each(specKeys.vectors)('the $type key of the peer-ids specification has its peer ID', async (vector) => {
  const pair = await importPrivateKey(fromHex(vector.privateKeyProtobufHex), allKeys)
  expect(toHex(encodePublicKey(pair.publicKey))).toBe(vector.publicKeyProtobufHex)
  expect(toHex(pair.peerId)).toBe(vector.derived.peerId.multihashHex)
  expect(peerIdToString(pair.peerId)).toBe(vector.derived.peerId.base58btc)
  expect(parsePeerId(vector.derived.peerId.cidBase36)).toEqual(pair.peerId)
})

test.each([
  'go-ed25519',
  'go-ed25519-redundant',
  'go-secp256k1-vyzo',
  'go-libp2p-secp256k1',
  'go-libp2p-rsa',
  'go-libp2p-ecdsa'
])('the private key %s gives its public key, which verifies its signature', async (name) => {
  const privateKey = file(`${name}.priv`)
  const publicKey = decodePublicKey(file(`${name}.pub`))
  const pair = await importPrivateKey(privateKey, allKeys)
  expect(pair.publicKey.type).toBe(decodePrivateKey(privateKey).type)
  expect(pair.publicKey).toEqual(publicKey)
  const text = raw.get(`${name}.msg`) ?? (name.includes('vyzo') ? undefined : message)
  if (text === undefined) return
  expect(await verifySignature(publicKey, text, file(`${name}.sig`), { algorithms })).toBe(true)
})

test('the example of the peer-id-auth specification has the same signature', async () => {
  const pair = await importPrivateKey(fromHex(authExample.serverPrivateKeyProtobufHex))
  const signature = atob(authExample.signatureBase64Url.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(signature, (letter) => letter.charCodeAt(0))
  const input = fromHex(authExample.dataToSignHex)
  expect(await verifySignature(pair.publicKey, input, bytes)).toBe(true)
  expect(await pair.sign(input)).toEqual(bytes)
})

describe('importPrivateKey', () => {
  test('refuses an Ed25519 private key with another public half', async () => {
    const key = exportPrivateKey(await keyPairFromSeed(new Uint8Array(32).fill(1)))
    key[key.length - 1] = (key[key.length - 1] as number) ^ 1
    expect(await codeOf(() => importPrivateKey(key))).toBe('PRIVATE_KEY_INVALID')
  })

  test('refuses an ECDSA private key with another public half', async () => {
    const [one, two] = [await generateEcdsaKeyPair(), await generateEcdsaKeyPair()]
    const data = new Uint8Array(one.privateKey.data)
    data.set(two.privateKey.data.subarray(-64), data.length - 64)
    expect(await codeOf(() => importPrivateKey({ type: 'ECDSA', data }, allKeys))).toBe('PRIVATE_KEY_INVALID')
  })

  test('refuses an RSA private key with the modulus of another', async () => {
    const [one, two] = [await generateRsaKeyPair(), await generateRsaKeyPair()]
    const data = new Uint8Array(one.privateKey.data)
    data.set(two.privateKey.data.subarray(12, 12 + 256), 12)
    expect(await codeOf(() => importPrivateKey({ type: 'RSA', data }, allKeys))).toBe('PRIVATE_KEY_INVALID')
  })

  test.each([
    ['0', '00'.repeat(32)],
    ['the group order', 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141']
  ])('refuses %s as a Secp256k1 private key', async (_, hex) => {
    const key = { type: 'Secp256k1', data: fromHex(hex) } as const
    expect(await codeOf(() => importPrivateKey(key, allKeys))).toBe('PRIVATE_KEY_INVALID')
  })

  test('refuses a key whose algorithm is missing, and names the export to add', async () => {
    const pair = await generateSecp256k1KeyPair()
    const missing = {
      code: 'ALGORITHM_MISSING',
      message: expect.stringContaining('`secp256k1Keys` of @recordkit/record-crypto/secp256k1')
    }
    await expect(importPrivateKey(pair.privateKey)).rejects.toMatchObject(missing)
    await expect(importPrivateKey(pair.privateKey, { algorithms: [rsaKeys] })).rejects.toMatchObject(missing)
  })

  test.each([undefined, null, 'text', 5, {}])('refuses %s, as keyPairFromSeed does', async (value) => {
    expect(await codeOf(() => keyPairFromSeed(value as never))).toBe('INVALID_ARGUMENT')
    // text is PEM
    const expected = value === 'text' ? /PRIVATE_KEY_INVALID/ : /INVALID_ARGUMENT|KEY_TYPE_UNKNOWN/
    for (const algorithm of allKeys.algorithms) {
      const options = { algorithms: [algorithm] }
      expect(await codeOf(() => importPrivateKey(value as never, options))).toMatch(expected)
    }
  })
})

test('generateRsaKeyPair refuses sizes outside 2048 to 8192 bits, and those that are not a multiple of 8', async () => {
  for (const bits of [0, 512, 1024, 2047, 2050, 8200, Number.NaN]) {
    expect(await codeOf(() => generateRsaKeyPair({ bits }))).toBe('INVALID_ARGUMENT')
  }
})
