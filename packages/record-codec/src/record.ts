import type { DecodeOptions } from './decode-options.ts'
import { nextField, openProtobuf, readBytes, readStart, readUint32, skipField } from './protobuf-reader.ts'
import { encodeProtobuf, writeBytes, writeFilledBytes, writeUint32, writeVarint } from './protobuf-writer.ts'
import { readTime, writeTime } from './time.ts'

/** A record as the DHT carries it. */
export interface DhtRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** ns since the Unix epoch; stamped by whoever received it, never to be trusted from outside */
  readonly timeReceived?: bigint
  /** rust-libp2p's: an unauthenticated claim */
  readonly publisher?: Uint8Array
  /** rust-libp2p's, in seconds */
  readonly ttl?: number
}

/** A record with the largest default key and value fits in. */
const recordLimit = 67_584

/**
 * Reads a protobuf `Record`, at most `options.limit` (66 KiB) bytes. `key`, `value` and `publisher` are views on
 * `bytes`; the historical fields `author` and `signature` and unknown ones are passed over.
 *
 * @throws RecordError `TOO_LARGE`, `TIME_INVALID`, `PROTOBUF_…`
 * @see libp2p kad-dht specification, "RPC messages"
 */
export function decodeRecord(bytes: Uint8Array, options?: DecodeOptions): DhtRecord {
  const reader = openProtobuf(bytes, options?.limit ?? recordLimit, 'record')
  let key: Uint8Array | undefined
  let value: Uint8Array | undefined
  let timeReceived: bigint | undefined
  let publisher: Uint8Array | undefined
  let ttl: number | undefined
  for (let field; (field = nextField(reader)) > 0;) {
    if (field === 1) key = readBytes(reader)
    else if (field === 2) value = readBytes(reader)
    else if (field === 5) {
      const start = readStart(reader)
      // an empty string is what proto3 has for an absent one
      if (reader.offset > start) timeReceived = readTime(bytes, start, reader.offset)
    } else if (field === 666) publisher = readBytes(reader)
    else if (field === 777) ttl = readUint32(reader)
    else skipField(reader)
  }
  const record: { -readonly [Name in keyof DhtRecord]: DhtRecord[Name] } = {
    key: key ?? bytes.subarray(0, 0),
    value: value ?? bytes.subarray(0, 0)
  }
  if (timeReceived !== undefined) record.timeReceived = timeReceived
  if (publisher !== undefined) record.publisher = publisher
  if (ttl !== undefined) record.ttl = ttl
  return record
}

/**
 * Encodes a record, deterministically.
 *
 * @param into - written to from its beginning instead of new memory
 * @returns the new bytes, or a view on `into`
 * @throws RecordError `INVALID_ARGUMENT` for a field of the wrong type or when `into` is too small
 */
export function encodeRecord(record: DhtRecord, into?: Uint8Array): Uint8Array {
  return encodeProtobuf(writeRecord, record, into)
}

function writeRecord(record: DhtRecord, out: Uint8Array | undefined, offset: number): number {
  const { timeReceived, publisher, ttl } = record
  offset = writeFilledBytes(out, offset, 1, record.key)
  offset = writeFilledBytes(out, offset, 2, record.value)
  if (timeReceived !== undefined) {
    const start = writeVarint(out, offset, 42) + 1
    offset = writeTime(out, start, timeReceived)
    // at most 30 bytes, so its length is one byte
    if (out !== undefined) out[start - 1] = offset - start
  }
  if (publisher !== undefined) offset = writeBytes(out, offset, 666, publisher)
  if (ttl !== undefined) offset = writeUint32(out, offset, 777, ttl)
  return offset
}
