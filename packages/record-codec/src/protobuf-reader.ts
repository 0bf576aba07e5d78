import { checkSize, throwRecordError, throwAt } from './throw-record-error.ts'
import { readBytes, emptyOffsets } from './field-offsets.ts'
import type { FieldOffsets } from './field-offsets.ts'

/** A message whose fields have been found, and not yet read. Made by {@link readFields}, read by `…Of`. */
export interface ProtobufFields extends FieldOffsets {
  /** whether every field is known and they stand in the order of their numbers */
  readonly ordered: boolean
  /** whether none of the known ones is empty or 0, which proto3 leaves out */
  readonly filled: boolean
}

/**
 * Finds the fields of a message, strictly.
 *
 * @param limit - in bytes, checked before anything else
 * @param what - names the message in an error
 * @param tags - of the fields that are known, in the order of their numbers: eight times the number, and 2 for bytes,
 * 0 for an integer. Fields with other numbers are passed over.
 * @param repeats - whether the last of them may stand more than once
 * @throws RecordError `TOO_LARGE`; `PROTOBUF_WIRE_TYPE` for a known field of another wire type and one that does not
 * exist, `PROTOBUF_REPEATED_FIELD`, `PROTOBUF_GROUP`, `PROTOBUF_FIELD_NUMBER` for 0 and above 2^29 - 1,
 * `PROTOBUF_TRUNCATED`, and what {@link readVarint} throws; `INVALID_ARGUMENT` when `bytes` is no `Uint8Array`
 */
export function readFields(
  bytes: Uint8Array,
  limit: number,
  what: string,
  tags: readonly number[],
  repeats?: boolean
): ProtobufFields {
  checkSize(bytes, limit, what)
  const offsets = emptyOffsets(tags.length)
  const { length } = bytes
  let ordered = true
  let filled = true
  let last = -1
  for (let offset = 0; offset < length;) {
    const at = offset
    // numbers of one byte are read here: a call for each would take as long as all the rest
    let tag = bytes[offset++]!
    if (tag > 127) {
      tag = readVarint(bytes, at)
      offset = varintEnd
      if (varintHigh > 0) throwAt('PROTOBUF_FIELD_NUMBER', at)
    }
    // mostly in the order of their numbers
    const index = tags[last + 1] === tag ? last + 1 : indexOf(tags, tag, at)
    const wireType = tag & 7
    let from = offset
    let to = 0
    if (wireType === 2) {
      let size = bytes[offset++]!
      if (size > 127) {
        size = readVarint(bytes, from)
        offset = varintEnd
        if (varintHigh > 0) throwAt('PROTOBUF_TRUNCATED', at, tag >>> 3)
      }
      from = offset
      offset = to = from + size
    } else if (wireType === 0) {
      from = bytes[offset++]!
      if (!(from < 128)) {
        from = readVarint(bytes, offset - 1)
        to = varintHigh
        offset = varintEnd
      }
    } else offset += wireType > 2 ? 4 : 8
    // a size that is not there makes it no number
    if (!(offset <= length)) throwAt('PROTOBUF_TRUNCATED', at, tag >>> 3)
    ordered &&= index >= last && index >= 0
    last = index
    if (index < 0) continue
    filled &&= wireType > 0 ? to > from : from + to > 0
    let place = 2 * index
    if (offsets[place] !== undefined) {
      if (!repeats || index < tags.length - 1) throwAt('PROTOBUF_REPEATED_FIELD', at, tag >>> 3)
      place = offsets.length
    }
    offsets[place] = from | 0
    offsets[place + 1] = to | 0
  }
  return { bytes, buffer: bytes.buffer, offsets, ordered, filled }
}

/** Where the tag just read stands among those known; -1 for a field that is not. */
function indexOf(tags: readonly number[], tag: number, at: number): number {
  const number = tag >>> 3
  const wireType = tag & 7
  if (number < 1) throwAt('PROTOBUF_FIELD_NUMBER', at)
  if (wireType === 3 || wireType === 4) throwAt('PROTOBUF_GROUP', at, number)
  const index = tags.indexOf(tag)
  if (wireType > 5 || (index < 0 && tags.some((known) => known >>> 3 === number))) {
    throwAt('PROTOBUF_WIRE_TYPE', at, number)
  }
  return index
}

/** Views of the repeated field, which is the last one. */
export function readRepeatedBytes(fields: ProtobufFields, index: number): Uint8Array[] {
  const views: Uint8Array[] = []
  for (let view; (view = readBytes(fields, index)) !== undefined; index++) views.push(view)
  return views
}

/** An integer of 32 bits. @throws RecordError `PROTOBUF_VARINT` above */
export function readUint32({ offsets }: ProtobufFields, index: number): number | undefined {
  const low = offsets[2 * index]
  if ((offsets[2 * index + 1] ?? 0) !== 0) throwRecordError('PROTOBUF_VARINT', 'PROTOBUF_VARINT above 32 bits')
  return low === undefined ? low : low >>> 0
}

/** `false` when it is absent. @throws RecordError `PROTOBUF_VARINT` for anything but 0 and 1 */
export function readBool(fields: ProtobufFields, index: number): boolean {
  const value = readUint32(fields, index) ?? 0
  if (value > 1) throwRecordError('PROTOBUF_VARINT', 'PROTOBUF_VARINT is no boolean')
  return value === 1
}

/** Of the varint read last: its upper 32 bits, and where it ends. For whoever reads them at once. */
let varintHigh = 0
let varintEnd = 0

/**
 * Lower 32 bits of the varint at `offset`.
 *
 * @throws RecordError `PROTOBUF_VARINT` when it is not minimal, longer than 10 bytes or above 64 bits;
 * `PROTOBUF_TRUNCATED`
 */
function readVarint(bytes: Uint8Array, offset: number): number {
  // as most lengths that do not fit into one byte
  const second = bytes[offset + 1]!
  if (second > 0 && second < 128) {
    varintHigh = 0
    varintEnd = offset + 2
    return (bytes[offset]! & 127) | (second << 7)
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
    // the tenth byte holds one bit; a last byte of 0 could have been left out
    if (shift > 62 ? byte !== 1 : byte === 0 && shift > 0) throwAt('PROTOBUF_VARINT', offset)
    shift += 7
  } while (byte > 127)
  varintHigh = high >>> 0
  varintEnd = end
  return low >>> 0
}
