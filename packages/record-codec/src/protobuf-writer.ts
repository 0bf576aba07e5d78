import { allocate } from '#memory'
import { checkBytes, failArgument } from './fail.ts'
import { highOf, lowOf } from './uint64.ts'

/** What a field is to hold; it is left out when there is nothing. Numbers are integers of 32 bits and checked before. */
export type ProtobufValue = Uint8Array | bigint | number | undefined

/**
 * Encodes a message into new bytes, or to the beginning of `into`.
 *
 * @param fields - tags and values in turn, by the fields' numbers; a tag is eight times the number, and 2 for bytes, 0
 * for an integer
 * @param spare - bytes to leave free behind the message
 * @returns the new bytes, or a view on `into`
 * @throws RecordError `INVALID_ARGUMENT` when a value does not fit its tag or `into` is too small; nothing is written then
 */
export function writeFields(fields: readonly ProtobufValue[], into?: Uint8Array, spare: number = 0): Uint8Array {
  const size = write(fields, undefined) + spare
  if (into === undefined) into = allocate(size)
  else {
    checkBytes(into, 'into')
    if (size > into.length) failArgument(`into is ${into.length} bytes; ${size} are needed`)
  }
  write(fields, into)
  return into.length === size ? into : into.subarray(0, size)
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

/** Writes a varint given in halves, and answers where it ends. */
export function writeVarint(out: Uint8Array | undefined, offset: number, low: number, high = 0): number {
  while (low > 127 || high > 0) {
    if (out !== undefined) out[offset] = low | 128
    offset++
    low = ((low >>> 7) | (high << 25)) >>> 0
    high >>>= 7
  }
  if (out !== undefined) out[offset] = low
  return offset + 1
}

/** Writes the fields, or without `out` only checks them, and answers where they end. */
function write(fields: readonly ProtobufValue[], out: Uint8Array | undefined): number {
  let offset = 0
  for (let index = 0; index < fields.length; index += 2) {
    const tag = fields[index] as number
    const value = fields[index + 1]
    if (value === undefined) continue
    offset = writeVarint(out, offset, tag)
    if (tag % 8 === 2) {
      if (!(value instanceof Uint8Array)) failArgument(`field ${tag >>> 3} must be a Uint8Array`)
      offset = writeVarint(out, offset, value.length)
      if (out !== undefined) out.set(value, offset)
      offset += value.length
    } else if (typeof value === 'number') {
      offset = writeVarint(out, offset, value)
    } else {
      const high = highOf(value as bigint)
      offset = writeVarint(out, offset, lowOf(value as bigint), high)
    }
  }
  return offset
}
