// Cold work: every call has a record, a key or a name that the calls before did not have, and sizes are mixed.
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { Libp2pRecord } from '@libp2p/record'
import { decodeIpnsRecord, decodeRecord, encodeRecord, ipnsRoutingKey } from '@recordkit/record-codec'
import { createIpnsRecord, keyPairFromSeed, openPeerRecord, sealPeerRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { ipns, resolveRecord, validateMany, ValidationEngine } from '@recordkit/record-validators'
import type { Algorithm } from '@recordkit/record-types'
import { hour } from '@recordkit/testing'
import { unmarshalIPNSRecord } from 'ipns'
import { ipnsSelector } from 'ipns/selector'
import { ipnsValidator } from 'ipns/validator'
import type { Contest, Line } from '../measure.ts'
import { mixedSize } from './stores.ts'

const now = BigInt(Date.now()) * 1_000_000n

/** Calls each side with one item after another, and with the first again after the last. */
function contestOf<Item>(
  items: readonly Item[],
  ours: (item: Item) => unknown,
  theirs: (item: Item) => unknown
): Contest {
  let [ourNext, theirNext] = [0, 0]
  return {
    ours: () => ours(items[ourNext++ % items.length] as Item),
    theirs: () => theirs(items[theirNext++ % items.length] as Item),
    // the garbage of one side, such as keys of node:crypto, must not be collected in the time of the other
    between: () => globalThis.gc?.()
  }
}

function listOf<Item>(count: number, make: (number: number) => Item): Item[] {
  return Array.from({ length: count }, (_, number) => make(number))
}

function signerOf(number: number): Promise<KeyPair> {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number + 1)
  return keyPairFromSeed(seed)
}

function decoding(): Contest {
  const records = listOf(20_000, (number) => {
    const key = new TextEncoder().encode(`/ipns/${String(number).padStart(34, '0')}`)
    const value = new Uint8Array(mixedSize(number)).fill(number)
    return encodeRecord({ key, value, timeReceived: now + BigInt(number) * 1_234_567n }).slice()
  })
  return contestOf(records, decodeRecord, (bytes) => Libp2pRecord.deserialize(bytes))
}

interface Entry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** An IPNS record of each of `count` authors. */
function ipnsEntries(count: number): Promise<Entry[]> {
  return Promise.all(
    listOf(count, async (number) => {
      const signer = await signerOf(number)
      const path = `/ipfs/bafkqaaa/${'a'.repeat(mixedSize(number) % 900)}`
      const value = await createIpnsRecord({ value: path, sequence: BigInt(number), validity: now + hour }, { signer })
      return { key: ipnsRoutingKey(signer.peerId), value }
    })
  )
}

async function parsing(): Promise<Contest> {
  const entries = await ipnsEntries(5000)
  return contestOf(
    entries,
    ({ value }) => decodeIpnsRecord(value),
    ({ value }) => unmarshalIPNSRecord(value)
  )
}

/** With a verdict cache that is smaller than every list of records here: it costs time, and has no hits. */
const engineOf = (algorithms?: readonly Algorithm[]): ValidationEngine =>
  new ValidationEngine([ipns({ algorithms })], { verdicts: 64 })

async function validating(algorithms?: readonly Algorithm[]): Promise<Contest> {
  const engine = engineOf(algorithms)
  const entries = await ipnsEntries(5000)
  return contestOf(
    entries,
    ({ key, value }) => engine.validate(key, value),
    ({ key, value }) => ipnsValidator(key, value)
  )
}

async function opening(): Promise<Contest> {
  const records = await Promise.all(
    listOf(3000, async (number) => {
      const signer = await signerOf(number)
      const addresses = listOf(1 + (number % 8), (port) =>
        Uint8Array.of(4, 10, 0, number >> 8, number & 255, 6, 16, port)
      )
      return sealPeerRecord({ peerId: signer.peerId, sequence: 7n, addresses }, { signer })
    })
  )
  return contestOf(records, openPeerRecord, async (bytes) => {
    const envelope = await RecordEnvelope.openAndCertify(bytes, PeerRecord.DOMAIN)
    return PeerRecord.createFromProtobuf(envelope.payload)
  })
}

async function batch(algorithms?: readonly Algorithm[]): Promise<Contest> {
  const engine = engineOf(algorithms)
  const entries = await ipnsEntries(6000)
  const batches = listOf(6, (number) => entries.slice(1000 * number, 1000 * (number + 1)))
  return contestOf(
    batches,
    (records) => validateMany(engine, records),
    async (records) => {
      for (const { key, value } of records) await ipnsValidator(key, value)
    }
  )
}

/**
 * Each look-up is of another name. The other side selects first and verifies one.
 *
 * @param distinct - number of different records among the 20 answers
 */
async function resolving(distinct: number): Promise<Contest> {
  const engine = engineOf()
  const lookUps = await Promise.all(
    listOf(400, async (number) => {
      const signer = await signerOf(number)
      const records = await Promise.all(
        listOf(distinct, (sequence) =>
          createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: BigInt(sequence), validity: now + hour }, { signer })
        )
      )
      const values = listOf(20, (answer) => (records[(answer + number) % distinct] as Uint8Array).slice())
      return { key: ipnsRoutingKey(signer.peerId), values }
    })
  )
  return contestOf(
    lookUps,
    ({ key, values }) => resolveRecord(engine, key, values),
    async ({ key, values }) => {
      const best = ipnsSelector(key, values)
      await ipnsValidator(key, values[best] as Uint8Array)
      return best
    }
  )
}

/** ms: long enough for each side to collect its own garbage several times */
const slice = 250

const line = (
  name: string,
  other: string,
  target: number,
  prepare: Line['prepare'],
  clock: Line['clock'] = 'cpu'
): Line => ({ name: `cold: ${name}`, other, better: 'higher', target, clock, slice, prepare })

export const coldLines: readonly Line[] = [
  line('decode 20,000 Records, 200 B to 10 KiB', '@libp2p/record', 5, decoding),
  line('parse IPNS records, 5,000 distinct', 'ipns unmarshal', 5, parsing),
  line('validate IPNS records, new keys', 'ipnsValidator', 1.3, () => validating()),
  line('open peer records, 3,000 keys', '@libp2p/peer-record', 1.3, opening),
  line('validate 1,000 IPNS records of new keys as a batch', 'ipnsValidator', 2, () => batch(), 'wall'),
  line('resolve 20 answers, 3 distinct, new names', 'ipnsSelector, then ipnsValidator', 3, () => resolving(3)),
  line('resolve 20 answers, 20 distinct, new names', 'ipnsSelector, then ipnsValidator', 3, () => resolving(20))
]

/** The lines of an implementation of Ed25519 that is chosen. */
export function coldLinesBy(
  algorithm: Algorithm,
  by: string,
  targets: { readonly one: number; readonly batch: number }
): Line[] {
  return [
    line(`validate IPNS records, new keys, by ${by}`, 'ipnsValidator', targets.one, () => validating([algorithm])),
    line(
      `validate 1,000 IPNS records of new keys as a batch, by ${by}`,
      'ipnsValidator',
      targets.batch,
      () => batch([algorithm]),
      'wall'
    )
  ]
}
