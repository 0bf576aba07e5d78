import { decodeRecord, decodeUvarint, peerIdToString } from '@recordkit/record-codec'
import { readBytes, readFieldsLeniently, readRepeatedBytes, readUint32 } from '@recordkit/record-codec/protobuf'
import { isRecordError, limits, RecordError } from '@recordkit/record-types'
import type { InspectContext, Inspection } from './inspection.ts'
import { accepted, keyText, timeText, unverified, verdictOf } from './inspection.ts'
import { base64, textOf } from './text.ts'

/** Explains a value that stands under a key. */
export type InspectValue = (value: Uint8Array, context: InspectContext) => Promise<Inspection>

/**
 * Explains a record of a DHT, and the value in it.
 *
 * @throws RecordError the codes of `decodeRecord`; `RECORD_KEY_INVALID` when it does not have a key such as `/ipns/…`
 */
export async function inspectDhtRecord(
  bytes: Uint8Array,
  context: InspectContext,
  inspectValue: InspectValue
): Promise<Inspection> {
  const { key, value, timeReceived, publisher, ttl } = decodeRecord(bytes, { limit: limits.dhtMessage })
  const second = key.indexOf(0x2f, 1)
  if (key[0] !== 0x2f || second < 2 || second === key.length - 1 || textOf(key.subarray(0, second)) === null)
    throw new RecordError('RECORD_KEY_INVALID', 'the record does not have a key such as /ipns/…', { key })
  return {
    kind: 'dht-record',
    key: keyText(key),
    keyBytes: base64(key),
    timeReceived: timeReceived === undefined ? null : timeText(timeReceived),
    publisher: publisher === undefined ? null : base64(publisher),
    ttl: ttl ?? null,
    value: await inspectValue(value, context),
    size: bytes.length,
    ...(await verdictOf(context, key, value))
  }
}

const messageTypes = ['PUT_VALUE', 'GET_VALUE', 'ADD_PROVIDER', 'GET_PROVIDERS', 'FIND_NODE', 'PING']
/** peers of one list that are shown */
const maxPeers = 100

/**
 * Explains a message of the Kademlia DHT, with or without its length before it.
 *
 * @throws RecordError `TOO_LARGE`, `PROTOBUF_…`
 */
export async function inspectDhtMessage(
  bytes: Uint8Array,
  context: InspectContext,
  inspectValue: InspectValue
): Promise<Inspection> {
  const message = withoutLength(bytes)
  const read = (tags: readonly number[], most = 0) =>
    readFieldsLeniently(message, limits.dhtMessage, 'DHT message', tags, most)
  const fields = read([8, 18, 26, 10])
  const type = readUint32(fields, 0) ?? 0
  // the first field of a record or an envelope is bytes
  const isOther = readBytes(fields, 3) !== undefined
  const key = readBytes(fields, 1)
  const record = readBytes(fields, 2)
  if (isOther || messageTypes[type] === undefined || (key === undefined && record === undefined && type !== 5))
    throw new RecordError('PROTOBUF_FIELD_NUMBER', 'the message has no type that is known, and no key')
  const inner = record === undefined ? null : await inspectRecordIn(record, context, inspectValue)
  return {
    kind: 'dht-message',
    type: messageTypes[type],
    key: key === undefined ? null : readableKey(key),
    keyBytes: key === undefined ? null : base64(key),
    record: inner,
    closerPeers: peersIn(readRepeatedBytes(read([66], maxPeers), 0)),
    providers: peersIn(readRepeatedBytes(read([74], maxPeers), 0)),
    size: bytes.length,
    ...(inner === null
      ? accepted
      : { status: inner.status, code: inner['code'] ?? null, message: inner['message'] ?? null })
  }
}

async function inspectRecordIn(
  record: Uint8Array,
  context: InspectContext,
  inspectValue: InspectValue
): Promise<Inspection> {
  try {
    return await inspectDhtRecord(record, context, inspectValue)
  } catch (error) {
    if (!isRecordError(error)) throw error
    return { kind: 'dht-record', ...unverified(error.code, error.message) }
  }
}

/** A message on a stream has its length before it. */
function withoutLength(bytes: Uint8Array): Uint8Array {
  try {
    const { value, end } = decodeUvarint(bytes)
    if (Number(value) === bytes.length - end && end < bytes.length) return bytes.subarray(end)
  } catch (error) {
    if (!isRecordError(error)) throw error
  }
  return bytes
}

function readableKey(key: Uint8Array): string {
  if (key[0] === 0x2f) return keyText(key)
  return peerText(key)
}

function peersIn(peers: readonly Uint8Array[]): string[] {
  return peers.map((peer) => {
    const id = readBytes(readFieldsLeniently(peer, limits.dhtMessage, 'peer', [10]), 0)
    return id === undefined ? 'a peer without an ID' : peerText(id)
  })
}

function peerText(id: Uint8Array): string {
  try {
    return peerIdToString(id)
  } catch {
    return base64(id)
  }
}
