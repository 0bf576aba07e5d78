import { RecordError } from '@recordkit/record-types'
import type { Namespace, UnverifiedRecord } from '@recordkit/record-types'
import type { HighWaterMark } from '@recordkit/record-store'

/** What is known about a key before a new record is made for it. */
export interface KnownState {
  /** the best record of the store and the network */
  readonly record: UnverifiedRecord | undefined
  /** the highest rank that was stored */
  readonly mark: Pick<HighWaterMark, 'rank'> | undefined
}

/** The highest known sequence of a key; `undefined` when none is known. */
export function highestSequence(namespace: Namespace, { record, mark }: KnownState): bigint | undefined {
  const marked = mark === undefined ? undefined : namespace.sequenceOf?.(mark.rank)
  const sequence = record?.sequence
  if (sequence === undefined || marked === undefined) return sequence ?? marked
  return sequence > marked ? sequence : marked
}

/**
 * The sequence of a new record: one above the highest known sequence, or the same when the content is unchanged, so that the
 * record is the same with a later expiry.
 *
 * @throws RecordError `SEQUENCE_CONFLICT` when `ifSequence` is not the highest known; `SEQUENCE_EXHAUSTED` above 2^64 - 1
 */
export function nextSequence(
  highest: bigint | undefined,
  record: UnverifiedRecord | undefined,
  unchanged: boolean,
  ifSequence: bigint | undefined,
  key: Uint8Array
): bigint {
  if (ifSequence !== undefined && ifSequence !== highest) {
    const found = highest === undefined ? 'no sequence is known for this key' : `the latest is ${highest}`
    throw new RecordError('SEQUENCE_CONFLICT', `ifSequence is ${ifSequence}; ${found}`, { key })
  }
  if (highest === undefined) return 0n
  if (unchanged && record?.sequence === highest) return highest
  if (highest + 1n < 18_446_744_073_709_551_616n) return highest + 1n
  throw new RecordError('SEQUENCE_EXHAUSTED', `there is no sequence above ${highest}`, { key })
}
