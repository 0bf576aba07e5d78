import { RecordError } from '@recordkit/record-types'
import { nameOf } from '@recordkit/record-types/internal'
import type { StoreEntry } from './backend.ts'

/** Whether changes were written, or the entries that are there instead of the previous ones. */
export type Written = boolean | readonly StoreEntry[]

/** @throws RecordError `STORE_IO` unless a backend returned one entry per key */
export function checkEntries(entries: unknown, count: number, method: string): readonly StoreEntry[] {
  if (isEntries(entries, count)) return entries
  throw new RecordError('STORE_IO', wrongResult(method, entries, count))
}

/** @throws RecordError `STORE_UNKNOWN` unless a backend returned whether it wrote changes, or one entry per change */
export function checkWritten(written: unknown, count: number): Written {
  if (typeof written === 'boolean' || isEntries(written, count)) return written
  throw new RecordError('STORE_UNKNOWN', wrongResult('a write', written, count, ', or whether they were written,'))
}

function isEntries(value: unknown, count: number): value is readonly StoreEntry[] {
  if (!Array.isArray(value) || value.length !== count) return false
  for (const entry of value) if (typeof entry !== 'object' || entry === null) return false
  return true
}

function wrongResult(method: string, value: unknown, count: number, orElse = ''): string {
  const found = Array.isArray(value) ? `an array of ${value.length}` : nameOf(value)
  return `${method} of the backend returned ${found}; an entry for each of ${count} keys${orElse} is expected`
}
