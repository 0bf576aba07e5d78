import { checkSize, fail, failAt } from './fail.ts'
import { joinUint64 } from './uint64.ts'

/** A message whose fields have been found, and not yet read. Made by {@link readFields}, read by `…Of`. */
export interface ProtobufFields {
  readonly bytes: Uint8Array
  /** two numbers a field: where its bytes begin and end, or the lower and upper half of its integer */
  readonly places: readonly (number | undefined)[]
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
  const places: number[] = []
  let ordered = true
  let filled = true
  let last = -1
  for (let offset = 0; offset < bytes.length;) {
    const at = offset
    const tag = readVarint(bytes, at)
    const number = tag >>> 3
    const wireType = tag & 7
    if (number < 1 || varintHigh > 0) failAt('PROTOBUF_FIELD_NUMBER', at)
    const index = tags.indexOf(tag)
    if (wireType === 3 || wireType === 4) failAt('PROTOBUF_GROUP', at, number)
    if (wireType > 5 || (index < 0 && tags.some((known) => known >>> 3 === number)))
      failAt('PROTOBUF_WIRE_TYPE', at, number)
    let from = varintEnd
    let to = from + (wireType > 2 ? 4 : 8)
    if (wireType % 2 === 0) {
      const low = readVarint(bytes, from)
      from = wireType > 0 ? varintEnd : low
      to = wireType > 0 ? varintEnd + low + varintHigh * 0x100000000 : varintHigh
    }
    offset = wireType > 0 ? to : varintEnd
    if (offset > bytes.length) failAt('PROTOBUF_TRUNCATED', at, number)
    ordered &&= index >= last && index >= 0
    last = index
    if (index < 0) continue
    filled &&= wireType > 0 ? to > from : from + to > 0
    let place = 2 * index
    if (places[place] !== undefined) {
      if (!repeats || index < tags.length - 1) failAt('PROTOBUF_REPEATED_FIELD', at, number)
      place = places.length
    }
    places[place] = from
    places[place + 1] = to
  }
  return { bytes, places, ordered, filled }
}

/** A view of a field of bytes, a string or a message, by the index of its tag; `undefined` when it is absent. */
export function bytesOf({ bytes, places }: ProtobufFields, index: number): Uint8Array | undefined {
  const from = places[2 * index]
  return from === undefined ? undefined : bytes.subarray(from, places[2 * index + 1])
}

/** Views of the repeated field, which is the last one. */
export function repeatedBytesOf(fields: ProtobufFields, index: number): Uint8Array[] {
  const views: Uint8Array[] = []
  for (let view; (view = bytesOf(fields, index)) !== undefined; index++) views.push(view)
  return views
}

/** An integer of 64 bits; 0 when it is absent. */
export function uint64Of({ places }: ProtobufFields, index: number): bigint {
  return joinUint64(places[2 * index + 1] ?? 0, places[2 * index] ?? 0)
}

/** An integer of 32 bits. @throws RecordError `PROTOBUF_VARINT` above */
export function uint32Of({ places }: ProtobufFields, index: number): number | undefined {
  if ((places[2 * index + 1] ?? 0) > 0) fail('PROTOBUF_VARINT', 'PROTOBUF_VARINT above 32 bits')
  return places[2 * index]
}

/** `false` when it is absent. @throws RecordError `PROTOBUF_VARINT` for anything but 0 and 1 */
export function boolOf(fields: ProtobufFields, index: number): boolean {
  const value = uint32Of(fields, index) ?? 0
  if (value > 1) fail('PROTOBUF_VARINT', 'PROTOBUF_VARINT is no boolean')
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
  varintEnd = offset + 1
  varintHigh = 0
  let byte = bytes[offset]!
  if (byte < 128) return byte
  // 28 bits each, the last ones 8
  const parts: [number, number, number] = [byte & 127, 0, 0]
  let index = 0
  do {
    if (varintEnd >= bytes.length) failAt('PROTOBUF_TRUNCATED', offset)
    byte = bytes[varintEnd++]!
    index++
    parts[(index >> 2) as 0 | 1 | 2] |= (byte & 127) << (7 * (index & 3))
  } while (byte > 127 && index < 9)
  // the tenth byte holds one bit; a last byte of 0 could have been left out
  if (byte < 1 || byte > (index > 8 ? 1 : 127)) failAt('PROTOBUF_VARINT', offset)
  varintHigh = ((parts[1] >> 4) | (parts[2] << 24)) >>> 0
  return (parts[0] | (parts[1] << 28)) >>> 0
}
