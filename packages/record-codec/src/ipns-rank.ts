import { checkObject, failArgument } from './fail.ts'
import type { IpnsRecord } from './ipns-record.ts'
import { highOf, lowOf } from './uint64.ts'

/** From the beginning of year 0 to the Unix epoch, in seconds. */
const yearZero = 62_167_219_200n

/**
 * Orders IPNS records when compared byte by byte: sequence (8 bytes), validity as seconds since year 0 (8) and
 * nanoseconds (4).
 *
 * @throws RecordError `INVALID_ARGUMENT` for a sequence that is not of 64 bits or a validity before year 0
 */
export function ipnsRank(record: Pick<IpnsRecord, 'sequence' | 'validity'>): Uint8Array {
  checkObject(record, 'record')
  const { sequence, validity } = record
  if (typeof validity !== 'bigint') failArgument('validity must be a bigint')
  const rank = new Uint8Array(20)
  const view = new DataView(rank.buffer)
  const time = validity + yearZero * 1_000_000_000n
  const seconds = time / 1_000_000_000n
  view.setUint32(0, highOf(sequence))
  view.setUint32(4, lowOf(sequence))
  view.setUint32(8, highOf(seconds))
  view.setUint32(12, lowOf(seconds))
  view.setUint32(16, Number(time % 1_000_000_000n))
  return rank
}
