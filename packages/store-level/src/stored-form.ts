import type { Mark, StoredRecord } from '@recordkit/record-types'
import type { ProtobufReader } from '@recordkit/record-codec/protobuf'
import {
  encodeProtobuf,
  nextField,
  openProtobuf,
  readBool,
  readBytes,
  readUint32 as readNumber,
  readUint64,
  skipField,
  writeBytes,
  writeUint32 as writeNumber,
  writeUint64
} from '@recordkit/record-codec/protobuf'
import { RecordError } from '@recordkit/record-types'
import { checksum } from './checksum.ts'
import { readUint32, writeUint32 } from './level-layout.ts'

/**
 * The stored form of an entry: a protobuf message (below) and the CRC-32 of the entry's whole key and the message, so
 * that a damaged entry is found, and one that stands under another's key.
 *
 * ```
 * message Record   { bytes rank = 1; bytes value = 2; uint64 time_received = 3; uint64 expires = 4; bytes digest = 5;
 *                    bytes author = 6; bytes sender = 7; bool local = 8; bool marked = 9;
 *                    uint64 published = 10; }
 * message Mark     { bytes rank = 1; bytes digest = 2; uint64 until = 3; }
 * message Counters { uint64 entries = 1; uint64 bytes = 2; uint64 marks = 3; }
 * message Header   { bytes name = 1; uint32 version = 2; }
 * ```
 */
export interface RecordForm {
  readonly record: StoredRecord
  /** a mark stands beside the record */
  readonly marked: boolean
}

export interface Counters {
  readonly entries: number
  readonly bytes: number
  readonly marks: number
}

export interface Header {
  readonly name: Uint8Array
  readonly version: number
}

const checksumSize = 4

export function encodeRecordForm(fullKey: Uint8Array, form: RecordForm): Uint8Array {
  return sealed(fullKey, writeRecordForm, form)
}

/** @throws RecordError `STORE_CORRUPT` */
export function decodeRecordForm(fullKey: Uint8Array, bytes: Uint8Array): RecordForm {
  return opened(fullKey, bytes, (reader) => {
    const record: { -readonly [Field in keyof StoredRecord]?: StoredRecord[Field] } = { key: fullKey.subarray(1) }
    let marked = false
    while (nextField(reader)) {
      if (reader.field === 1) record.rank = readBytes(reader)
      else if (reader.field === 2) record.value = readBytes(reader)
      else if (reader.field === 3) record.timeReceived = readUint64(reader)
      else if (reader.field === 4) record.expires = readUint64(reader)
      else if (reader.field === 5) record.digest = readBytes(reader)
      else if (reader.field === 6) record.author = readBytes(reader)
      else if (reader.field === 7) record.sender = readBytes(reader)
      else if (reader.field === 8) record.local = readBool(reader)
      else if (reader.field === 9) marked = readBool(reader)
      else if (reader.field === 10) record.published = readUint64(reader)
      else skipField(reader)
    }
    if (record.rank === undefined || record.value === undefined || record.timeReceived === undefined) {
      throw new Error('rank, value or time is missing')
    }
    return { record: record as StoredRecord, marked }
  })
}

export function encodeMark(fullKey: Uint8Array, mark: Mark): Uint8Array {
  return sealed(fullKey, writeMark, mark)
}

/** @throws RecordError `STORE_CORRUPT` */
export function decodeMark(fullKey: Uint8Array, bytes: Uint8Array): Mark {
  return opened(fullKey, bytes, (reader) => {
    const mark: { -readonly [Field in keyof Mark]?: Mark[Field] } = { key: fullKey.subarray(1) }
    while (nextField(reader)) {
      if (reader.field === 1) mark.rank = readBytes(reader)
      else if (reader.field === 2) mark.digest = readBytes(reader)
      else if (reader.field === 3) mark.until = readUint64(reader)
      else skipField(reader)
    }
    if (mark.rank === undefined || mark.until === undefined) throw new Error('rank or time is missing')
    return mark as Mark
  })
}

export function encodeCounters(fullKey: Uint8Array, counters: Counters): Uint8Array {
  return sealed(fullKey, writeCounters, counters)
}

/** @throws RecordError `STORE_CORRUPT` */
export function decodeCounters(fullKey: Uint8Array, bytes: Uint8Array): Counters {
  return opened(fullKey, bytes, (reader) => {
    const counters = { entries: 0, bytes: 0, marks: 0 }
    while (nextField(reader)) {
      if (reader.field === 1) counters.entries = Number(readUint64(reader))
      else if (reader.field === 2) counters.bytes = Number(readUint64(reader))
      else if (reader.field === 3) counters.marks = Number(readUint64(reader))
      else skipField(reader)
    }
    return counters
  })
}

export function encodeHeader(fullKey: Uint8Array, header: Header): Uint8Array {
  return sealed(fullKey, writeHeader, header)
}

/** @throws RecordError `STORE_CORRUPT` */
export function decodeHeader(fullKey: Uint8Array, bytes: Uint8Array): Header {
  return opened(fullKey, bytes, (reader) => {
    let name: Uint8Array | undefined
    let version = 0
    while (nextField(reader)) {
      if (reader.field === 1) name = readBytes(reader)
      else if (reader.field === 2) version = readNumber(reader)
      else skipField(reader)
    }
    if (name === undefined) throw new Error('name is missing')
    return { name, version }
  })
}

type Write<Form> = (form: Form, out: Uint8Array | undefined, offset: number) => number

function sealed<Form extends object>(fullKey: Uint8Array, write: Write<Form>, form: Form): Uint8Array {
  const bytes = encodeProtobuf((message: Form, out, offset) => write(message, out, offset) + checksumSize, form)
  const end = bytes.length - checksumSize
  writeUint32(bytes, end, checksum(bytes, end, checksum(fullKey)))
  return bytes
}

function opened<Form>(fullKey: Uint8Array, bytes: Uint8Array, read: (reader: ProtobufReader) => Form): Form {
  try {
    const end = bytes.length - checksumSize
    if (end < 0) throw new Error(`it is ${bytes.length} bytes; at least ${checksumSize} are needed`)
    if (readUint32(bytes, end) !== checksum(bytes, end, checksum(fullKey)))
      throw new Error('its checksum is not that of its key and bytes')
    return read(openProtobuf(bytes.subarray(0, end), end, 'a stored entry'))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RecordError('STORE_CORRUPT', `a stored entry cannot be read: ${reason}`, {
      cause,
      key: new Uint8Array(fullKey.subarray(1))
    })
  }
}

function writeRecordForm({ record, marked }: RecordForm, out: Uint8Array | undefined, offset: number): number {
  offset = writeBytes(out, offset, 1, record.rank)
  offset = writeBytes(out, offset, 2, record.value)
  offset = writeUint64(out, offset, 3, record.timeReceived)
  if (record.expires !== undefined) offset = writeUint64(out, offset, 4, record.expires)
  if (record.digest !== undefined) offset = writeBytes(out, offset, 5, record.digest)
  if (record.author !== undefined) offset = writeBytes(out, offset, 6, record.author)
  if (record.sender !== undefined) offset = writeBytes(out, offset, 7, record.sender)
  if (record.local === true) offset = writeNumber(out, offset, 8, 1)
  if (marked) offset = writeNumber(out, offset, 9, 1)
  if (record.published !== undefined) offset = writeUint64(out, offset, 10, record.published)
  return offset
}

function writeMark(mark: Mark, out: Uint8Array | undefined, offset: number): number {
  offset = writeBytes(out, offset, 1, mark.rank)
  if (mark.digest !== undefined) offset = writeBytes(out, offset, 2, mark.digest)
  return writeUint64(out, offset, 3, mark.until)
}

function writeCounters(counters: Counters, out: Uint8Array | undefined, offset: number): number {
  offset = writeUint64(out, offset, 1, BigInt(counters.entries))
  offset = writeUint64(out, offset, 2, BigInt(counters.bytes))
  return writeUint64(out, offset, 3, BigInt(counters.marks))
}

function writeHeader(header: Header, out: Uint8Array | undefined, offset: number): number {
  offset = writeBytes(out, offset, 1, header.name)
  return writeNumber(out, offset, 2, header.version)
}
