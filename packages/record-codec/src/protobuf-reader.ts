import type { CodecErrorCode } from '@recordkit/record-types'
import { checkSize, failAt } from './fail.ts'
import { joinUint64 } from './uint64.ts'

/**
 * A place in a protobuf message that is being read. Made by {@link openProtobuf}, moved by {@link nextField} and the
 * `read…` functions.
 */
export interface ProtobufReader {
  readonly bytes: Uint8Array
  offset: number
  /** number and wire type of the field that is read next */
  field: number
  wireType: number
  /** singular fields read so far, a bit each: numbers of one message must differ modulo 32 */
  seen: number
  /** upper 32 bits of the last varint */
  high: number
}

/**
 * Begins to read a message.
 *
 * @param limit - in bytes, checked before anything else
 * @param what - names the message in an error
 * @throws RecordError `TOO_LARGE`; `INVALID_ARGUMENT` when `bytes` is no `Uint8Array`
 */
export function openProtobuf(bytes: Uint8Array, limit: number, what: string): ProtobufReader {
  checkSize(bytes, limit, what)
  return { bytes, offset: 0, field: 0, wireType: 0, seen: 0, high: 0 }
}

/**
 * Goes to the next field and answers its number; 0 at the end of the message.
 *
 * @throws RecordError `PROTOBUF_FIELD_NUMBER` for 0 and above 2^29 - 1, `PROTOBUF_GROUP`, `PROTOBUF_WIRE_TYPE` for
 * one that does not exist, and what {@link readVarint} throws
 */
export function nextField(reader: ProtobufReader): number {
  if (reader.offset >= reader.bytes.length) return 0
  const tag = readVarint(reader)
  const wireType = tag & 7
  reader.field = tag >>> 3
  reader.wireType = wireType
  if (tag < 8 || reader.high > 0) failHere(reader, 'PROTOBUF_FIELD_NUMBER')
  if (wireType > 2 && wireType !== 5) failHere(reader, wireType < 5 ? 'PROTOBUF_GROUP' : 'PROTOBUF_WIRE_TYPE')
  return reader.field
}

/**
 * Lower 32 bits of a varint; the upper are in `reader.high`.
 *
 * @throws RecordError `PROTOBUF_VARINT` when it is not minimal, longer than 10 bytes or above 64 bits;
 * `PROTOBUF_TRUNCATED`
 */
export function readVarint(reader: ProtobufReader): number {
  const { bytes } = reader
  const first = bytes[reader.offset]!
  if (first < 128) {
    reader.offset++
    reader.high = 0
    return first
  }
  let low = 0
  let high = 0
  let byte
  let shift = 0
  do {
    if (reader.offset >= bytes.length) failHere(reader, 'PROTOBUF_TRUNCATED')
    byte = bytes[reader.offset++]!
    if (shift < 35) low |= (byte & 127) << shift
    if (shift === 28) high = (byte & 127) >> 4
    else if (shift > 28) high |= (byte & 127) << (shift - 32)
    // the tenth byte holds one bit; a last byte of 0 could have been left out
    if (shift === 63 ? byte !== 1 : shift > 0 && byte === 0) failHere(reader, 'PROTOBUF_VARINT')
    shift += 7
  } while (byte > 127)
  reader.high = high >>> 0
  return low >>> 0
}

/** @throws RecordError as {@link readVarint}, `PROTOBUF_WIRE_TYPE`, `PROTOBUF_REPEATED_FIELD` */
export function readUint64(reader: ProtobufReader): bigint {
  once(reader, 0)
  const low = readVarint(reader)
  return joinUint64(reader.high, low)
}

/** @throws RecordError as {@link readUint64}, `PROTOBUF_VARINT` above 32 bits */
export function readUint32(reader: ProtobufReader): number {
  once(reader, 0)
  const value = readVarint(reader)
  if (reader.high > 0) failHere(reader, 'PROTOBUF_VARINT')
  return value
}

/** @throws RecordError as {@link readUint32}, `PROTOBUF_VARINT` for anything but 0 and 1 */
export function readBool(reader: ProtobufReader): boolean {
  const value = readUint32(reader)
  if (value > 1) failHere(reader, 'PROTOBUF_VARINT')
  return value === 1
}

/**
 * A view of a singular field of bytes, a string or a message.
 *
 * @throws RecordError `PROTOBUF_TRUNCATED`, `PROTOBUF_WIRE_TYPE`, `PROTOBUF_REPEATED_FIELD`, `PROTOBUF_VARINT`
 */
export function readBytes(reader: ProtobufReader): Uint8Array {
  const start = readStart(reader)
  return reader.bytes.subarray(start, reader.offset)
}

/** A view of one of a repeated field's values. @throws RecordError as {@link readBytes}, never for a repetition */
export function readRepeatedBytes(reader: ProtobufReader): Uint8Array {
  reader.seen &= ~(1 << reader.field)
  return readBytes(reader)
}

/**
 * Passes over a singular field of bytes and answers where they begin; they end at `reader.offset`. For those who read
 * the bytes where they are.
 */
export function readStart(reader: ProtobufReader): number {
  once(reader, 2)
  return skip(reader, readVarint(reader))
}

/** Passes over a field that is not known. @throws RecordError `PROTOBUF_TRUNCATED`, `PROTOBUF_VARINT` */
export function skipField(reader: ProtobufReader): void {
  const { wireType } = reader
  const length = wireType === 1 ? 8 : wireType === 5 ? 4 : readVarint(reader)
  if (wireType > 0) skip(reader, length)
}

/** Goes on by a length whose upper half is in `reader.high`, and answers where it began. */
function skip(reader: ProtobufReader, length: number): number {
  const start = reader.offset
  reader.offset += length
  if (reader.high > 0 || reader.offset > reader.bytes.length) failHere(reader, 'PROTOBUF_TRUNCATED')
  return start
}

/** That a known field has its wire type and did not stand before. */
function once(reader: ProtobufReader, wireType: number): void {
  if (reader.wireType !== wireType) failHere(reader, 'PROTOBUF_WIRE_TYPE')
  const bit = 1 << reader.field
  if (reader.seen & bit) failHere(reader, 'PROTOBUF_REPEATED_FIELD')
  reader.seen |= bit
}

function failHere(reader: ProtobufReader, code: CodecErrorCode): never {
  failAt(code, reader.offset, ` in field ${reader.field}`)
}
