import {
  decodeIpnsRecord,
  decodeSignedRecord,
  decodeUnverifiedEnvelope,
  encodePublicKey
} from '@recordkit/record-codec'
import { exportPrivateKey } from '@recordkit/record-crypto'
import { createEngine, explainBytes, inspectBytes, layoutOf } from '@recordkit/record-inspect'
import type { ByteRange } from '@recordkit/record-inspect'
import { changedBytes } from '@recordkit/testing/changed-bytes'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { now, testRecords } from './test-records.ts'

const records = await testRecords()
const context = { engine: createEngine(() => now), now }

async function rangesOf(bytes: Uint8Array): Promise<ReadonlyMap<string, ByteRange>> {
  const { ranges } = layoutOf(bytes, await inspectBytes(bytes, context))
  const all = new Map<string, ByteRange>()
  const add = (list: readonly ByteRange[]): void => {
    for (const range of list) {
      all.set(range.path, range)
      add(range.ranges)
    }
  }
  add(ranges)
  return all
}

const contentOf = (bytes: Uint8Array, range: ByteRange | undefined): Uint8Array =>
  bytes.slice(range?.contentStart, range?.end)

test('every field of an IPNS record is found where the codec reads it', async () => {
  const decoded = decodeIpnsRecord(records.value)
  const ranges = await rangesOf(records.value)
  expect(contentOf(records.value, ranges.get('signatureV2'))).toEqual(decoded.signatureV2)
  expect(contentOf(records.value, ranges.get('data'))).toEqual(decoded.data)
  expect(contentOf(records.value, ranges.get('data.Value'))).toEqual(decoded.value)
  expect(contentOf(records.value, ranges.get('data.Validity'))).toEqual(decoded.validityBytes)
  expect(ranges.get('data.Value')?.text).toBe('/ipfs/bafkqaaa')
  expect(ranges.get('data.Validity')?.time).toBe(decoded.validity)
  expect(ranges.get('data.Sequence')?.text).toBe('7')
  expect(ranges.get('data.TTL')?.text).toBe('300000000000 ns (5 min)')
})

test('the signatures of an IPNS record cover its signed data, and the copies of the first version', async () => {
  const { layout } = await explainBytes(records.value, context)
  const { data, value, validityBytes } = decodeIpnsRecord(records.value)
  const covered = layout.coverage.map(({ signature, prefix, covers }) => [
    signature,
    prefix,
    ...covers.map(({ start, end }) => records.value.slice(start, end))
  ])
  expect(covered).toEqual([
    ['signatureV2', 'ipns-signature:', data],
    ['signatureV1', '', value, validityBytes]
  ])
  const modern = await records.ipns(1n, { v1Compatible: false })
  expect((await explainBytes(modern, context)).layout.coverage.map(({ signature }) => signature)).toEqual([
    'signatureV2'
  ])
})

test('a signed record has its fields inside the payload, which the signature covers with its type', async () => {
  const bytes = await records.signed()
  const { layout, inspection } = await explainBytes(bytes, context)
  expect([inspection.kind, inspection.status]).toEqual(['signed-record', 'accept'])
  const ranges = await rangesOf(bytes)
  const envelope = decodeUnverifiedEnvelope(bytes)
  const { content, issued, expires } = decodeSignedRecord(envelope.payload)
  expect(contentOf(bytes, ranges.get('payload.content'))).toEqual(content)
  expect([ranges.get('payload.issued')?.time, ranges.get('payload.expires')?.time]).toEqual([issued, expires])
  expect(ranges.get('payload.content')?.text).toBe('{"colour":"green"}')
  const [coverage] = layout.coverage
  expect(coverage?.prefix).toBe('recordkit-signed-record')
  expect(coverage?.covers.map(({ start, end }) => bytes.slice(start, end))).toEqual([
    envelope.payloadType,
    envelope.payload
  ])
})

test('the record in a DHT record and in a DHT message is explained in place', async () => {
  const ranges = await rangesOf(records.dhtRecord)
  expect(ranges.get('key')?.text).toBe(`/ipns/${records.nameText}`)
  expect(ranges.get('value.data.Sequence')?.text).toBe('7')
  expect(ranges.get('timeReceived')?.time).toBe(now - 3_600_000_000_000n)
  const { length } = records.dhtRecord
  const header = [8, 0, 26, (length & 127) | 128, length >> 7]
  const message = Uint8Array.of(...header, ...records.dhtRecord)
  const prefixed = Uint8Array.of((message.length & 127) | 128, message.length >> 7, ...message)
  for (const bytes of [message, prefixed]) {
    const inner = await rangesOf(bytes)
    expect(inner.get('type')?.text).toBe('PUT_VALUE')
    expect(inner.get('record.value.data.Sequence')?.text).toBe('7')
    const { coverage } = (await explainBytes(bytes, context)).layout
    expect(coverage.map(({ signature }) => signature)).toContain('record.value.signatureV2')
  }
})

test('addresses of a peer record and the type of a key are text', async () => {
  const ranges = await rangesOf(records.peerRecord)
  expect(ranges.get('payload.addresses.multiaddr')?.text).toBe('/ip4/127.0.0.1/tcp/4001')
  expect((await rangesOf(encodePublicKey(records.signer.publicKey))).get('Type')?.text).toBe('Ed25519')
})

test('a record that is cut off is explained up to the cut', async () => {
  const cut = records.value.subarray(0, records.value.length - 40)
  const { ranges } = layoutOf(cut, { kind: 'ipns-record', status: 'reject' })
  expect(ranges.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['value', 'signatureV1', 'signatureV2', 'damaged'])
  )
  expect(ranges.at(-1)).toMatchObject({ role: 'damaged', end: cut.length })
  expect(ranges.at(-1)?.text).toMatch(/^data is cut off: \d+ bytes are announced, \d+ are there$/)
})

test('bytes that are cut off are recognized by the fields before the cut', async () => {
  const modern = await records.ipns(1n, { v1Compatible: false })
  for (const [kind, bytes] of [
    ['ipns-record', records.value],
    ['ipns-record', modern],
    ['envelope', await records.signed()],
    ['envelope', records.peerRecord],
    ['dht-record', records.dhtRecord]
  ] as const) {
    const cut = bytes.subarray(0, bytes.length - 20)
    expect((await explainBytes(cut, context)).inspection).toMatchObject({ kind, code: 'PROTOBUF_TRUNCATED' })
    const { layout, steps } = await explainBytes(cut, context)
    expect(layout.ranges.at(-1)?.role).toBe('damaged')
    expect(steps.filter(({ status }) => status === 'failed').map(({ name }) => name)).toEqual(
      kind === 'dht-record' ? [] : ['decoding']
    )
  }
})

test('signed data that is not of the specified types is marked where it is', async () => {
  const bytes = records.value.slice()
  const sequence = (await rangesOf(bytes)).get('data.Sequence')
  // a negative integer
  bytes[sequence?.contentStart ?? 0] = 0x20
  const found = (await rangesOf(bytes)).get('data.Sequence')
  expect([found?.role, found?.start]).toEqual(['damaged', sequence?.start])
})

test('the bytes of a private key have no ranges', async () => {
  expect((await explainBytes(exportPrivateKey(records.signer), context)).layout.ranges).toEqual([])
})

/** Ranges follow each other without a gap, and inner ranges are inside the content of their field. */
function checkTiles(ranges: readonly ByteRange[], start: number, end: number): void {
  let at = start
  for (const range of ranges) {
    expect(range.start).toBe(at)
    expect(range.contentStart).toBeGreaterThanOrEqual(range.start)
    expect(range.contentStart).toBeLessThanOrEqual(range.end)
    if (range.ranges.length > 0) checkTiles(range.ranges, range.contentStart, range.end)
    at = range.end
  }
  expect(at).toBe(end)
}

test('the ranges of random, cut and changed bytes contain every byte once', async () => {
  const kinds = ['ipns-record', 'envelope', 'dht-record', 'dht-message', 'public-key', 'unknown']
  const base = [records.value, records.dhtRecord, records.peerRecord, records.envelope]
  const mutated = changedBytes(base)
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated),
      fc.constantFrom(...kinds),
      async (bytes, kind) => {
        checkTiles(layoutOf(bytes, { kind, status: 'unverified' }).ranges, 0, bytes.length)
        const explanation = await explainBytes(bytes, context)
        if (explanation.layout.ranges.length > 0) checkTiles(explanation.layout.ranges, 0, bytes.length)
      }
    ),
    { numRuns: 300 }
  )
})

test('bytes with very many fields are explained in bounded time', () => {
  const bytes = new Uint8Array(4_000_000).map((_, index) => (index % 2 === 0 ? 8 : 1))
  const { ranges } = layoutOf(bytes, { kind: 'dht-message', status: 'unverified' })
  expect(ranges.length).toBeLessThan(3000)
  expect(ranges.at(-1)?.end).toBe(bytes.length)
})
