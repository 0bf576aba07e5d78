import { Libp2pRecord } from '@libp2p/record'
import { decodeIpnsRecord, decodeRecord, encodeRecord } from '@recordkit/record-codec'
import { keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import { unmarshalIPNSRecord } from 'ipns'
import type { Contest, Line } from '../measure.ts'

const timeReceived = 1_790_000_000_123_456_789n

function record(size: number): { key: Uint8Array; value: Uint8Array; timeReceived: bigint } {
  return {
    key: new TextEncoder().encode('/ipns/0123456789012345678901234567890123'),
    value: new Uint8Array(size).fill(7),
    timeReceived
  }
}

function decoding(size: number): Contest {
  const bytes = encodeRecord(record(size)).slice()
  return { ours: () => decodeRecord(bytes), theirs: () => Libp2pRecord.deserialize(bytes) }
}

function encoding(size: number, into: boolean): Contest {
  const ours = record(size)
  const theirs = new Libp2pRecord(ours.key, ours.value, new Date(Number(timeReceived / 1_000_000n)))
  const buffer = new Uint8Array(2048)
  return { ours: into ? () => encodeRecord(ours, buffer) : () => encodeRecord(ours), theirs: () => theirs.serialize() }
}

async function parsing(v1Compatible: boolean): Promise<Contest> {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
  const bytes = await createIpnsRecord(
    { value: '/ipfs/bafkqaaa', sequence: 5n, validity: timeReceived },
    { signer, v1Compatible, now: 0n }
  )
  return { ours: () => decodeIpnsRecord(bytes), theirs: () => unmarshalIPNSRecord(bytes) }
}

export const codecLines: readonly Line[] = [
  { name: 'decode a Record, 64 B', other: '@libp2p/record', better: 'higher', target: 10, prepare: () => decoding(64) },
  {
    name: 'decode a Record, 1 KiB',
    other: '@libp2p/record',
    better: 'higher',
    target: 10,
    prepare: () => decoding(1024)
  },
  {
    name: 'encode a Record, fresh',
    other: '@libp2p/record',
    better: 'higher',
    target: 2.5,
    prepare: () => encoding(1024, false)
  },
  {
    name: 'encode a Record into a buffer',
    other: '@libp2p/record',
    better: 'higher',
    target: 10,
    prepare: () => encoding(1024, true)
  },
  {
    name: 'parse an IPNS record, V1+V2',
    other: 'ipns unmarshal',
    better: 'higher',
    target: 5,
    prepare: () => parsing(true)
  },
  {
    name: 'parse an IPNS record, V2-only',
    other: 'ipns unmarshal',
    better: 'higher',
    target: 5,
    prepare: () => parsing(false)
  }
]
