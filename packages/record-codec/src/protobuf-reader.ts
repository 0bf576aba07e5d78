import { checkSize, throwRecordError, throwAt } from './throw-record-error.ts'
import { emptyOffsets, readBytes } from './field-offsets.ts'
import type { FieldOffsets } from './field-offsets.ts'

/** A message whose fields are located, but not decoded. Returned by {@link readFields}. */
export interface ProtobufFields extends FieldOffsets {
  /** whether every field is known, and the fields are in the order of their numbers */
  readonly ordered: boolean
  /** whether no known field has its default value (empty, 0), which proto3 omits */
  readonly filled: boolean
  /** whether {@link readFieldsLeniently} located them: integers above 32 bits are then cut off */
  readonly lenient: boolean
}

/**
 * Maximum number of fields of a message, and of a group. No message of 128 KiB has more, and reading two million of them, in 4 MiB, would
 * take 0.1 s.
 */
const maxFields = 65_536

/**
 * Locates the fields of a message, strictly. Unknown fields are skipped.
 *
 * @param limit - maximum size in bytes, checked first
 * @param what - the name of the message in errors
 * @param tags - of the known fields, in the order of their numbers: eight times the number, plus 2 for bytes or 0 for
 * an integer. A field is then read by its index in `tags`.
 * @param repeats - whether the last known field may occur more than once
 * @throws RecordError `TOO_LARGE`, also for more than 65,536 fields; `PROTOBUF_WIRE_TYPE` for a known field of another wire type, and for a wire type
 * that does not exist; `PROTOBUF_REPEATED_FIELD`; `PROTOBUF_GROUP`; `PROTOBUF_FIELD_NUMBER` for 0 and above 2^29 - 1;
 * `PROTOBUF_TRUNCATED`; `PROTOBUF_VARINT` for a varint that is not minimal, longer than 10 bytes or above 64 bits;
 * `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const fields = readFields(message, 1024, 'message', [10, 16])
 * const name = readBytes(fields, 0)
 * const size = readUint64(fields, 1)
 * ```
 */
export function readFields(
  bytes: Uint8Array,
  limit: number,
  what: string,
  tags: readonly number[],
  repeats?: boolean
): ProtobufFields {
  return locateFields(bytes, limit, what, tags, repeats, false)
}

/**
 * Locates the fields of a message that no signature covers, as leniently as other implementations do, so that a message
 * that one of them accepts is not refused. Of a field that occurs several times the last one counts. A varint may have
 * any form of at most 10 bytes. Unknown fields, groups and known fields of another wire type are skipped. Never store or
 * forward the bytes that were read: encode the fields again.
 *
 * @param limit - maximum size in bytes, checked first
 * @param what - the name of the message in errors
 * @param tags - as in {@link readFields}
 * @param repeats - whether all occurrences of the last known field count; a number: how many of them, the first ones. Further
 * ones are skipped
 * @throws RecordError `TOO_LARGE`, also for more than 65,536 fields; `PROTOBUF_WIRE_TYPE` for a wire type that does not exist; `PROTOBUF_GROUP` for a group
 * that does not begin or end; `PROTOBUF_FIELD_NUMBER` for 0 and above 2^29 - 1; `PROTOBUF_TRUNCATED`; `PROTOBUF_VARINT` for
 * a varint longer than 10 bytes or above 64 bits; `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const fields = readFieldsLeniently(message, 1024, 'message', [10, 16])
 * const name = readBytes(fields, 0)
 * ```
 */
export function readFieldsLeniently(
  bytes: Uint8Array,
  limit: number,
  what: string,
  tags: readonly number[],
  repeats?: boolean | number
): ProtobufFields {
  return locateFields(bytes, limit, what, tags, repeats, true)
}

function locateFields(
  bytes: Uint8Array,
  limit: number,
  what: string,
  tags: readonly number[],
  repeats: boolean | number | undefined,
  lenient: boolean
): ProtobufFields {
  checkSize(bytes, limit, what)
  const offsets = emptyOffsets(tags.length)
  const most = typeof repeats === 'number' ? 2 * (tags.length - 1 + repeats) : Number.POSITIVE_INFINITY
  const { length } = bytes
  let ordered = true
  let filled = true
  let last = -1
  let count = 0
  for (let offset = 0; offset < length;) {
    const at = offset
    if (++count > maxFields) throwTooManyFields(what)
    // varints of one byte are read here: calling `readVarint` for each would double the time
    let tag = bytes[offset++]!
    if (tag > 127) {
      tag = readVarint(bytes, at, lenient)
      offset = varintEnd
      if (varintHigh > 0) throwAt('PROTOBUF_FIELD_NUMBER', at)
    }
    // most messages have their fields in the order of their numbers
    const index = tags[last + 1] === tag ? last + 1 : indexOf(tags, tag, at, lenient)
    const wireType = tag & 7
    // of bytes; of an integer, its lower and its upper half
    let start = offset
    let end = 0
    if (wireType === 2) {
      let size = bytes[offset++]!
      if (size > 127) {
        size = readVarint(bytes, start, lenient)
        offset = varintEnd
        if (varintHigh > 0) throwAt('PROTOBUF_TRUNCATED', at, tag >>> 3)
      }
      start = offset
      offset = end = start + size
    } else if (wireType === 0) {
      start = bytes[offset++]!
      if (!(start < 128)) {
        start = readVarint(bytes, offset - 1, lenient)
        end = varintHigh
        offset = varintEnd
      }
    } else if (wireType === 3) offset = skipGroup(bytes, offset, tag >>> 3, what)
    else offset += wireType > 2 ? 4 : 8
    // a missing size makes `offset` NaN
    if (!(offset <= length)) throwAt('PROTOBUF_TRUNCATED', at, tag >>> 3)
    ordered &&= index >= last && index >= 0
    last = index
    if (index < 0) continue
    filled &&= wireType > 0 ? end > start : start + end > 0
    let place = 2 * index
    if (offsets[place] !== undefined) {
      if (repeats && index === tags.length - 1) {
        place = offsets.length
        if (place >= most) continue
      } else if (!lenient) throwAt('PROTOBUF_REPEATED_FIELD', at, tag >>> 3)
    }
    offsets[place] = start | 0
    offsets[place + 1] = end | 0
  }
  return { bytes, buffer: bytes.buffer, offsets, ordered, filled, lenient }
}

/** Index of a tag among the known ones; -1 for a field that is skipped. */
function indexOf(tags: readonly number[], tag: number, at: number, lenient: boolean): number {
  const number = tag >>> 3
  const wireType = tag & 7
  if (number < 1) throwAt('PROTOBUF_FIELD_NUMBER', at)
  if (wireType === 4 || (wireType === 3 && !lenient)) throwAt('PROTOBUF_GROUP', at, number)
  const index = tags.indexOf(tag)
  if (wireType > 5 || (index < 0 && !lenient && tags.some((known) => known >>> 3 === number))) {
    throwAt('PROTOBUF_WIRE_TYPE', at, number)
  }
  return index
}

/**
 * Returns the offset after a group. A list of the groups that are open takes the place of recursion, which an attacker could
 * make as deep as the message is long.
 *
 * @param offset - after the tag that begins the group
 * @param number - of its field
 */
function skipGroup(bytes: Uint8Array, offset: number, number: number, what: string): number {
  const open = [number]
  for (let count = 0; open.length > 0; count++) {
    const at = offset
    if (count > maxFields) throwTooManyFields(what)
    if (at >= bytes.length) throwAt('PROTOBUF_GROUP', at, number)
    const tag = readVarint(bytes, at, true)
    const field = varintHigh * 2 ** 29 + (tag >>> 3)
    offset = varintEnd
    // within groups, Go accepts numbers of 31 bits
    if (field < 1 || field >= 2 ** 31) throwAt('PROTOBUF_FIELD_NUMBER', at)
    const wireType = tag & 7
    if (wireType > 5) throwAt('PROTOBUF_WIRE_TYPE', at, field)
    if (wireType === 3) open.push(field)
    else if (wireType === 4) {
      if (open.pop() !== field) throwAt('PROTOBUF_GROUP', at, field)
    } else if (wireType === 5) offset += 4
    else if (wireType === 1) offset += 8
    else {
      const size = readVarint(bytes, offset, true)
      offset = varintEnd
      if (wireType === 2) offset += varintHigh > 0 ? bytes.length : size
    }
    if (offset > bytes.length) throwAt('PROTOBUF_TRUNCATED', at, field)
  }
  return offset
}

function throwTooManyFields(what: string): never {
  throwRecordError('TOO_LARGE', `${what} has more than ${maxFields} fields`)
}

/**
 * Returns views of all occurrences of the last known field.
 *
 * @param index - of that field
 * @example
 * ```ts
 * const addresses = readRepeatedBytes(readFields(message, 8192, 'message', [10], true), 0)
 * ```
 */
export function readRepeatedBytes(fields: ProtobufFields, index: number): Uint8Array[] {
  const views: Uint8Array[] = []
  for (let view; (view = readBytes(fields, index)) !== undefined; index++) views.push(view)
  return views
}

/**
 * Returns a 32-bit integer field; `undefined` when the field is absent.
 *
 * @throws RecordError `PROTOBUF_VARINT` for a larger number, which is cut off when it was read leniently
 * @example
 * ```ts
 * const type = readUint32(readFields(message, 1024, 'message', [8]), 0) ?? 0
 * ```
 */
export function readUint32({ offsets, lenient }: ProtobufFields, index: number): number | undefined {
  const low = offsets[2 * index]
  if ((offsets[2 * index + 1] ?? 0) !== 0 && !lenient)
    throwRecordError('PROTOBUF_VARINT', 'protobuf field is above 32 bits')
  return low === undefined ? low : low >>> 0
}

/**
 * Returns a boolean field; `false` when the field is absent.
 *
 * @throws RecordError `PROTOBUF_VARINT` for anything but 0 and 1
 * @example
 * ```ts
 * const revoked = readBool(readFields(message, 1024, 'message', [8]), 0)
 * ```
 */
export function readBool(fields: ProtobufFields, index: number): boolean {
  const value = readUint32(fields, index) ?? 0
  if (value > 1) throwRecordError('PROTOBUF_VARINT', 'protobuf boolean is neither 0 nor 1')
  return value === 1
}

/**
 * More results of {@link readVarint}: the upper 32 bits, and the offset after the varint. They are module state because
 * an object for each varint makes decoding a signed record, with its 64-bit times, take 40 % longer. Read them right
 * after the call.
 */
let varintHigh = 0
let varintEnd = 0

/**
 * Reads the varint at `offset`. Returns the lower 32 bits; sets {@link varintHigh} and {@link varintEnd}.
 *
 * @param lenient - whether it may be longer than necessary
 * @throws RecordError `PROTOBUF_VARINT` when it is not minimal, longer than 10 bytes or above 64 bits;
 * `PROTOBUF_TRUNCATED`
 */
function readVarint(bytes: Uint8Array, offset: number, lenient: boolean): number {
  // two bytes, as most lengths that need more than one
  const first = bytes[offset]!
  const second = bytes[offset + 1]!
  if (first > 127 && second > 0 && second < 128) {
    varintHigh = 0
    varintEnd = offset + 2
    return (first & 127) | (second << 7)
  }
  let low = 0
  let high = 0
  let end = offset
  let byte
  let shift = 0
  do {
    if (end >= bytes.length) throwAt('PROTOBUF_TRUNCATED', offset)
    byte = bytes[end++]!
    const bits = byte & 127
    if (shift < 32) low |= bits << shift
    if (shift > 27) high |= shift > 28 ? bits << (shift - 32) : bits >> 4
    // the tenth byte has one bit; a last byte of 0 is superfluous
    if (shift > 62 ? byte > 1 || (byte === 0 && !lenient) : byte === 0 && shift > 0 && !lenient)
      throwAt('PROTOBUF_VARINT', offset)
    shift += 7
  } while (byte > 127)
  varintHigh = high >>> 0
  varintEnd = end
  return low >>> 0
}
