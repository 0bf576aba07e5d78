import { RecordError } from '@recordkit/record-types'
import type { UnverifiedRecord } from '@recordkit/record-types'

/** A counter below this was started by another implementation, which counts by one. As a time in ms it is in the year 2004. */
const firstTime = 1_099_511_627_776n
/** The sequences that we choose are numbers in every language: below 2^53. */
const maxTime = 9_007_199_254_740_991n
const maxSequence = 18_446_744_073_709_551_615n

/**
 * The sequence of a new record: the current time in ms, or one above the highest known sequence when that is later. So an author
 * who lost the store, or writes on several devices, continues above the earlier records. A counter continues with + 1.
 *
 * @param highest - the highest known sequence of the key
 * @param now - ns
 * @throws RecordError `SEQUENCE_EXHAUSTED` above 2^64 - 1
 */
export function nextSequence(highest: bigint | undefined, now: bigint, key: Uint8Array): bigint {
  const time = now / 1_000_000n
  const latest = time < maxTime ? time : maxTime
  if (highest === undefined) return latest
  if (highest >= maxSequence)
    throw new RecordError('SEQUENCE_EXHAUSTED', `there is no sequence above ${highest}`, { key })
  return isCounter(highest) || highest >= latest ? highest + 1n : latest
}

/** Whether another implementation, or the application, counts the records of a key. */
export function isCounter(sequence: bigint): boolean {
  return sequence < firstTime
}

/** @throws RecordError `SEQUENCE_CONFLICT` when the application chose a sequence that is not above the highest known */
export function checkChosenSequence(chosen: bigint, highest: bigint | undefined, key: Uint8Array): void {
  if (highest === undefined || chosen > highest) return
  throw new RecordError(
    'SEQUENCE_CONFLICT',
    `sequence is ${chosen}; a sequence above ${highest}, the highest known under this key, is expected`,
    { key }
  )
}

/**
 * Compare and set.
 *
 * @param expected - the sequence of the current record; `null` when there must be none
 * @param current - the valid record that a read returns
 * @throws RecordError `SEQUENCE_CONFLICT`
 */
export function checkIfSequence(
  expected: bigint | null | undefined,
  current: Pick<UnverifiedRecord, 'sequence'> | undefined,
  key: Uint8Array
): void {
  if (expected === undefined || expected === (current === undefined ? null : current.sequence)) return
  const found =
    current === undefined
      ? 'there is no valid record under this key'
      : current.sequence === undefined
        ? 'the record under this key has no sequence'
        : `the latest is ${current.sequence}`
  throw new RecordError('SEQUENCE_CONFLICT', `ifSequence is ${expected}; ${found}`, { key })
}
