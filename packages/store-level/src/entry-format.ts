import type { ProtobufFields, ProtobufValue } from '@recordkit/record-codec/protobuf'
import { readBool, readBytes, readFields, readUint32, readUint64, writeFields } from '@recordkit/record-codec/protobuf'
import type { HighWaterMark, StoredRecord } from '@recordkit/record-store'
import { RecordError } from '@recordkit/record-types'
import { checksum } from './checksum.ts'
import { readUint32At, writeUint32 } from './level-layout.ts'

/**
 * An entry in the database is a protobuf message (below), followed by the CRC-32 of the full key and the message. The
 * checksum detects damaged entries, and entries stored under another key.
 *
 * ```
 * message Record   { bytes rank = 1; bytes value = 2; uint64 time_received = 3; uint64 expires = 4; bytes digest = 5;
 *                    bytes author = 6; bytes sender = 7; bool local = 8; bool marked = 9;
 *                    uint64 published = 10; }
 * message Mark     { bytes rank = 1; bytes digest = 2; uint64 until = 3; uint64 ordinal = 4; }
 * message Counters { uint64 entries = 1; uint64 bytes = 2; uint64 marks = 3; uint64 ordinal = 4; }
 * message Header   { bytes name = 1; uint32 version = 2; }
 * ```
 */
export interface RecordForm {
  readonly record: StoredRecord
  /** whether the key of the record has a mark too */
  readonly marked: boolean
}

/** A mark with its ordinal: the number of marks that were set before it. Version 1 of the format has no ordinals. */
export interface MarkForm {
  readonly mark: HighWaterMark
  readonly ordinal: number
}

export interface Counters {
  readonly entries: number
  readonly bytes: number
  readonly marks: number
  /** ordinal of the next mark */
  readonly ordinal: number
}

export interface Header {
  readonly name: Uint8Array
  readonly version: number
}

const checksumSize = 4

export function encodeRecordForm(fullKey: Uint8Array, { record, marked }: RecordForm): Uint8Array {
  const { rank, value, timeReceived, expires, digest, author, sender, local, published } = record
  const fields = [10, rank, 18, value, 24, timeReceived, 32, expires, 42, digest, 50, author, 58, sender]
  if (local === true) fields.push(64, 1)
  if (marked) fields.push(72, 1)
  return encodeEntry(fullKey, [...fields, 80, published])
}

/** @throws RecordError `STORE_CORRUPT` */
export function decodeRecordForm(fullKey: Uint8Array, bytes: Uint8Array): RecordForm {
  return decodeEntry(fullKey, bytes, [10, 18, 24, 32, 42, 50, 58, 64, 72, 80], (fields) => {
    const [rank, value, digest, author, sender] = [0, 1, 4, 5, 6].map((index) => readBytes(fields, index))
    const [timeReceived, expires, published] = [2, 3, 9].map((index) => readTime(fields, index))
    if (rank === undefined || value === undefined || timeReceived === undefined) {
      throw new Error('rank, value or time is missing')
    }
    const record: { -readonly [Field in keyof StoredRecord]: StoredRecord[Field] } = {
      key: fullKey.subarray(1),
      rank,
      value,
      timeReceived
    }
    if (expires !== undefined) record.expires = expires
    if (digest !== undefined) record.digest = digest
    if (author !== undefined) record.author = author
    if (sender !== undefined) record.sender = sender
    if (readBool(fields, 7)) record.local = true
    if (published !== undefined) record.published = published
    return { record, marked: readBool(fields, 8) }
  })
}

export function encodeMark(fullKey: Uint8Array, { mark: { rank, digest, until }, ordinal }: MarkForm): Uint8Array {
  return encodeEntry(fullKey, [10, rank, 18, digest, 24, until, 32, BigInt(ordinal)])
}

/** @throws RecordError `STORE_CORRUPT` */
export function decodeMark(fullKey: Uint8Array, bytes: Uint8Array): MarkForm {
  return decodeEntry(fullKey, bytes, [10, 18, 24, 32], (fields) => {
    const [rank, digest, until] = [readBytes(fields, 0), readBytes(fields, 1), readTime(fields, 2)]
    if (rank === undefined || until === undefined) throw new Error('rank or time is missing')
    const mark = { key: fullKey.subarray(1), rank, until, ...(digest !== undefined && { digest }) }
    return { mark, ordinal: Number(readUint64(fields, 3)) }
  })
}

export function encodeCounters(fullKey: Uint8Array, { entries, bytes, marks, ordinal }: Counters): Uint8Array {
  return encodeEntry(fullKey, [8, BigInt(entries), 16, BigInt(bytes), 24, BigInt(marks), 32, BigInt(ordinal)])
}

/** @throws RecordError `STORE_CORRUPT` */
export function decodeCounters(fullKey: Uint8Array, bytes: Uint8Array): Counters {
  return decodeEntry(fullKey, bytes, [8, 16, 24, 32], (fields) => {
    const [entries = 0, size = 0, marks = 0, ordinal = 0] = [0, 1, 2, 3].map((index) =>
      Number(readUint64(fields, index))
    )
    return { entries, bytes: size, marks, ordinal }
  })
}

export function encodeHeader(fullKey: Uint8Array, { name, version }: Header): Uint8Array {
  return encodeEntry(fullKey, [10, name, 16, version])
}

/** @throws RecordError `STORE_CORRUPT` */
export function decodeHeader(fullKey: Uint8Array, bytes: Uint8Array): Header {
  return decodeEntry(fullKey, bytes, [10, 16], (fields) => {
    const name = readBytes(fields, 0)
    if (name === undefined) throw new Error('name is missing')
    return { name, version: readUint32(fields, 1) ?? 0 }
  })
}

/** Decodes an entry; `undefined` when it is missing or cannot be read. */
export function tryDecode<Form>(
  decode: (fullKey: Uint8Array, bytes: Uint8Array) => Form,
  fullKey: Uint8Array,
  bytes: Uint8Array | undefined
): Form | undefined {
  try {
    return bytes === undefined ? undefined : decode(fullKey, bytes)
  } catch {
    return undefined
  }
}

function encodeEntry(fullKey: Uint8Array, fields: readonly ProtobufValue[]): Uint8Array {
  const bytes = writeFields(fields, checksumSize)
  const end = bytes.length - checksumSize
  writeUint32(bytes, end, checksum(bytes, end, checksum(fullKey)))
  return bytes
}

function decodeEntry<Form>(
  fullKey: Uint8Array,
  bytes: Uint8Array,
  tags: readonly number[],
  read: (fields: ProtobufFields) => Form
): Form {
  try {
    const end = bytes.length - checksumSize
    if (end < 0) throw new Error(`it has ${bytes.length} bytes; at least ${checksumSize} are expected`)
    if (readUint32At(bytes, end) !== checksum(bytes, end, checksum(fullKey)))
      throw new Error('its checksum does not match its key and bytes')
    return read(readFields(bytes.subarray(0, end), end, 'a stored entry', tags))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RecordError('STORE_CORRUPT', `a stored entry cannot be read: ${reason}`, {
      cause,
      key: new Uint8Array(fullKey.subarray(1))
    })
  }
}

function readTime(fields: ProtobufFields, index: number): bigint | undefined {
  return fields.offsets[2 * index] === undefined ? undefined : readUint64(fields, index)
}
