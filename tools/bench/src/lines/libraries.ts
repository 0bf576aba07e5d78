// General libraries for the same formats, and the fastest Ed25519 implementation available.
import { readFileSync } from 'node:fs'
import { decodeRecord, encodeIpnsData, encodeRecord } from '@recordkit/record-codec'
import { decodeCbor } from '@recordkit/record-codec/dag-cbor'
import { ed25519, keyPairFromSeed } from '@recordkit/record-crypto'
import { decode as decodeCborg } from 'cborg'
import protobufjs from 'protobufjs'
import sodium from 'sodium-native'
import type { Contest, Line } from '../measure.ts'

const record = {
  key: new TextEncoder().encode('/ipns/0123456789012345678901234567890123'),
  value: new Uint8Array(1024).fill(7),
  timeReceived: 1_790_000_000_123_456_789n
}

/** protobufjs leaves times as text and accepts repeated and misplaced fields. */
function withProtobufjs(): { readonly decode: Contest; readonly encode: Contest } {
  const schema = readFileSync(new URL('../../../../packages/record-codec/proto/record.proto', import.meta.url), 'utf8')
  const Record = protobufjs.parse(schema).root.lookupType('Record')
  const bytes = encodeRecord(record).slice()
  const message = Record.create({ ...record, timeReceived: '2026-09-21T14:13:20.123456789Z' })
  return {
    decode: { ours: () => decodeRecord(bytes), theirs: () => Record.decode(bytes) },
    encode: { ours: () => encodeRecord(record), theirs: () => Record.encode(message).finish() }
  }
}

function cbor(): Contest {
  const value = new TextEncoder().encode('/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')
  const bytes = encodeIpnsData({ value, validity: record.timeReceived, sequence: 5n, ttl: 300_000_000_000n })
  const strict = { strict: true, rejectDuplicateMapKeys: true }
  return { ours: () => decodeCbor(bytes), theirs: () => decodeCborg(bytes, strict) }
}

async function verifying(): Promise<Contest> {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
  const message = new Uint8Array(200).fill(3)
  const signature = await signer.sign(message)
  const publicKey = signer.publicKey.data
  const [theirMessage, theirSignature, theirKey] = [message, signature, publicKey].map((part) => Buffer.from(part)) as [
    Buffer,
    Buffer,
    Buffer
  ]
  return {
    ours: () => ed25519.verify(publicKey, message, signature),
    theirs: () => sodium.crypto_sign_verify_detached(theirSignature, theirMessage, theirKey)
  }
}

export const libraryLines: readonly Line[] = [
  {
    // protobufjs checks less and does not parse the time: the checks and the bigint may cost half of its speed
    name: 'decode a Record, 1 KiB, with its time',
    other: 'protobufjs, time as text',
    better: 'higher',
    target: 0.5,
    prepare: () => withProtobufjs().decode
  },
  {
    name: 'encode a Record, 1 KiB, with its time',
    other: 'protobufjs, time as text',
    better: 'higher',
    target: 1,
    prepare: () => withProtobufjs().encode
  },
  { name: 'decode the CBOR of an IPNS record', other: 'cborg, strict', better: 'higher', target: 0.9, prepare: cbor },
  {
    name: 'verify Ed25519',
    other: 'sodium-native',
    better: 'lower',
    target: 2.5,
    prepare: verifying
  }
]
