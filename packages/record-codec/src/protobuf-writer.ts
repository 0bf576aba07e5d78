import { allocate } from '#memory'
import { isBytes } from '@recordkit/record-types/internal'
import { checkBigint, checkBytes, failType } from './throw-record-error.ts'
import { highOf, lowOf } from './uint64.ts'

/** The value of a field; `undefined` omits the field. Numbers are 32-bit integers that the caller has checked. */
export type ProtobufValue = Uint8Array | bigint | number | undefined

/**
 * Encodes a message.
 *
 * @param fields - tags and values in turn, in the order of the field numbers. A tag is eight times the number, plus 2
 * for bytes or 0 for an integer.
 * @param spare - bytes to leave free after the message. @default 0
 * @param memory - allocates the result. @default memory that, in Node, may share an `ArrayBuffer` with other messages
 * @throws RecordError `INVALID_ARGUMENT` when a value does not fit its tag
 * @example
 * ```ts
 * const message = writeFields([10, new TextEncoder().encode('a name'), 16, 7n])
 * ```
 */
export function writeFields<Memory extends ArrayBufferLike = ArrayBuffer>(
  fields: readonly ProtobufValue[],
  spare: number = 0,
  memory: (size: number) => Uint8Array<Memory> = allocate as (size: number) => Uint8Array<Memory>
): Uint8Array<Memory> {
  let size = spare
  for (let index = 0; index < fields.length; index += 2) size += fieldSize(fields[index] as number, fields[index + 1])
  const out = memory(size)
  let offset = 0
  for (let index = 0; index < fields.length; index += 2) {
    offset = writeField(out, offset, fields[index] as number, fields[index + 1])
  }
  return out
}

/**
 * Returns `bytes`, or `undefined` when they are empty: proto3 omits empty fields.
 *
 * @param what - the name of the field in errors
 * @throws RecordError `INVALID_ARGUMENT` when `bytes` is not a `Uint8Array`
 * @example
 * ```ts
 * const message = writeFields([10, filled(name, 'name')])
 * ```
 */
export function filled(bytes: Uint8Array, what: string): Uint8Array | undefined {
  checkBytes(bytes, what)
  return bytes.length > 0 ? bytes : undefined
}

/**
 * Returns `number`, or `undefined` when it is 0: proto3 omits fields that are 0.
 *
 * @param what - the name of the field in errors
 * @throws RecordError `INVALID_ARGUMENT` when `number` is not a bigint
 * @example
 * ```ts
 * const message = writeFields([8, nonzero(sequence, 'sequence')])
 * ```
 */
export function nonzero(number: bigint, what: string): bigint | undefined {
  checkBigint(number, what)
  return number === 0n ? undefined : number
}

/**
 * Returns `number` when it is an unsigned 32-bit integer.
 *
 * @param what - the name of the field in errors
 * @throws RecordError `INVALID_ARGUMENT` for anything else
 * @example
 * ```ts
 * const message = writeFields([8, checkUint32(ttl, 'ttl')])
 * ```
 */
export function checkUint32(number: number, what: string): number {
  if (typeof number !== 'number' || number >>> 0 !== number) {
    failType(number, what, 'an integer from 0 to 2^32 - 1')
  }
  return number
}

/** Size of an encoded field. @throws RecordError `INVALID_ARGUMENT` when the value does not fit the tag */
export function fieldSize(tag: number, value: ProtobufValue): number {
  if (value === undefined) return 0
  if (tag % 8 !== 2) {
    return (
      varintSize(tag) +
      (typeof value === 'number' ? varintSize(value) : varintSize(lowOf(value as bigint), highOf(value as bigint)))
    )
  }
  if (!isBytes(value)) failType(value, 'field ' + (tag >>> 3), 'a Uint8Array')
  const { length } = value
  return varintSize(tag) + varintSize(length) + length
}

/** Writes a field that {@link fieldSize} has checked. Returns the offset after it. */
export function writeField(out: Uint8Array, offset: number, tag: number, value: ProtobufValue): number {
  if (value === undefined) return offset
  offset = writeVarint(out, offset, tag)
  if (typeof value === 'number') return writeVarint(out, offset, value)
  if (typeof value === 'bigint') return writeVarint(out, offset, lowOf(value), highOf(value))
  offset = writeVarint(out, offset, value.length)
  out.set(value, offset)
  return offset + value.length
}

/** Size of a varint, whose number is given in two halves. */
export function varintSize(low: number, high = 0): number {
  if (high > 0) return high < 8 ? 5 : 5 + varintSize(high >>> 3)
  let size = 1
  for (; low > 127; low >>>= 7) size++
  return size
}

/** Writes a varint, whose number is given in two halves. Returns the offset after it. */
export function writeVarint(out: Uint8Array, offset: number, low: number, high = 0): number {
  while (low > 127 || high > 0) {
    out[offset++] = low | 128
    low = ((low >>> 7) | (high << 25)) >>> 0
    high >>>= 7
  }
  out[offset] = low
  return offset + 1
}
