import type { StoreEntry } from './backend.ts'
import type { HighWaterMark, StorePutResult, StoredRecord } from './store.ts'
import { equalBytes } from '@recordkit/record-types'
import { higherMark, isExpired, previousMark, markFor, decidePut, refreshedRecord } from './put-rule.ts'
import { copyMark, copyRecord } from './store-arguments.ts'

/** The entry of one key while a change is decided. `next` is the object `previous` until something changes. */
export interface EntryTransaction {
  readonly key: Uint8Array
  readonly previous: StoreEntry
  next: StoreEntry
}

/** Applies a put by the put rule. */
export function applyPut(transaction: EntryTransaction, incoming: StoredRecord, now: bigint): StorePutResult {
  const { record: stored, mark } = transaction.next
  const result = decidePut(stored, mark, incoming, now)
  if (result.status === 'stored') {
    transaction.next = { record: incoming, mark: previousMark(stored, mark, incoming, now) }
  } else if (result.status === 'refreshed' && stored !== undefined) {
    const refreshed = refreshedRecord(stored, incoming)
    if (
      refreshed.timeReceived !== stored.timeReceived ||
      refreshed.expires !== stored.expires ||
      refreshed.published !== stored.published ||
      refreshed.local !== stored.local
    ) {
      transaction.next = { ...transaction.next, record: refreshed }
    }
  }
  return copyResult(result)
}

/** Deletes an unexpired record whose value is `ifValue`, if given, and leaves its mark. */
export function applyDelete(
  transaction: EntryTransaction,
  ifValue: Uint8Array | undefined,
  now: bigint
): { deleted: boolean } {
  const { record, mark } = transaction.next
  if (record === undefined || isExpired(record, now)) return { deleted: false }
  if (ifValue !== undefined && !equalBytes(record.value, ifValue)) return { deleted: false }
  transaction.next = { mark: higherMark(mark, markFor(record, now)) }
  return { deleted: true }
}

/**
 * Removes an expired record, which leaves its mark, or a mark whose time is over.
 *
 * @returns what was removed
 */
export function applySweep(transaction: EntryTransaction, now: bigint): 'record' | 'mark' | undefined {
  const { record, mark } = transaction.next
  if (record !== undefined && isExpired(record, now)) {
    transaction.next = { mark: higherMark(mark, markFor(record, now)) }
    return 'record'
  }
  if (mark === undefined || mark.until >= now) return undefined
  transaction.next = { record }
  return 'mark'
}

/** Removes a mark before its time is over, if it has not changed meanwhile. Returns whether it was removed. */
export function dropMark(transaction: EntryTransaction, excess: HighWaterMark): boolean {
  const { record, mark } = transaction.next
  if (mark === undefined || mark.until !== excess.until || !equalBytes(mark.rank, excess.rank)) return false
  transaction.next = { record }
  return true
}

function copyResult(result: StorePutResult): StorePutResult {
  return {
    status: result.status,
    previous: result.previous === undefined ? undefined : copyRecord(result.previous),
    conflict: result.conflict === undefined ? undefined : copyRecord(result.conflict),
    mark: result.mark === undefined ? undefined : copyMark(result.mark)
  }
}
