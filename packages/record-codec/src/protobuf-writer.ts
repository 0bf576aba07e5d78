import { encodeFresh } from '#memory'
import { checkBytes, checkObject, failArgument } from './fail.ts'
import { highOf, lowOf } from './uint64.ts'

/**
 * Writes the fields of `message` in the order of their numbers, beginning at `offset`, and answers where they end.
 * Called without `out` first, to check the fields and to learn how many bytes are needed at the most.
 */
export type WriteMessage<Message> = (message: Message, out: Uint8Array | undefined, offset: number) => number

/**
 * Encodes a message into new bytes, or to the beginning of `into`.
 *
 * @returns the new bytes, or a view on `into`
 * @throws RecordError `INVALID_ARGUMENT` when a field has the wrong type or `into` is too small; nothing is written then
 */
export function encodeProtobuf<Message extends object>(
  write: WriteMessage<Message>,
  message: Message,
  into?: Uint8Array
): Uint8Array {
  const bound = measureProtobuf(write, message)
  if (into === undefined) return encodeFresh(write, message, bound)
  checkBytes(into, 'into')
  let end
  if (bound > into.length) {
    const bytes = encodeFresh(write, message, bound)
    end = bytes.length
    if (end > into.length) failArgument(`into is ${into.length} bytes; ${end} are needed`)
    into.set(bytes)
  } else end = write(message, into, 0)
  return into.subarray(0, end)
}

/** Bytes that a message takes at the most. @throws RecordError `INVALID_ARGUMENT` when a field has the wrong type */
export function measureProtobuf<Message extends object>(write: WriteMessage<Message>, message: Message): number {
  checkObject(message, 'message')
  return write(message, undefined, 0)
}

/** Writes a varint given in halves. */
export function writeVarint(out: Uint8Array | undefined, offset: number, low: number, high = 0): number {
  while (low > 127 || high !== 0) {
    if (out !== undefined) out[offset] = low | 128
    offset++
    low = ((low >>> 7) | (high << 25)) >>> 0
    high >>>= 7
  }
  if (out !== undefined) out[offset] = low
  return offset + 1
}

/** Writes a field of bytes. @throws RecordError `INVALID_ARGUMENT` when they are none */
export function writeBytes(out: Uint8Array | undefined, offset: number, field: number, bytes: Uint8Array): number {
  if (!(bytes instanceof Uint8Array)) checkBytes(bytes, `field ${field}`)
  const { length } = bytes
  offset = writeVarint(out, writeVarint(out, offset, field * 8 + 2), length)
  if (out !== undefined) out.set(bytes, offset)
  return offset + length
}

/** Writes a field of bytes unless it is empty, as proto3 does. */
export function writeFilledBytes(
  out: Uint8Array | undefined,
  offset: number,
  field: number,
  bytes: Uint8Array
): number {
  return bytes?.length === 0 && bytes instanceof Uint8Array ? offset : writeBytes(out, offset, field, bytes)
}

/** Writes an integer field of at most 32 bits. @throws RecordError `INVALID_ARGUMENT` when it is not one */
export function writeUint32(out: Uint8Array | undefined, offset: number, field: number, value: number): number {
  if (typeof value !== 'number' || value >>> 0 !== value)
    failArgument(`field ${field} must be an integer from 0 to 2^32 - 1`)
  return writeVarint(out, writeVarint(out, offset, field * 8), value)
}

/** Writes an integer field of at most 64 bits. @throws RecordError `INVALID_ARGUMENT` when it is not one */
export function writeUint64(out: Uint8Array | undefined, offset: number, field: number, value: bigint): number {
  const high = highOf(value)
  return writeVarint(out, writeVarint(out, offset, field * 8), lowOf(value), high)
}

/** Writes an integer field of at most 64 bits unless it is 0, as proto3 does. */
export function writeFilledUint64(out: Uint8Array | undefined, offset: number, field: number, value: bigint): number {
  return value === 0n ? offset : writeUint64(out, offset, field, value)
}
