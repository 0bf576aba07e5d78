import { allocate } from '#memory'
import { limitOf } from './decode-options.ts'
import type { DecodeOptions } from './decode-options.ts'
import { checkBytes, checkObject, failArgument } from './throw-record-error.ts'
import { readBytes, view } from './field-offsets.ts'
import { readFieldsLeniently, readUint32 } from './protobuf-reader.ts'
import { checkUint32, fieldSize, filled, writeField, writeVarint } from './protobuf-writer.ts'
import { readTime, timeLength, writeTime } from './time.ts'

/** A record of a libp2p DHT. */
export interface DhtRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** ns since the Unix epoch, set by the peer that received the record: do not trust that of a remote peer */
  readonly timeReceived?: bigint | undefined
  /** written by rust-libp2p: an unauthenticated claim */
  readonly publisher?: Uint8Array | undefined
  /** seconds, written by rust-libp2p */
  readonly ttl?: number | undefined
}

/** The size of a record with the largest default key and value, rounded up. */
const recordLimit = 67_584

/** Tags of the fields, which are read by their index here. */
const tags: readonly number[] = [10, 18, 42, 5330, 6216]
const keyField = 0
const valueField = 1
const timeReceivedField = 2
const publisherField = 3
const ttlField = 4

/**
 * Decodes a protobuf `Record`, leniently: no signature covers it. Its byte fields are views of `bytes`. The historical fields
 * `author` and `signature`, and unknown fields, are skipped.
 *
 * @param bytes - protobuf `Record`, at most `options.limit` (66 KiB)
 * @throws RecordError `TOO_LARGE`, `TIME_INVALID`, `PROTOBUF_…`
 * @see libp2p kad-dht specification, "RPC messages"
 * @example
 * ```ts
 * const { key, value } = decodeRecord(bytes)
 * ```
 */
export function decodeRecord(bytes: Uint8Array, options?: DecodeOptions): DhtRecord {
  const fields = readFieldsLeniently(bytes, limitOf(options, recordLimit), 'record', tags)
  const record: { -readonly [Name in keyof DhtRecord]: DhtRecord[Name] } = {
    key: readBytes(fields, keyField) ?? view(bytes, 0, 0),
    value: readBytes(fields, valueField) ?? view(bytes, 0, 0)
  }
  const timeStart = fields.offsets[2 * timeReceivedField] ?? 0
  const timeEnd = fields.offsets[2 * timeReceivedField + 1] ?? 0
  const publisher = readBytes(fields, publisherField)
  const ttl = readUint32(fields, ttlField)
  // proto3 does not distinguish an empty string from an absent one
  if (timeEnd > timeStart) record.timeReceived = readTime(bytes, timeStart, timeEnd)
  if (publisher !== undefined) record.publisher = publisher
  if (ttl !== undefined) record.ttl = ttl
  return record
}

/**
 * Encodes a record, deterministically.
 *
 * @param into - memory to write to, from its beginning. @default new memory
 * @returns the new bytes, or a view of `into`
 * @throws RecordError `INVALID_ARGUMENT` for a field of the wrong type, and when `into` is too small
 * @example
 * ```ts
 * const bytes = encodeRecord({ key: parseRecordKey('/config/greeting'), value })
 * ```
 */
export function encodeRecord<Memory extends ArrayBufferLike = ArrayBuffer>(
  record: DhtRecord,
  into?: Uint8Array<Memory>
): Uint8Array<Memory> {
  checkObject(record, 'record')
  const { timeReceived, publisher } = record
  const key = filled(record.key, 'key')
  const value = filled(record.value, 'value')
  const ttl = record.ttl === undefined ? undefined : checkUint32(record.ttl, 'ttl')
  const timeSize = timeReceived === undefined ? 0 : timeLength(timeReceived)
  const size =
    fieldSize(10, key) +
    fieldSize(18, value) +
    (timeSize > 0 ? 2 + timeSize : 0) +
    fieldSize(5330, publisher) +
    fieldSize(6216, ttl)
  const out = into === undefined ? (allocate(size) as Uint8Array as Uint8Array<Memory>) : into
  checkBytes(out, 'into')
  if (size > out.length) failArgument(`into is ${out.length} bytes; ${size} are needed`)
  let offset = writeField(out, 0, 10, key)
  offset = writeField(out, offset, 18, value)
  if (timeReceived !== undefined) {
    offset = writeVarint(out, writeVarint(out, offset, 42), timeSize)
    writeTime(timeReceived, out, offset, (offset += timeSize))
  }
  offset = writeField(out, offset, 5330, publisher)
  writeField(out, offset, 6216, ttl)
  return out.length === size ? out : view(out, 0, size)
}
