import { RecordError } from '@recordkit/record-types'
import { nameOf } from '@recordkit/record-types/internal'
import type { StoreEntry } from './backend.ts'

/** Whether changes were written, or the entries that are there instead of the previous ones. */
export type Written = boolean | readonly StoreEntry[]

/** @throws RecordError `STORE_IO` unless a backend returned one entry per key */
export function checkEntries(entries: unknown, count: number, method: string): readonly StoreEntry[] {
  if (isEntries(entries, count)) return entries
  throw new RecordError(
    'STORE_IO',
    `${method} of the backend returned ${countOf(entries)}; an array with an entry for each of ${count} keys is expected`
  )
}

/** @throws RecordError `STORE_UNKNOWN` unless a backend returned whether it wrote changes, or one entry per change */
export function checkWritten(written: unknown, count: number): Written {
  if (typeof written === 'boolean' || isEntries(written, count)) return written
  throw new RecordError(
    'STORE_UNKNOWN',
    `the backend returned ${countOf(written)} from a write, which may or may not have happened; true, false or an entry for each of ${count} changes is expected`
  )
}

function isEntries(value: unknown, count: number): value is readonly StoreEntry[] {
  if (!Array.isArray(value) || value.length !== count) return false
  for (const entry of value) if (typeof entry !== 'object' || entry === null) return false
  return true
}

function countOf(value: unknown): string {
  return Array.isArray(value) ? `an array of ${value.length}` : nameOf(value)
}
