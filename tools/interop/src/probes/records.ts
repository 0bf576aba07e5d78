import { readFileSync } from 'node:fs'
import {
  decodePublicKey,
  decodeRecord,
  encodeEnvelope,
  encodePeerRecord,
  envelopeSigningInput,
  parseTime,
  peerRecordDomain,
  peerRecordPayloadType
} from '@recordkit/record-codec'
import { openEnvelope, openPeerRecord, peerIdFromPublicKey, sealEnvelope } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { equalBytes } from '@recordkit/record-types'
import type { KeyBook } from '@recordkit/record-types'
import { unhex, utf8 } from '../bytes.ts'
import { algorithms, judge, newEngine, newKeyPair } from '../own.ts'
import type { Probe } from './probe.ts'

const rules = new URL('../../../../vectors/rules/', import.meta.url)
const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, rules)))
const read = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, rules), 'utf8')) as T

interface IpnsCase {
  readonly id: string
  readonly file: string
  readonly routingKeyHex: string
  readonly keyBook: readonly { readonly publicKeyHex: string }[]
}

function* ipnsCases(): Generator<Probe> {
  for (const { id, file, routingKeyHex, keyBook } of read<{ cases: IpnsCase[] }>('ipns-validator-cases.json').cases) {
    const known = keyBook.map((entry) => entry.publicKeyHex)
    const book: KeyBook = {
      find: (peer) =>
        known.map((one) => decodePublicKey(unhex(one))).find((one) => equalBytes(peerIdFromPublicKey(one), peer))
    }
    const [key, record] = [unhex(routingKeyHex), bytesOf(file)]
    yield {
      title: `IPNS ${id}`,
      operation: 'ipns.judge',
      call: { bytes: { key, record }, lists: { keyBook: known } },
      ours: async () => 'accepted' in (await judge(key, record, newEngine(book)))
    }
  }
}

interface PublicKeyCase {
  readonly id: string
  readonly keyHex: string
  readonly valueHex: string
}

function* publicKeyCases(): Generator<Probe> {
  for (const { id, keyHex, valueHex } of read<{ cases: PublicKeyCase[] }>('pk-validator-cases.json').cases) {
    const [key, value] = [unhex(keyHex), unhex(valueHex)]
    yield {
      title: `/pk ${id}`,
      operation: 'pk.judge',
      call: { bytes: { key, value } },
      ours: async () => 'accepted' in (await judge(key, value))
    }
  }
}

const peerRecordProbe = (title: string, envelope: Uint8Array): Probe => ({
  title: `peer record: ${title}`,
  operation: 'peerRecord.open',
  call: { bytes: { envelope } },
  ours: () => openPeerRecord(envelope, { algorithms })
})

const seal = (signer: KeyPair, payload: Uint8Array, payloadType = peerRecordPayloadType): Promise<Uint8Array> =>
  sealEnvelope({ domain: peerRecordDomain, payloadType, payload }, { signer })

async function* peerRecords(): AsyncGenerator<Probe> {
  const signer = await newKeyPair('Ed25519')
  const other = await newKeyPair('Ed25519')
  const address = new Uint8Array([4, 127, 0, 0, 1, 6, 0x0f, 0xa1])
  const record = (addresses: Uint8Array[], peerId = signer.peerId): Uint8Array =>
    encodePeerRecord({ peerId, sequence: 1n, addresses })
  const good = record([address])
  yield peerRecordProbe('good', await seal(signer, good))
  yield peerRecordProbe('signed by another peer than its subject', await seal(other, good))
  yield peerRecordProbe('with another payload type', await seal(signer, good, utf8('/libp2p/routing-state-record')))
  yield peerRecordProbe('with an unknown field', await seal(signer, new Uint8Array([...good, 0x20, 1])))
  yield peerRecordProbe('with two sequences', await seal(signer, new Uint8Array([...good, 0x10, 2])))
  yield peerRecordProbe(
    'with an invalid address',
    await seal(signer, new Uint8Array([...good, 0x1a, 4, 0x0a, 2, 0xff, 0xff]))
  )
  yield peerRecordProbe('with an empty address', await seal(signer, new Uint8Array([...good, 0x1a, 2, 0x0a, 0])))
  yield peerRecordProbe('64 addresses', await seal(signer, record(Array.from({ length: 64 }, () => address))))
  const many = new Uint8Array([...good, ...Array.from({ length: 64 }, () => [0x1a, 10, 0x0a, 8, ...address]).flat()])
  yield peerRecordProbe('65 addresses', await seal(signer, many))
  yield peerRecordProbe('without a peer ID', await seal(signer, new Uint8Array([0x10, 1])))
  for (const name of ['ok', 'ok-no-addrs', 'payload-altered', 'signature-empty', 'unregistered-type', 'truncated']) {
    yield peerRecordProbe(`vector ${name}`, bytesOf(`envelope/${name}.bin`))
  }
}

async function* envelopes(): AsyncGenerator<Probe> {
  const signer = await newKeyPair('Ed25519')
  const [domain, payloadType, payload] = ['recordkit-interop', utf8('/type'), utf8('payload')]
  const probe = (title: string, envelope: Uint8Array): Probe => ({
    title: `envelope: ${title}`,
    operation: 'envelope.open',
    call: { bytes: { envelope, payloadType }, texts: { domain } },
    ours: () => openEnvelope(envelope, { domain, payloadType, algorithms })
  })
  const sealed = await sealEnvelope({ domain, payloadType, payload }, { signer })
  yield probe('good', sealed)
  const another = utf8('/other')
  yield probe('with another payload type', await sealEnvelope({ domain, payloadType: another, payload }, { signer }))
  yield probe('with an unknown field at the end', new Uint8Array([...sealed, 0x30, 1]))
  yield probe('with two payloads', new Uint8Array([0x1a, 1, 0x78, ...sealed]))
  yield probe('truncated', sealed.subarray(0, -1))
  yield probe('without a public key', sealed.subarray(38))
  const signature = await signer.sign(envelopeSigningInput(domain, payloadType, payload))
  const { publicKey } = signer
  const parts = encodeEnvelope({ publicKey, payloadType, payload, signature })
  const key = parts.subarray(0, 38)
  yield probe('with its fields in another order', new Uint8Array([...parts.subarray(38), ...key]))
  const swapped = new Uint8Array([0x12, 32, ...publicKey.data, 8, 1])
  yield probe('with a key that is not canonical', new Uint8Array([0x0a, 36, ...swapped, ...parts.subarray(38)]))
  const large = new Uint8Array(70_000)
  yield probe('of 70 000 bytes', await unlimited(signer, domain, payloadType, large))
  yield probe(
    'with an empty payload',
    await sealEnvelope({ domain, payloadType, payload: new Uint8Array() }, { signer })
  )
}

/** An envelope of any size. */
async function unlimited(
  signer: KeyPair,
  domain: string,
  payloadType: Uint8Array,
  payload: Uint8Array
): Promise<Uint8Array> {
  const signature = await signer.sign(envelopeSigningInput(domain, payloadType, payload))
  return encodeEnvelope({ publicKey: signer.publicKey, payloadType, payload, signature })
}

const recordProbe = (title: string, record: Uint8Array): Probe => ({
  title: `Record: ${title}`,
  operation: 'record.decode',
  call: { bytes: { record } },
  ours: () => decodeRecord(record)
})

function* dhtRecords(): Generator<Probe> {
  const good = [0x0a, 1, 0x6b, 0x12, 1, 0x76]
  const withTime = (text: string): Uint8Array => new Uint8Array([...good, 0x2a, text.length, ...utf8(text)])
  yield recordProbe('good', new Uint8Array(good))
  yield recordProbe('with author and signature', new Uint8Array([...good, 0x1a, 1, 0x61, 0x22, 1, 0x62]))
  yield recordProbe('with two values', new Uint8Array([...good, 0x12, 1, 0x77]))
  yield recordProbe('with its value as a varint', new Uint8Array([0x0a, 1, 0x6b, 0x10, 1]))
  yield recordProbe('with a length that is not minimal', new Uint8Array([0x0a, 0x81, 0, 0x6b, 0x12, 1, 0x76]))
  yield recordProbe('with a length past the end', new Uint8Array([0x0a, 9, 0x6b]))
  yield recordProbe('with a group', new Uint8Array([...good, 0x33, 0x34]))
  yield recordProbe('with field number 0', new Uint8Array([...good, 0x02, 0]))
  yield recordProbe('with an unknown field', new Uint8Array([...good, 0x30, 1]))
  yield recordProbe('with an invalid time', withTime('yesterday'))
  yield recordProbe('with a time with an offset', withTime('2026-01-01T00:00:00+02:00'))
}

const timeProbe = (text: string): Probe => ({
  title: `time ${text}`,
  operation: 'time.parse',
  call: { texts: { text } },
  ours: () => parseTime(text)
})

const times = [
  '2026-01-01T00:00:00Z',
  '2026-01-01T00:00:00.1234567891Z',
  '2026-01-01T00:00:00,5Z',
  '2026-01-01t00:00:00z',
  '2026-01-01 00:00:00Z',
  '2026-01-01T00:00:00',
  '2026-01-01T0:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T23:59:60Z',
  '2026-02-30T00:00:00Z',
  '2026-01-01T00:00:00+24:00',
  '2026-01-01T00:00:00+23:60',
  '2026-01-01T00:00:00.Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '1969-12-31T23:59:59Z'
]

export async function* recordProbes(): AsyncGenerator<Probe> {
  yield* ipnsCases()
  yield* publicKeyCases()
  yield* peerRecords()
  yield* envelopes()
  yield* dhtRecords()
  for (const text of times) yield timeProbe(text)
}
