import { checkObject } from './throw-record-error.ts'
import type { IpnsRecord } from './ipns-record.ts'
import { nanosecondsOf, secondsOf } from './time.ts'
import { highOf, lowOf } from './uint64.ts'

/** From the beginning of year 0 to the Unix epoch, in seconds. */
const yearZero = 62_167_219_200

/**
 * Orders IPNS records when compared byte by byte: sequence (8 bytes), validity as seconds since year 0 (8) and
 * nanoseconds (4).
 *
 * @throws RecordError `INVALID_ARGUMENT` for a sequence that is not of 64 bits or a validity outside of the years
 * 0 to 9999
 */
export function ipnsOrder(record: Pick<IpnsRecord, 'sequence' | 'validity'>): Uint8Array {
  checkObject(record, 'record')
  const { sequence, validity } = record
  const rank = new Uint8Array(20)
  const seconds = secondsOf(validity) + yearZero
  writeUint32(rank, 0, highOf(sequence))
  writeUint32(rank, 4, lowOf(sequence))
  writeUint32(rank, 8, Math.floor(seconds / 0x100000000))
  writeUint32(rank, 12, seconds >>> 0)
  writeUint32(rank, 16, nanosecondsOf(validity, seconds - yearZero))
  return rank
}

function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}
