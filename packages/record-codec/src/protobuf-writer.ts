import { allocate } from '#memory'
import { checkBytes, failArgument } from './throw-record-error.ts'
import { highOf, lowOf } from './uint64.ts'

/** What a field is to hold; it is left out when there is nothing. Numbers are integers of 32 bits and checked before. */
export type ProtobufValue = Uint8Array | bigint | number | undefined

/**
 * Encodes a message.
 *
 * @param fields - tags and values in turn, by the fields' numbers; a tag is eight times the number, and 2 for bytes, 0
 * for an integer
 * @param spare - bytes to leave free behind the message
 * @param memory - where it goes
 * @throws RecordError `INVALID_ARGUMENT` when a value does not fit its tag
 */
export function writeFields(
  fields: readonly ProtobufValue[],
  spare: number = 0,
  memory: (size: number) => Uint8Array = allocate
): Uint8Array {
  let size = spare
  for (let index = 0; index < fields.length; index += 2) size += fieldSize(fields[index] as number, fields[index + 1])
  const out = memory(size)
  let offset = 0
  for (let index = 0; index < fields.length; index += 2) {
    offset = writeField(out, offset, fields[index] as number, fields[index + 1])
  }
  return out
}

/** `bytes`, or nothing when they are empty: what proto3 leaves out. @throws RecordError `INVALID_ARGUMENT` */
export function filled(bytes: Uint8Array, what: string): Uint8Array | undefined {
  checkBytes(bytes, what)
  return bytes.length > 0 ? bytes : undefined
}

/** `number`, or nothing when it is 0: what proto3 leaves out. @throws RecordError `INVALID_ARGUMENT` */
export function nonzero(number: bigint, what: string): bigint | undefined {
  if (typeof number !== 'bigint') failArgument(what + ' must be a bigint')
  return number === 0n ? undefined : number
}

/** Hands back an integer of 32 bits. @throws RecordError `INVALID_ARGUMENT` for anything else */
export function checkUint32(number: number, what: string): number {
  if (typeof number !== 'number' || number >>> 0 !== number)
    failArgument(what + ' must be an integer from 0 to 2^32 - 1')
  return number
}

/** Bytes that a field takes. @throws RecordError `INVALID_ARGUMENT` when the value does not fit the tag */
export function fieldSize(tag: number, value: ProtobufValue): number {
  if (value === undefined) return 0
  if (tag % 8 !== 2) {
    return (
      varintSize(tag) +
      (typeof value === 'number' ? varintSize(value) : varintSize(lowOf(value as bigint), highOf(value as bigint)))
    )
  }
  if (!(value instanceof Uint8Array)) failArgument(`field ${tag >>> 3} must be a Uint8Array`)
  const { length } = value
  return varintSize(tag) + varintSize(length) + length
}

/** Writes a field that has been measured, and answers where it ends. */
export function writeField(out: Uint8Array, offset: number, tag: number, value: ProtobufValue): number {
  if (value === undefined) return offset
  offset = writeVarint(out, offset, tag)
  if (typeof value === 'number') return writeVarint(out, offset, value)
  if (typeof value === 'bigint') return writeVarint(out, offset, lowOf(value), highOf(value))
  offset = writeVarint(out, offset, value.length)
  out.set(value, offset)
  return offset + value.length
}

/** Bytes that a varint given in halves takes. */
export function varintSize(low: number, high = 0): number {
  if (high > 0) return high < 8 ? 5 : 5 + varintSize(high >>> 3)
  let size = 1
  for (; low > 127; low >>>= 7) size++
  return size
}

/** Writes a varint given in halves, and answers where it ends. */
export function writeVarint(out: Uint8Array, offset: number, low: number, high = 0): number {
  while (low > 127 || high > 0) {
    out[offset++] = low | 128
    low = ((low >>> 7) | (high << 25)) >>> 0
    high >>>= 7
  }
  out[offset] = low
  return offset + 1
}
