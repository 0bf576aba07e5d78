import {
  decodePrivateKey,
  decodePublicKey,
  encodePublicKey,
  parsePeerId,
  peerIdToString
} from '@recordkit/record-codec'
import { isRecordError } from '@recordkit/record-types'
import type { KeyType } from '@recordkit/record-types'
import { files, fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import goKeys from '@recordkit/vectors/keys/go-libp2p-key-fixtures.json' with { type: 'json' }
import authExample from '@recordkit/vectors/keys/peer-id-auth-signing-example.json' with { type: 'json' }
import specKeys from '@recordkit/vectors/peer-ids/peer-id-spec-keys.json' with { type: 'json' }
import { ecdsa, ecdsaKeyPair, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import {
  ed25519,
  exportPrivateKey,
  generateKeyPair,
  keyPairFromPrivateKey,
  keyPairFromSeed,
  peerIdFromPublicKey,
  verifySignature
} from '../src/index.ts'
import type { KeyPair } from '../src/index.ts'
import { generateRsaKeyPair, rsa, rsaKeyPair } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1, secp256k1KeyPair } from '../src/secp256k1.ts'

const raw = files(
  import.meta.glob<string>('../../../vectors/keys/raw/*', { query: '?hex', import: 'default', eager: true })
)
const algorithms = [ed25519, secp256k1, rsa, ecdsa]
const message = new TextEncoder().encode('Libp2p is the _best_!')

const readers = new Map<KeyType, (key: Uint8Array) => Promise<KeyPair>>([
  ['Ed25519', keyPairFromPrivateKey],
  ['Secp256k1', secp256k1KeyPair],
  ['RSA', rsaKeyPair],
  ['ECDSA', ecdsaKeyPair]
])

function read(type: string, key: Uint8Array): Promise<KeyPair> {
  return (readers.get(type as KeyType) as (key: Uint8Array) => Promise<KeyPair>)(key)
}

function file(name: string): Uint8Array {
  return raw.get(name) as Uint8Array
}

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return 'nothing was thrown'
}

describe.each<[string, () => Promise<KeyPair>]>([
  ['Ed25519', generateKeyPair],
  ['Secp256k1', generateSecp256k1KeyPair],
  ['RSA', generateRsaKeyPair],
  ['ECDSA on P-256', generateEcdsaKeyPair],
  ['ECDSA on P-384', () => generateEcdsaKeyPair({ curve: 'P-384' })],
  ['ECDSA on P-521', () => generateEcdsaKeyPair({ curve: 'P-521' })]
])('a new key pair: %s', (_, generate) => {
  test('signs what its public key verifies, and nothing else', async () => {
    const pair = await generate()
    const signature = await pair.sign(message)
    expect(signature.constructor).toBe(Uint8Array)
    expect(await verifySignature(pair.publicKey, message, signature, { algorithms })).toBe(true)
    expect(await verifySignature(pair.publicKey, message.subarray(1), signature, { algorithms })).toBe(false)
    const other = await generate()
    expect(await verifySignature(other.publicKey, message, signature, { algorithms })).toBe(false)
  })

  test('comes back from its protobuf', async () => {
    const pair = await generate()
    const again = await read(pair.publicKey.type, exportPrivateKey(pair))
    expect(again.publicKey).toEqual(pair.publicKey)
    expect(again.peerId).toEqual(peerIdFromPublicKey(pair.publicKey))
    expect(await verifySignature(pair.publicKey, message, await again.sign(message), { algorithms })).toBe(true)
  })

  test('has a public key that the codec reads', async () => {
    const { publicKey } = await generate()
    expect(decodePublicKey(encodePublicKey(publicKey))).toEqual(publicKey)
  })

  test('keeps its private key out of what is printed and copied', async () => {
    const pair = await generate()
    expect(pair.privateKey.data.length).toBeGreaterThan(31)
    expect(Object.keys(pair)).toEqual(['publicKey', 'peerId', 'sign'])
    expect(JSON.stringify(pair)).not.toContain('privateKey')
    expect({ ...pair }).not.toHaveProperty('privateKey')
  })
})

test('a seed gives the key of RFC 8032, test 1', async () => {
  const seed = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
  const pair = await keyPairFromSeed(seed)
  expect(toHex(pair.publicKey.data)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
  expect(toHex(await pair.sign(new Uint8Array(0)))).toBe(
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
  )
})

test('a seed that its owner overwrites later leaves the key as it was', async () => {
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

  test('has the public half that Go says', async () => {
    const pair = await read(vector.type, privateKey)
    expect(toHex(encodePublicKey(pair.publicKey))).toBe(toHex(publicKey))
    expect(exportPrivateKey(pair)).toEqual(privateKey)
  })

  test('verifies what Go signed, and Go would verify what it signs', async () => {
    const signature = fromHex(vector.signatureHex)
    const key = decodePublicKey(publicKey)
    const text = new TextEncoder().encode(vector.messageUtf8)
    expect(await verifySignature(key, text, signature, { algorithms })).toBe(true)
    const own = await (await read(vector.type, privateKey)).sign(text)
    expect(await verifySignature(key, text, own, { algorithms })).toBe(true)
    // ECDSA in Go is randomised, the others have one signature
    if (vector.type !== 'ECDSA') expect(toHex(own)).toBe(vector.signatureHex)
  })
})

test('the Secp256k1 signature of go-libp2p with the other s is refused', async () => {
  const vector = goKeys.vectors.find(({ type }) => type === 'Secp256k1')
  const { data } = decodePublicKey(fromHex(vector?.publicKeyProtobufHex as string))
  expect(await secp256k1.verify(data, message, fromHex(vector?.signatureHex as string))).toBe(true)
  expect(await secp256k1.verify(data, message, fromHex(vector?.derived.highSTwinHex as string))).toBe(false)
})

test.each(specKeys.vectors)('the $type key of the peer-ids specification has its peer ID', async (vector) => {
  const pair = await read(vector.type, fromHex(vector.privateKeyProtobufHex))
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
])('the key %s belongs to its public key and signature', async (name) => {
  const privateKey = file(`${name}.priv`)
  const publicKey = decodePublicKey(file(`${name}.pub`))
  const pair = await read(decodePrivateKey(privateKey).type, privateKey)
  expect(pair.publicKey).toEqual(publicKey)
  const text = raw.get(`${name}.msg`) ?? (name.includes('vyzo') ? undefined : message)
  if (text === undefined) return
  expect(await verifySignature(publicKey, text, file(`${name}.sig`), { algorithms })).toBe(true)
})

test('the example of the peer-id-auth specification is signed the same', async () => {
  const pair = await keyPairFromPrivateKey(fromHex(authExample.serverPrivateKeyProtobufHex))
  const signature = atob(authExample.signatureBase64Url.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(signature, (letter) => letter.charCodeAt(0))
  const input = fromHex(authExample.dataToSignHex)
  expect(await verifySignature(pair.publicKey, input, bytes)).toBe(true)
  expect(await pair.sign(input)).toEqual(bytes)
})

describe('is refused:', () => {
  test('an Ed25519 private key whose public half is another', async () => {
    const key = exportPrivateKey(await keyPairFromSeed(new Uint8Array(32).fill(1)))
    key[key.length - 1] = (key[key.length - 1] as number) ^ 1
    expect(await codeOf(() => keyPairFromPrivateKey(key))).toBe('PRIVATE_KEY_INVALID')
  })

  test('an ECDSA private key whose public half is another', async () => {
    const [one, two] = [await generateEcdsaKeyPair(), await generateEcdsaKeyPair()]
    const data = new Uint8Array(one.privateKey.data)
    data.set(two.privateKey.data.subarray(-64), data.length - 64)
    expect(await codeOf(() => ecdsaKeyPair({ type: 'ECDSA', data }))).toBe('PRIVATE_KEY_INVALID')
  })

  test('an RSA private key with the modulus of another', async () => {
    const [one, two] = [await generateRsaKeyPair(), await generateRsaKeyPair()]
    const data = new Uint8Array(one.privateKey.data)
    data.set(two.privateKey.data.subarray(12, 12 + 256), 12)
    expect(await codeOf(() => rsaKeyPair({ type: 'RSA', data }))).toBe('PRIVATE_KEY_INVALID')
  })

  test.each([
    ['0', '00'.repeat(32)],
    ['the group order', 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141']
  ])('%s as a Secp256k1 private key', async (_, hex) => {
    const key = { type: 'Secp256k1', data: fromHex(hex) } as const
    expect(await codeOf(() => secp256k1KeyPair(key))).toBe('PRIVATE_KEY_INVALID')
  })

  test('a key of another type, naming where its own is read', async () => {
    const pair = await generateSecp256k1KeyPair()
    await expect(keyPairFromPrivateKey(pair.privateKey)).rejects.toMatchObject({
      code: 'ALGORITHM_MISSING',
      message: expect.stringContaining('`secp256k1KeyPair` from @recordkit/record-crypto/secp256k1')
    })
    expect(await codeOf(() => rsaKeyPair(pair.privateKey))).toBe('PRIVATE_KEY_INVALID')
  })

  test.each([undefined, null, 'text', 5, {}])('%s for a private key or a seed', async (value) => {
    expect(await codeOf(() => keyPairFromSeed(value as never))).toBe('INVALID_ARGUMENT')
    for (const reader of readers.values()) {
      expect(await codeOf(() => reader(value as never))).toMatch(/INVALID_ARGUMENT|KEY_TYPE_UNKNOWN/)
    }
  })

  test('a modulus outside of 2048 to 8192 bits, to make a key of', async () => {
    for (const bits of [0, 512, 1024, 2047, 2050, 8200, Number.NaN]) {
      expect(await codeOf(() => generateRsaKeyPair({ bits }))).toBe('INVALID_ARGUMENT')
    }
  })
})
