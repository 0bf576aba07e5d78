import { decodePrivateKey, encodePrivateKey } from '@recordkit/record-codec'
import { concat, derElement } from '@recordkit/record-codec/internal'
import { fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test, vi } from 'vitest'
import { toBase64 } from '@recordkit/record-types/internal'
import { ecdsa, ecdsaKeys, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import {
  ed25519,
  ed25519Keys,
  exportPrivateKey,
  generateKeyPair,
  importPrivateKey,
  keyPairFromSeed,
  verifySignature
} from '../src/index.ts'
import type { KeyPair, KeyPairAlgorithm } from '../src/index.ts'
import { exportPrivateKeyPem } from '../src/pem.ts'
import { generateRsaKeyPair, rsa, rsaKeys } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1, secp256k1Keys } from '../src/secp256k1.ts'
import { errorOf } from './errors.ts'

const message = new TextEncoder().encode('a message')
const verifying = [ed25519, secp256k1, rsa, ecdsa]

const types = [
  { type: 'Ed25519', pair: await generateKeyPair(), keys: ed25519Keys, name: 'ed25519Keys', subpath: '' },
  {
    type: 'Secp256k1',
    pair: await generateSecp256k1KeyPair(),
    keys: secp256k1Keys,
    name: 'secp256k1Keys',
    subpath: '/secp256k1'
  },
  { type: 'RSA', pair: await generateRsaKeyPair(), keys: rsaKeys, name: 'rsaKeys', subpath: '/rsa' },
  { type: 'ECDSA', pair: await generateEcdsaKeyPair(), keys: ecdsaKeys, name: 'ecdsaKeys', subpath: '/ecdsa' }
] as const
const allKeys = { algorithms: types.map(({ keys }) => keys) }

/** The three forms of a private key that `importPrivateKey` accepts. */
const forms = [
  ['a PrivateKey', (pair: KeyPair) => ({ type: pair.privateKey.type, data: pair.privateKey.data })],
  ['protobuf', (pair: KeyPair) => exportPrivateKey(pair)],
  ['PEM text', (pair: KeyPair) => exportPrivateKeyPem(pair)]
] as const

async function expectSamePair(imported: KeyPair, pair: KeyPair): Promise<void> {
  expect(imported.publicKey).toEqual(pair.publicKey)
  expect(imported.peerId).toEqual(pair.peerId)
  expect(imported.privateKey).toEqual(pair.privateKey)
  const signature = await imported.sign(message)
  expect(await verifySignature(pair.publicKey, message, signature, { algorithms: verifying })).toBe(true)
}

describe.each(types)('importPrivateKey of a key of type $type', ({ type, pair, keys, name, subpath }) => {
  test.each(forms)('imports %s with its algorithm', async (_, encode) => {
    await expectSamePair(await importPrivateKey(encode(pair), { algorithms: [keys] }), pair)
  })

  test.each(forms)('imports %s with its algorithm among others', async (_, encode) => {
    await expectSamePair(await importPrivateKey(encode(pair), allKeys), pair)
  })

  test.each(forms)('refuses %s without its algorithm, and names the export to add', async (_, encode) => {
    const others = types.filter((other) => other.type !== type).map((other) => other.keys)
    for (const algorithms of [others, []]) {
      const error = await errorOf(() => importPrivateKey(encode(pair), { algorithms }))
      expect([error.code, error.message]).toEqual([
        'ALGORITHM_MISSING',
        `the key has the type ${type}; add \`${name}\` of @recordkit/record-crypto${subpath} to \`algorithms\``
      ])
    }
  })

  test.each(forms)('by default, imports %s only of an Ed25519 key', async (_, encode) => {
    for (const options of [undefined, {}, { algorithms: undefined }]) {
      if (type === 'Ed25519') await expectSamePair(await importPrivateKey(encode(pair), options), pair)
      else expect((await errorOf(() => importPrivateKey(encode(pair), options))).code).toBe('ALGORITHM_MISSING')
    }
  })

  test('copies the data of a PrivateKey', async () => {
    const data = Uint8Array.from(pair.privateKey.data)
    const pending = importPrivateKey({ type, data }, { algorithms: [keys] })
    data.fill(0)
    await expectSamePair(await pending, pair)
  })

  test('copies protobuf', async () => {
    const bytes = exportPrivateKey(pair)
    const imported = await importPrivateKey(bytes, { algorithms: [keys] })
    bytes.fill(0)
    await expectSamePair(imported, pair)
  })

  test('passes a copy of the data to the algorithm', async () => {
    const keyPair = vi.fn(async (_data: Uint8Array) => pair)
    const algorithm: KeyPairAlgorithm = { type, keyPair }
    const bytes = exportPrivateKey(pair)
    await importPrivateKey(bytes, { algorithms: [algorithm] })
    const [data] = keyPair.mock.calls[0] as [Uint8Array]
    expect(data).toEqual(pair.privateKey.data)
    expect(data.buffer).not.toBe(bytes.buffer)
    expect(data.buffer.byteLength).toBe(data.length)
  })

  test('refuses malformed protobuf and data of another length', async () => {
    const bytes = exportPrivateKey(pair)
    for (const wrong of [bytes.subarray(0, -1), new Uint8Array(0), Uint8Array.of(...bytes, ...bytes)]) {
      const { code } = await errorOf(() => importPrivateKey(wrong, { algorithms: [keys] }))
      expect(code).toMatch(/^(PROTOBUF_|PRIVATE_KEY_INVALID)/)
    }
    const short = { type, data: pair.privateKey.data.subarray(1) }
    const { code } = await errorOf(() => importPrivateKey(short, { algorithms: [keys] }))
    expect(code).toMatch(/^(DER_INVALID|PRIVATE_KEY_INVALID)$/)
  })
})

describe('importPrivateKey of an Ed25519 key', () => {
  const seed = new Uint8Array(32).fill(1)
  const publicHalf = fromHex('8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c')
  const otherHalf = fromHex('8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394')

  /** PKCS#8 of version 2 in PEM. `publicKey` is the content of its BIT STRING. */
  function pem(publicKey: readonly number[] | undefined): string {
    const point = publicKey === undefined ? [] : [derElement(0x81, publicKey)]
    const key = derElement(0x04, derElement(0x04, seed))
    const der = derElement(0x30, fromHex('020101'), fromHex('300506032b6570'), key, ...point)
    return `-----BEGIN PRIVATE KEY-----\n${toBase64(der)}\n-----END PRIVATE KEY-----\n`
  }

  test('imports 64 bytes, seed and public half', async () => {
    const pair = await importPrivateKey({ type: 'Ed25519', data: concat(seed, publicHalf) })
    expect(toHex(pair.publicKey.data)).toBe(toHex(publicHalf))
    expect(pair).toMatchObject({ peerId: (await keyPairFromSeed(seed)).peerId })
  })

  test('imports the old form of 96 bytes, as protobuf and as a PrivateKey', async () => {
    const key = { type: 'Ed25519', data: concat(seed, publicHalf, publicHalf) } as const
    for (const input of [key, encodePrivateKey(key)]) {
      const { privateKey } = await importPrivateKey(input)
      expect(privateKey).toEqual({ type: 'Ed25519', data: concat(seed, publicHalf) })
    }
  })

  test.each([
    ['of another key', concat(seed, otherHalf)],
    ['of another key, twice', concat(seed, otherHalf, otherHalf)],
    ['that differs from its copy', concat(seed, publicHalf, otherHalf)],
    ['that is missing', seed]
  ])('refuses a public half %s', async (_, data) => {
    const key = { type: 'Ed25519', data } as const
    for (const input of [key, encodePrivateKey(key)]) {
      expect((await errorOf(() => importPrivateKey(input))).code).toBe('PRIVATE_KEY_INVALID')
    }
  })

  test('imports PEM with and without the public half to the same key pair', async () => {
    for (const text of [pem(undefined), pem([0, ...publicHalf])]) {
      const { privateKey } = await importPrivateKey(text)
      expect(privateKey).toEqual({ type: 'Ed25519', data: concat(seed, publicHalf) })
    }
  })

  test.each([
    ['of another key', [0, ...otherHalf]],
    ['that is empty', [0]],
    ['without a byte for its unused bits', []],
    ['that is too short', [0, ...publicHalf.subarray(1)]],
    ['that is too long', [0, ...publicHalf, 0]]
  ])('refuses PEM with a public half %s', async (_, publicKey) => {
    expect((await errorOf(() => importPrivateKey(pem(publicKey)))).code).toBe('PRIVATE_KEY_INVALID')
  })
})

test('importPrivateKey decodes the same private key from all forms', async () => {
  for (const { pair } of types) {
    const expected = decodePrivateKey(exportPrivateKey(pair))
    for (const [, encode] of forms) expect((await importPrivateKey(encode(pair), allKeys)).privateKey).toEqual(expected)
  }
})
