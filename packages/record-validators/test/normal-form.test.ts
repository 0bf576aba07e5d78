import { decodeIpnsRecord, encodePublicKey, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import {
  createIpnsRecord,
  generateKeyPair,
  peerIdFromPublicKey,
  sealPeerRecord,
  sealSignedRecord,
  sha256
} from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { equalBytes, isRefusal } from '@recordkit/record-types'
import type { Algorithm, Namespace, VerifiedRecord } from '@recordkit/record-types'
import {
  anyAuthor,
  encodeLastWriterWinsMap,
  growOnlySet,
  ipns,
  lastWriterWinsMap,
  peerRecords,
  publicKeys,
  selectRecord,
  signed,
  unsigned,
  ValidationEngine
} from '@recordkit/record-validators'
import { countWork, fromHex, toHex } from '@recordkit/testing'
import encodings from '@recordkit/vectors/recordkit/ipns-encodings.json' with { type: 'json' }
import { expect, test, vi } from 'vitest'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const clock = (): bigint => 1_800_000_000_000_000_000n

async function validated(engine: ValidationEngine, key: Uint8Array, value: Uint8Array): Promise<VerifiedRecord> {
  const record = await engine.validate(key, value)
  if (isRefusal(record)) throw new Error(record.message)
  return record
}

/** Tests that variants of a value have its rank and its normal form, which is the value itself. */
async function expectVariants(
  namespace: Namespace,
  key: Uint8Array,
  value: Uint8Array,
  variants: readonly Uint8Array[]
) {
  const engine = new ValidationEngine([namespace], { clock })
  const rank = engine.rank(await validated(engine, key, value))
  for (const variant of [value, ...variants]) {
    const record = await validated(engine, key, variant)
    expect(toHex(engine.rank(record))).toBe(toHex(rank))
    const normal = await engine.normalize(record)
    expect(normal).toMatchObject({ status: 'accept', value })
  }
}

test('a public key record has the identity and the normal form of its canonical encoding', async () => {
  const { publicKey, peerId } = await generateKeyPair()
  const value = encodePublicKey(publicKey)
  await expectVariants(publicKeys(), joinRecordKey('pk', peerId), value, [
    Uint8Array.of(...value.subarray(2), ...value.subarray(0, 2)),
    Uint8Array.of(...value, 0x78, 1),
    Uint8Array.of(8, 3, ...value)
  ])
})

test('a peer record has the identity and the normal form of its canonical envelope', async () => {
  const signer = await generateKeyPair()
  const value = await sealPeerRecord({ addresses: [Uint8Array.of(4, 127, 0, 0, 1)], sequence: 1n }, { signer })
  await expectVariants(peerRecords(), joinRecordKey('peer', signer.peerId), value, [
    Uint8Array.of(...value, 0x78, 1),
    Uint8Array.of(0x1a, 1, 1, ...value),
    Uint8Array.of(...value, 0x1b, 0x1c)
  ])
})

test('a merged value has the identity and the normal form of its entries', async () => {
  const set = growOnlySet('set')
  const element = await set.seal(
    { key: bytes('/set/a'), content: bytes('x'), sequence: 0n },
    { now: 0n, signer: await generateKeyPair() }
  )
  await expectVariants(set, bytes('/set/a'), element, [Uint8Array.of(...element, 0x78, 1)])
  const map = encodeLastWriterWinsMap([{ key: bytes('k'), time: 5n, value: bytes('v') }])
  const entry = Uint8Array.of(...map.subarray(2), 0x78, 1)
  await expectVariants(lastWriterWinsMap('map'), bytes('/map/a'), map, [
    Uint8Array.of(...map, 0x78, 1),
    Uint8Array.of(10, entry.length, ...entry)
  ])
})

test('a record of a namespace without another encoding is its own normal form', async () => {
  const engine = new ValidationEngine([unsigned('plain', { sequence: () => 1n })])
  const record = await validated(engine, bytes('/plain/a'), bytes('x'))
  expect(await engine.normalize(record)).toBe(record)
  expect(engine.complete(record, record)).toBe(record.value)
})

test('a namespace whose normal form throws an error makes the record ignored', async () => {
  const plain = unsigned('plain', { sequence: () => 1n })
  const failing: Namespace = {
    ...(plain as Namespace),
    normalize() {
      throw new Error('out of order')
    }
  }
  const engine = new ValidationEngine([failing])
  const record = await validated(engine, bytes('/plain/a'), bytes('x'))
  expect(await engine.normalize(record)).toMatchObject({ status: 'ignore', code: 'VALIDATOR_FAILED' })
})

test('signatureV1 is verified only for the normal form, and once', async () => {
  const verify = vi.fn(ed25519Portable.verify.bind(ed25519Portable))
  const counted: Algorithm = { ...ed25519Portable, verify }
  const engine = new ValidationEngine([ipns({ algorithms: [counted] })], { clock })
  const signer = await generateKeyPair()
  const key = ipnsRoutingKey(peerIdFromPublicKey(signer.publicKey))
  const content = { value: '/ipfs/bafkqaaa', sequence: 1n, validity: clock() }
  const value = await createIpnsRecord(content, { signer, now: 0n })
  const record = await validated(engine, key, value)
  expect(verify).toHaveBeenCalledTimes(1)
  expect(await engine.normalize(record)).toBe(record)
  expect(verify).toHaveBeenCalledTimes(2)
  expect(await engine.normalize(await validated(engine, key, value.slice()))).toMatchObject({ value })
  expect(verify).toHaveBeenCalledTimes(2)
  // a variant has the same signed bytes and signatures
  const variant = await validated(engine, key, Uint8Array.of(...value, 0x78, 1))
  const normal = await engine.normalize(variant)
  expect(normal).toMatchObject({ value })
  expect(verify).toHaveBeenCalledTimes(2)
  // a false signatureV1 is refused once, and its sender is not to blame
  const { signatureV1 } = decodeIpnsRecord(value)
  const at = value.findIndex((_, index) => equalBytes(value.subarray(index, index + 64), signatureV1 as Uint8Array))
  const forged = value.with(at + 1, (value[at + 1] as number) ^ 1)
  for (let turn = 0; turn < 3; turn++) {
    const record = await engine.normalize(await validated(engine, key, Uint8Array.of(...forged, 0x78, turn)))
    expect(record).toMatchObject({ status: 'accept' })
    expect(record).not.toHaveProperty('fields.signatureV1')
    expect(verify).toHaveBeenCalledTimes(3)
  }
  expect(await engine.validate(key, value.slice())).toMatchObject({ status: 'accept', until: content.validity })
  expect(verify).toHaveBeenCalledTimes(3)
  engine.verdicts.clear()
  await engine.normalize(await validated(engine, key, value))
  expect(verify).toHaveBeenCalledTimes(5)
})

test('large signed content is hashed once, for the cache of verdicts and for the rank', async () => {
  const signer = await generateKeyPair()
  const engine = new ValidationEngine([signed('big', { authors: anyAuthor() })], { clock })
  const key = bytes('/big/a')
  const content = new Uint8Array(50_000).fill(7)
  const draft = { key, content, sequence: 1n, issued: 1n, expires: clock() + 1n, ttl: 0n, revoked: false }
  const value = await sealSignedRecord(draft, { signer, now: 0n })
  const verified = await validated(engine, key, value)
  const rank = engine.rank(verified)
  expect(rank).toEqual(engine.rank({ ...verified, identity: undefined }))
  // the rank is that of the bytes that were verified: nothing is copied again
  const work = await countWork(() => engine.rank(verified))
  expect(work.bytesCopied).toBeLessThan(100)
  const before = engine.verdicts.stats.hits
  expect(await engine.validate(key, value)).toMatchObject({ status: 'accept' })
  expect(engine.verdicts.stats.hits).toBe(before + 1)
  // another content under the same signature is another entry of the cache
  const forged = value.with(value.length - 100, 8)
  expect(await engine.validate(key, forged)).toMatchObject({ status: 'reject' })
})

test('the identity of a normal form is that of the variant that was verified', async () => {
  const signer = await generateKeyPair()
  const engine = new ValidationEngine([ipns()], { clock })
  const key = ipnsRoutingKey(signer.peerId)
  const extra = new Map([['x', new Uint8Array(2000)]])
  const content = { value: '/ipfs/bafkqaaa', sequence: 1n, validity: clock(), extra }
  const value = await createIpnsRecord(content, { signer, now: 0n })
  const normal = await engine.normalize(await validated(engine, key, Uint8Array.of(...value, 0x78, 1)))
  if (isRefusal(normal)) throw new Error(normal.message)
  expect(normal.value).toEqual(value)
  expect(normal.identity).toEqual(sha256(decodeIpnsRecord(value).data))
  expect(engine.rank(normal)).toEqual(engine.rank({ ...normal, identity: undefined }))
})

test('of several encodings of one record, the largest is selected, as stock peers do', () => {
  const engine = new ValidationEngine([ipns()], { clock })
  const values = Object.values(encodings.values).map(fromHex)
  const largest = values.reduce((a, b) => (toHex(a) < toHex(b) ? b : a))
  for (let turn = 0; turn < values.length; turn++) {
    values.push(values.shift() as Uint8Array)
    const [best] = selectRecord(engine, fromHex(encodings.routingKeyHex), values).ranked
    expect(equalBytes(values[best?.index ?? -1] as Uint8Array, largest)).toBe(true)
  }
})
