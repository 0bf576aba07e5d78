import { checkSize, fail } from './fail.ts'
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
 * Goes to the next field; `false` at the end of the message.
 *
 * @throws RecordError `PROTOBUF_FIELD_NUMBER` for 0 and above 2^29 - 1, `PROTOBUF_GROUP`, `PROTOBUF_WIRE_TYPE` for
 * one that does not exist, and what {@link readVarint} throws
 */
export function nextField(reader: ProtobufReader): boolean {
  if (reader.offset >= reader.bytes.length) return false
  const start = reader.offset
  const tag = readVarint(reader)
  const wireType = tag & 7
  reader.field = tag >>> 3
  reader.wireType = wireType
  if (tag < 8 || reader.high !== 0) fail('PROTOBUF_FIELD_NUMBER', 'protobuf field number is 0 or above 2^29 - 1', start)
  if (wireType === 3 || wireType === 4) fail('PROTOBUF_GROUP', 'protobuf groups are not read', start)
  if (wireType > 5) failWireType(reader)
  return true
}

/**
 * Lower 32 bits of a varint; the upper are in `reader.high`.
 *
 * @throws RecordError `PROTOBUF_VARINT` when it is not minimal, longer than 10 bytes or above 64 bits;
 * `PROTOBUF_TRUNCATED`
 */
export function readVarint(reader: ProtobufReader): number {
  const { bytes } = reader
  const start = reader.offset
  let offset = start
  let low = 0
  let high = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[offset++]
    if (byte === undefined) failTruncated(start)
    if (shift < 28) low |= (byte & 127) << shift
    else if (shift > 28) high |= (byte & 127) << (shift - 32)
    else {
      low |= byte << 28
      high = (byte & 127) >> 4
    }
    if (shift === 63 && byte > 1) {
      fail('PROTOBUF_VARINT', 'varint is longer than 10 bytes or above 64 bits', start)
    }
    if (byte < 128) {
      if (byte === 0 && shift > 0) fail('PROTOBUF_VARINT', 'varint is not minimal', start)
      break
    }
  }
  reader.offset = offset
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
  if (reader.high !== 0) fail('PROTOBUF_VARINT', 'varint is above 32 bits', reader.offset)
  return value
}

/** @throws RecordError as {@link readUint32}, `PROTOBUF_VARINT` for anything but 0 and 1 */
export function readBool(reader: ProtobufReader): boolean {
  const value = readUint32(reader)
  if (value > 1) fail('PROTOBUF_VARINT', 'bool is neither 0 nor 1', reader.offset)
  return value === 1
}

/**
 * A view of a singular field of bytes, a string or a message.
 *
 * @throws RecordError `PROTOBUF_TRUNCATED`, `PROTOBUF_WIRE_TYPE`, `PROTOBUF_REPEATED_FIELD`, `PROTOBUF_VARINT`
 */
export function readBytes(reader: ProtobufReader): Uint8Array {
  const end = readEnd(reader)
  return reader.bytes.subarray(end - reader.high, end)
}

/** A view of one of a repeated field's values. @throws RecordError as {@link readBytes}, never for a repetition */
export function readRepeatedBytes(reader: ProtobufReader): Uint8Array {
  reader.seen &= ~(1 << reader.field)
  return readBytes(reader)
}

/**
 * Passes over a singular field of bytes and answers where it ends; its length is in `reader.high`. For those who read
 * the bytes where they are.
 */
export function readEnd(reader: ProtobufReader): number {
  once(reader, 2)
  return skipLength(reader)
}

/** Passes over a field that is not known. @throws RecordError `PROTOBUF_TRUNCATED`, `PROTOBUF_VARINT` */
export function skipField(reader: ProtobufReader): void {
  if (reader.wireType === 0) readVarint(reader)
  else if (reader.wireType === 2) skipLength(reader)
  else skipBytes(reader, reader.wireType === 1 ? 8 : 4)
}

function skipLength(reader: ProtobufReader): number {
  const length = readVarint(reader)
  if (reader.high !== 0) failTruncated(reader.offset)
  return skipBytes(reader, length)
}

function skipBytes(reader: ProtobufReader, length: number): number {
  const end = reader.offset + length
  if (end > reader.bytes.length) failTruncated(reader.offset)
  reader.high = length
  return (reader.offset = end)
}

/** That a known field has its wire type and did not stand before. */
function once(reader: ProtobufReader, wireType: number): void {
  if (reader.wireType !== wireType) failWireType(reader)
  const bit = 1 << reader.field
  if ((reader.seen & bit) !== 0) fail('PROTOBUF_REPEATED_FIELD', `field ${reader.field} stands twice`, reader.offset)
  reader.seen |= bit
}

function failWireType(reader: ProtobufReader): never {
  fail('PROTOBUF_WIRE_TYPE', `field ${reader.field} has wire type ${reader.wireType}`, reader.offset)
}

function failTruncated(offset: number): never {
  fail('PROTOBUF_TRUNCATED', 'protobuf message ends too early', offset)
}
