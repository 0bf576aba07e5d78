import {
  decodeIpnsRecord,
  encodeIpnsData,
  encodeIpnsRecord,
  ipnsSigningInput,
  peerIdFromDigest
} from '@recordkit/record-codec'
import { describe, expect, test, vi } from 'vitest'
import { ecdsa, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { ed25519Native } from '../src/ed25519-native.ts'
import { ed25519Portable } from '../src/ed25519-portable.ts'
import {
  createIpnsRecord,
  ed25519,
  importPrivateKey,
  keyPairFromSeed,
  normalizeIpnsRecord,
  openIpnsRecord
} from '../src/index.ts'
import { generateRsaKeyPair, rsa } from '../src/rsa.ts'
import { secp256k1, secp256k1Keys } from '../src/secp256k1.ts'
import { codeOf } from './errors.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const signer = await keyPairFromSeed(new Uint8Array(32).fill(7))
const other = await keyPairFromSeed(new Uint8Array(32).fill(8))
const name = signer.peerId
const validity = 1_790_000_000_000_000_001n
const content = { value: '/ipfs/x', sequence: 5n, validity }
const bytes = await createIpnsRecord(content, { signer, now: 0n })

test.each([undefined, [ed25519Native], [ed25519Portable]])(
  'openIpnsRecord opens a record that the key of the name signed',
  async (algorithms) => {
    const options = { name, now: validity, algorithms }
    for (const v1Compatible of [true, false]) {
      const value = await createIpnsRecord(content, { signer, v1Compatible, now: 0n })
      const opened = await openIpnsRecord(value, options)
      expect(opened).toMatchObject({ author: name, publicKey: signer.publicKey })
      expect(opened.content).toMatchObject({ sequence: 5n, validity, value: utf8('/ipfs/x') })
      expect(opened.value).toEqual(await createIpnsRecord(content, { signer, v1Compatible: false, now: 0n }))
      expect(opened.signature).toEqual(opened.content.signatureV2)
    }
  }
)

test('openIpnsRecord verifies signatureV2 alone, and returns what it verified', async () => {
  const verify = vi.fn(ed25519Portable.verify.bind(ed25519Portable))
  const value = await createIpnsRecord(content, { signer, v1Compatible: true, now: 0n })
  const opened = await openIpnsRecord(value, { name, now: validity, algorithms: [{ ...ed25519Portable, verify }] })
  expect(verify).toHaveBeenCalledTimes(1)
  expect(decodeIpnsRecord(opened.value).signatureV1).toBeUndefined()
  // to be stored and forwarded with its V1 fields
  expect(await normalizeIpnsRecord(opened.content, opened.publicKey)).toEqual(value)
})

test('openIpnsRecord opens a record of a Secp256k1 name only with its algorithm', async () => {
  const key = { type: 'Secp256k1', data: new Uint8Array(32).fill(1) } as const
  const pair = await importPrivateKey(key, { algorithms: [secp256k1Keys] })
  const value = await createIpnsRecord(content, { signer: pair, now: 0n })
  const options = { name: pair.peerId, now: validity }
  expect((await openIpnsRecord(value, { ...options, algorithms: [secp256k1] })).content.sequence).toBe(5n)
  expect(await codeOf(() => openIpnsRecord(value, options))).toBe('ALGORITHM_MISSING')
})

test('openIpnsRecord opens a record at its last instant, and refuses it as expired one nanosecond later', async () => {
  expect(await codeOf(() => openIpnsRecord(bytes, { name, now: validity }))).toBe('ok')
  expect(await codeOf(() => openIpnsRecord(bytes, { name, now: validity + 1n }))).toBe('EXPIRED')
})

test('openIpnsRecord refuses the record of another name, and a signature of other bytes', async () => {
  expect(await codeOf(() => openIpnsRecord(bytes, { name: other.peerId, now: 0n }))).toBe('SIGNATURE_INVALID')
  const data = encodeIpnsData({ value: utf8('/ipfs/y'), sequence: 5n, validity, ttl: 1n })
  const signatureV2 = await signer.sign(data)
  expect(await codeOf(() => openIpnsRecord(encodeIpnsRecord({ data, signatureV2 }), { name, now: 0n }))).toBe(
    'SIGNATURE_INVALID'
  )
})

test('openIpnsRecord refuses an embedded key that is not the key of the name', async () => {
  const data = encodeIpnsData({ value: utf8('/ipfs/y'), sequence: 5n, validity, ttl: 1n })
  for (const [key, expected] of [
    [signer, 'ok'],
    [other, 'PUBLIC_KEY_MISMATCH']
  ] as const) {
    const publicKey = key.peerId.subarray(2)
    const record = encodeIpnsRecord({ data, signatureV2: await signer.sign(ipnsSigningInput(data)), publicKey })
    expect(await codeOf(() => openIpnsRecord(record, { name, now: 0n }))).toBe(expected)
  }
})

test('openIpnsRecord refuses a name that does not contain its key, and invalid names', async () => {
  const hashed = peerIdFromDigest(new Uint8Array(32))
  expect(await codeOf(() => openIpnsRecord(bytes, { name: hashed, now: 0n }))).toBe('PUBLIC_KEY_NOT_FOUND')
  expect(await codeOf(() => openIpnsRecord(bytes, { name: utf8('x'), now: 0n }))).toBe('PEER_ID_INVALID')
  expect(await codeOf(() => openIpnsRecord(bytes, { name: 'k51' as never, now: 0n }))).toBe('INVALID_ARGUMENT')
})

test('openIpnsRecord opens up to the limit that is passed', async () => {
  expect(await codeOf(() => openIpnsRecord(bytes, { name, now: 0n, limit: bytes.length - 1 }))).toBe('TOO_LARGE')
  expect(await codeOf(() => openIpnsRecord(bytes, { name, now: 0n, limit: bytes.length }))).toBe('ok')
})

test('openIpnsRecord throws the reason of an aborted signal', async () => {
  const reason = new Error('enough')
  await expect(openIpnsRecord(bytes, { name, now: 0n, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('createIpnsRecord refuses a record above 10240 bytes', async () => {
  const extra = new Map([['more', utf8('x'.repeat(10_240))]])
  expect(await codeOf(() => createIpnsRecord({ ...content, extra }, { signer, now: 0n }))).toBe('TOO_LARGE')
})

describe.each([
  ['RSA', async () => generateRsaKeyPair()],
  ['ECDSA', async () => generateEcdsaKeyPair()]
] as const)('the IPNS record of an %s name, which is the hash of its key', (_, generate) => {
  const algorithms = [ed25519, rsa, ecdsa]

  test('is opened with the key embedded in it, and with a given one where none is embedded', async () => {
    const signer = await generate()
    const record = await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 1n, validity: 1n }, { signer, now: 0n })
    const opened = await openIpnsRecord(record, { name: signer.peerId, algorithms, now: 0n })
    expect(opened.publicKey).toEqual(signer.publicKey)
    expect(opened.content.sequence).toBe(1n)
    const { data, signatureV2 } = opened.content
    const without = encodeIpnsRecord({ data, signatureV2 })
    const options = { name: signer.peerId, algorithms, now: 0n }
    expect(await codeOf(() => openIpnsRecord(without, options))).toBe('PUBLIC_KEY_NOT_FOUND')
    const { author } = await openIpnsRecord(without, { ...options, publicKey: signer.publicKey })
    expect(author).toEqual(signer.peerId)
    expect(await codeOf(() => openIpnsRecord(record, { name: signer.peerId, now: 0n }))).toBe('ALGORITHM_MISSING')
  })

  test('is refused when the key is that of another name', async () => {
    const [signer, other] = await Promise.all([generate(), generate()])
    const record = await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 1n, validity: 1n }, { signer, now: 0n })
    const options = { name: other.peerId, algorithms, now: 0n }
    expect(await codeOf(() => openIpnsRecord(record, options))).toBe('PUBLIC_KEY_MISMATCH')
    const { data, signatureV2 } = (await openIpnsRecord(record, { ...options, name: signer.peerId })).content
    const without = encodeIpnsRecord({ data, signatureV2 })
    expect(await codeOf(() => openIpnsRecord(without, { ...options, publicKey: signer.publicKey }))).toBe(
      'PUBLIC_KEY_MISMATCH'
    )
    expect(await codeOf(() => openIpnsRecord(without, { ...options, publicKey: other.publicKey }))).toBe(
      'SIGNATURE_INVALID'
    )
  })
})
