import { checkObject } from './throw-record-error.ts'
import type { IpnsRecord } from './ipns-record.ts'
import { nanosecondsOf, secondsOf } from './time.ts'
import { highOf, lowOf } from './uint64.ts'

/** Seconds from the beginning of the year 0 to the Unix epoch. */
const yearZero = 62_167_219_200

/**
 * Returns bytes that order IPNS records when they are compared byte by byte: sequence (8 bytes), then the validity as
 * seconds since the year 0 (8) and nanoseconds (4).
 *
 * @throws RecordError `INVALID_ARGUMENT` for a sequence of more than 64 bits or a validity outside of the years 0 to
 * 9999
 * @example
 * ```ts
 * const newer = compareBytes(ipnsOrder(a), ipnsOrder(b)) > 0 ? a : b
 * ```
 */
export function ipnsOrder(record: Pick<IpnsRecord, 'sequence' | 'validity'>): Uint8Array<ArrayBuffer> {
  checkObject(record, 'record')
  const { sequence, validity } = record
  const order = new Uint8Array(20)
  const seconds = secondsOf(validity) + yearZero
  writeUint32(order, 0, highOf(sequence))
  writeUint32(order, 4, lowOf(sequence))
  writeUint32(order, 8, Math.floor(seconds / 0x100000000))
  writeUint32(order, 12, seconds >>> 0)
  writeUint32(order, 16, nanosecondsOf(validity, seconds - yearZero))
  return order
}

function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}
