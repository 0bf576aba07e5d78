import * as codec from '@recordkit/record-codec'
import { fromHex } from '@recordkit/testing'
import { inOtherRealm } from '@recordkit/testing/other-realm'
import ipns from '@recordkit/vectors/ipns/ipns-spec-vectors.json' with { type: 'json' }
import specKeys from '@recordkit/vectors/peer-ids/peer-id-spec-keys.json' with { type: 'json' }
import { expect, test } from 'vitest'
import { utf8 } from './errors.ts'

const record = fromHex(ipns.vectors.find(({ id }) => id === 'v1-v2')!.recordHex)
const decoded = codec.decodeIpnsRecord(record)
const { value, validity, sequence, ttl, data, signatureV2 } = decoded
const keyBytes = fromHex(specKeys.vectors[1]!.publicKeyProtobufHex)
const privateKeyBytes = fromHex(specKeys.vectors[1]!.privateKeyProtobufHex)
const publicKey = codec.decodePublicKey(keyBytes)
const peerId = codec.peerIdFromInlineKey(keyBytes) ?? codec.peerIdFromDigest(new Uint8Array(32))
const payloadType = utf8('/type')
const payload = utf8('payload')
const parts = { publicKey, payloadType, payload, signature: new Uint8Array(64) }
const peerRecord = { peerId, addresses: [fromHex('047f000001060fa1')], sequence: 1n }
const signed = { key: utf8('/a/b'), content: payload, sequence: 1n, issued: 1n, expires: 2n, ttl: 0n, revoked: false }
const dhtRecord = { key: utf8('/a/b'), value: payload, timeReceived: 1n }
const ipnsKey = codec.ipnsRoutingKey(peerId)

/** Arguments of every public function: a name of a function, with what follows the first space ignored. */
const calls: Readonly<Record<string, readonly unknown[]>> = {
  assertPeerId: [peerId],
  decodeCbor: [data],
  decodeIpnsRecord: [record],
  decodePeerRecord: [codec.encodePeerRecord(peerRecord)],
  decodePrivateKey: [privateKeyBytes],
  decodeProviderAddresses: [codec.encodeProviderAddresses([payload])],
  decodePublicKey: [keyBytes],
  decodeRecord: [codec.encodeRecord(dhtRecord)],
  decodeSignedRecord: [codec.encodeSignedRecord(signed)],
  decodeUnsignedPublicKey: [keyBytes],
  decodeUnverifiedEnvelope: [codec.encodeEnvelope(parts)],
  decodeUvarint: [fromHex('808001')],
  encodeCbor: [
    new Map<string, unknown>([
      ['a', payload],
      ['b', [{ cid: fromHex('01550000') }]]
    ])
  ],
  encodeEnvelope: [parts],
  encodeIpnsData: [{ value, validity, sequence, ttl }],
  'encodeIpnsData with more entries': [{ value, validity, sequence, ttl, extra: new Map([['name', 'text']]) }],
  encodeIpnsRecord: [{ data, signatureV2, publicKey: keyBytes }],
  encodeIpnsValue: [value],
  'encodeIpnsValue of a CID object': [{ bytes: fromHex('01550000') }],
  encodePeerRecord: [peerRecord],
  encodePrivateKey: [codec.decodePrivateKey(privateKeyBytes)],
  encodeProviderAddresses: [[payload]],
  encodePublicKey: [publicKey],
  encodeRecord: [dhtRecord],
  encodeSignedRecord: [signed],
  encodeUvarint: [300n],
  envelopeSigningInput: ['domain', payloadType, payload],
  formatTime: [validity],
  ipnsNameFromKey: [ipnsKey],
  ipnsNameToString: [peerId],
  ipnsOrder: [decoded],
  ipnsRoutingKey: [peerId],
  ipnsSigningInput: [data],
  ipnsSigningInputV1: [value, utf8('2030-01-01T00:00:00Z')],
  ipnsValueToString: [value],
  joinRecordKey: ['a', payload],
  parseIpnsName: [codec.ipnsNameToString(peerId)],
  parsePeerId: [codec.peerIdToString(peerId)],
  parseRecordKey: ['/a/b'],
  'parseRecordKey of bytes': [utf8('/a/b')],
  parseTime: [utf8('2023-11-14T22:13:20.5Z')],
  peerIdFromDigest: [new Uint8Array(32)],
  peerIdFromInlineKey: [keyBytes],
  peerIdToString: [peerId],
  providerKey: [payload, peerId],
  providersPrefix: [payload],
  publicKeyFromPeerId: [peerId],
  signedRecordOrder: [signed],
  splitProviderKey: [codec.providerKey(payload, peerId)],
  splitRecordKey: [utf8('/a/b')]
}

const functions = Object.entries(codec).filter(([, value]) => typeof value === 'function')

test('every public function of record-codec has a case', () => {
  const covered = new Set(Object.keys(calls).map((name) => name.split(' ')[0]))
  expect(functions.map(([name]) => name).filter((name) => !covered.has(name))).toEqual([])
})

test.each(Object.entries(calls))('%s accepts the bytes of another realm', (name, input) => {
  const call = (codec as unknown as Record<string, (...input: readonly unknown[]) => unknown>)[name.split(' ')[0]!]!
  const plain = (result: unknown): unknown =>
    JSON.parse(JSON.stringify(result, (_, item) => show(item) ?? null) ?? 'null')
  expect(plain(call(...(inOtherRealm(input) as unknown[])))).toEqual(plain(call(...input)))
})

/** JSON of a result, whichever realm its bytes are of. */
function show(item: unknown): unknown {
  if (typeof item === 'bigint') return `${item}n`
  if (ArrayBuffer.isView(item)) return Array.from(item as Uint8Array)
  return Object.prototype.toString.call(item) === '[object Map]' ? [...(item as Map<unknown, unknown>)] : item
}
