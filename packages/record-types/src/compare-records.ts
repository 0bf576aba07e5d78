import { compareBytes } from './bytes.ts'

/** What two records are compared by. */
export interface Ranked {
  readonly rank: Uint8Array
  readonly value: Uint8Array
}

/**
 * The order of two records under one key: by rank, then by value bytes. Positive when `a` is the better one; 0 only
 * for the same rank and value.
 */
export function compareRecords(a: Ranked, b: Ranked): number {
  return compareBytes(a.rank, b.rank) || compareBytes(a.value, b.value)
}
