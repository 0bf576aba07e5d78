import { allocate } from '#memory'
import type { DecodeOptions } from './decode-options.ts'
import { checkBytes, checkObject, failArgument } from './throw-record-error.ts'
import { readBytes, view } from './field-offsets.ts'
import { readFields, readUint32 } from './protobuf-reader.ts'
import { checkUint32, fieldSize, filled, writeField, writeVarint } from './protobuf-writer.ts'
import { readTime, timeLength, writeTime } from './time.ts'

/** A record as the DHT carries it. */
export interface DhtRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** ns since the Unix epoch; stamped by whoever received it, never to be trusted from outside */
  readonly timeReceived?: bigint | undefined
  /** rust-libp2p's: an unauthenticated claim */
  readonly publisher?: Uint8Array | undefined
  /** rust-libp2p's, in seconds */
  readonly ttl?: number | undefined
}

/** A record with the largest default key and value fits in. */
const recordLimit = 67_584

/** Tags of key, value, timeReceived, publisher, ttl. */
const tags: readonly number[] = [10, 18, 42, 5330, 6216]

/**
 * Reads a protobuf `Record`, at most `options.limit` (66 KiB) bytes. `key`, `value` and `publisher` are views on
 * `bytes`; the historical fields `author` and `signature` and unknown ones are passed over.
 *
 * @throws RecordError `TOO_LARGE`, `TIME_INVALID`, `PROTOBUF_…`
 * @see libp2p kad-dht specification, "RPC messages"
 */
export function decodeRecord(bytes: Uint8Array, options?: DecodeOptions): DhtRecord {
  const fields = readFields(bytes, options?.limit ?? recordLimit, 'record', tags)
  const record: { -readonly [Name in keyof DhtRecord]: DhtRecord[Name] } = {
    key: readBytes(fields, 0) ?? view(bytes, 0, 0),
    value: readBytes(fields, 1) ?? view(bytes, 0, 0)
  }
  const [, , , , start = 0, end = 0] = fields.offsets
  const publisher = readBytes(fields, 3)
  const ttl = readUint32(fields, 4)
  // an empty string is what proto3 has for an absent one
  if (end > start) record.timeReceived = readTime(bytes, start, end)
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
  checkObject(record, 'record')
  const { timeReceived, publisher } = record
  const key = filled(record.key, 'key')
  const value = filled(record.value, 'value')
  const ttl = record.ttl === undefined ? undefined : checkUint32(record.ttl, 'ttl')
  const time = timeReceived === undefined ? 0 : timeLength(timeReceived)
  const size =
    fieldSize(10, key) +
    fieldSize(18, value) +
    (time > 0 ? 2 + time : 0) +
    fieldSize(5330, publisher) +
    fieldSize(6216, ttl)
  const out = into === undefined ? allocate(size) : into
  checkBytes(out, 'into')
  if (size > out.length) failArgument(`into is ${out.length} bytes; ${size} are needed`)
  let offset = writeField(out, 0, 10, key)
  offset = writeField(out, offset, 18, value)
  if (timeReceived !== undefined) {
    offset = writeVarint(out, writeVarint(out, offset, 42), time)
    writeTime(timeReceived, out, offset, (offset += time))
  }
  offset = writeField(out, offset, 5330, publisher)
  writeField(out, offset, 6216, ttl)
  return out.length === size ? out : view(out, 0, size)
}
