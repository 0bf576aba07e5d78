import { equalBytes } from '@recordkit/record-types'
import type { EntryContent, StoreEntry } from './backend.ts'
import { decidePut, higherMark, isExpired, markFor, previousMark, refreshedRecord, satisfies } from './put-rule.ts'
import { copyMark, copyRecord } from './store-arguments.ts'
import type {
  HighWaterMark,
  Publication,
  PutChanges,
  RankCondition,
  StoredRecord,
  StorePutResult,
  TouchChanges
} from './store.ts'

/** The entry of one key while a change is decided. `next` is another object than `previous` once something changes. */
export interface EntryTransaction {
  readonly key: Uint8Array
  readonly previous: StoreEntry
  next: EntryContent
}

/** Puts a record by the put rule, and its publication with it. */
export function applyPut(
  transaction: EntryTransaction,
  record: StoredRecord,
  { ifRank, publication, completes }: PutChanges,
  now: bigint
): StorePutResult {
  const { record: stored, mark } = transaction.next
  const result = decidePut(stored, mark, record, now, ifRank)
  if (result.status === 'stored') {
    const { publication: before } = transaction.next
    transaction.next = { record, mark: previousMark(stored, mark, record, now), publication: before }
  } else if (result.status === 'refreshed' && stored !== undefined) {
    const refreshed = refreshedRecord(stored, record, completes)
    if (refreshed !== stored) transaction.next = { ...content(transaction), record: refreshed }
  }
  if (result.status === 'stored' || result.status === 'refreshed') setPublication(transaction, publication)
  return {
    status: result.status,
    previous: result.previous && copyRecord(result.previous),
    mark: result.mark && copyMark(result.mark)
  }
}

/** Changes times and publication of an entry that exists. */
export function applyTouch(transaction: EntryTransaction, changes: TouchChanges, now: bigint): boolean {
  const { ifRank, timeReceived, expires, publication } = changes
  const { record } = transaction.next
  const valid = record === undefined || isExpired(record, now) ? undefined : record
  if (valid === undefined && transaction.next.publication === undefined) return false
  if (!satisfies(record, ifRank, now)) return false
  if (valid !== undefined && (timeReceived !== undefined || expires !== undefined)) {
    const touched = { ...valid, timeReceived: timeReceived ?? valid.timeReceived, expires: expires ?? valid.expires }
    transaction.next = { ...content(transaction), record: touched }
  }
  setPublication(transaction, publication)
  return true
}

/** Removes record and publication, if the record has the rank of the condition, and leaves the mark. */
export function applyDelete(transaction: EntryTransaction, { ifRank }: RankCondition, now: bigint): boolean {
  const { record, mark, publication } = transaction.next
  const valid = record === undefined || isExpired(record, now) ? undefined : record
  if ((valid === undefined && publication === undefined) || !satisfies(record, ifRank, now)) return false
  transaction.next = { mark: record === undefined ? mark : higherMark(mark, markFor(record, now)) }
  return true
}

/** Removes what is past its time; returns what was removed. */
export function applySweep(transaction: EntryTransaction, now: bigint): 'record' | 'mark' | undefined {
  const { record, mark, publication } = transaction.next
  if (record !== undefined && isExpired(record, now)) {
    transaction.next = { mark: higherMark(mark, markFor(record, now)), publication }
    return 'record'
  }
  if (mark === undefined || mark.until >= now) return undefined
  transaction.next = { record, publication }
  return 'mark'
}

/** Removes a mark before its time, if it is still the one that was named. */
export function dropMark(transaction: EntryTransaction, named: HighWaterMark): boolean {
  const { record, mark, publication } = transaction.next
  if (mark === undefined || mark.until !== named.until || !equalBytes(mark.rank, named.rank)) return false
  transaction.next = { record, publication }
  return true
}

function setPublication(transaction: EntryTransaction, publication: Publication | null | undefined): void {
  if (publication === undefined) return
  transaction.next = { ...content(transaction), publication: publication ?? undefined }
}

function content({ next: { record, mark, publication } }: EntryTransaction): EntryContent {
  return { record, mark, publication }
}
