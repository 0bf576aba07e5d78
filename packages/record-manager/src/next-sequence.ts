import { RecordError } from '@recordkit/record-types'
import type { Mark, Namespace, OpenedRecord } from '@recordkit/record-types'

/** What is known of a key before a new record is made for it. */
export interface Known {
  /** the best record that we or the network hold */
  readonly held: OpenedRecord | undefined
  readonly mark: Mark | undefined
}

/** The highest sequence known under a key; `undefined` when nothing is known at all. */
export function highestSequence(namespace: Namespace, { held, mark }: Known): bigint | undefined {
  const marked = mark === undefined ? undefined : namespace.sequenceOf?.(mark.rank)
  const sequence = held?.sequence
  if (sequence === undefined || marked === undefined) return sequence ?? marked
  return sequence > marked ? sequence : marked
}

/**
 * The sequence of a new record: one above the highest known; the same again when the content is the same, so that a
 * republished record is the same record for longer.
 *
 * @throws RecordError `SEQUENCE_CONFLICT` when `ifSequence` is not the highest known; `SEQUENCE_EXHAUSTED` above 2^64 - 1
 */
export function nextSequence(
  highest: bigint | undefined,
  held: OpenedRecord | undefined,
  unchanged: boolean,
  ifSequence: bigint | undefined,
  key: Uint8Array
): bigint {
  if (ifSequence !== undefined && ifSequence !== highest) {
    const found = highest === undefined ? 'nothing is known under this key' : `the latest is ${highest}`
    throw new RecordError('SEQUENCE_CONFLICT', `put was to follow sequence ${ifSequence}; ${found}`, { key })
  }
  if (highest === undefined) return 0n
  if (unchanged && held?.sequence === highest) return highest
  if (highest + 1n < 18_446_744_073_709_551_616n) return highest + 1n
  throw new RecordError('SEQUENCE_EXHAUSTED', `no sequence is left after ${highest}`, { key })
}
