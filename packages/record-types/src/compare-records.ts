import { compareBytes } from './bytes.ts'

/** The fields that records are compared by. */
export interface Ranked {
  readonly rank: Uint8Array
  readonly value: Uint8Array
}

/**
 * Compares two records under one key by rank, then by value bytes.
 *
 * @returns a positive number when `a` is the better record, a negative one when `b` is, 0 only for equal rank and value
 * @example
 * ```ts
 * const best = records.reduce((a, b) => (compareRecords(a, b) >= 0 ? a : b))
 * ```
 */
export function compareRecords(a: Ranked, b: Ranked): number {
  return compareBytes(a.rank, b.rank) || compareBytes(a.value, b.value)
}
