import type { StoreEntry } from './backend.ts'
import type { HighWaterMark, StorePutResult, StoredRecord } from './store.ts'
import { equalBytes } from '@recordkit/record-types'
import { higherMark, isExpired, previousMark, markFor, decidePut, refreshedRecord } from './put-rule.ts'
import { copyMark, copyRecord } from './store-arguments.ts'

/** What one key holds while a change is decided; `next` is another object than `previous` once there is one. */
export interface EntryTransaction {
  readonly key: Uint8Array
  readonly previous: StoreEntry
  next: StoreEntry
}

/** Puts into a transaction by the one rule. */
export function applyPut(transaction: EntryTransaction, record: StoredRecord, now: bigint): StorePutResult {
  const { record: held, mark } = transaction.next
  const result = decidePut(held, mark, record, now)
  if (result.status === 'stored') {
    const kept = previousMark(held, mark, record, now)
    transaction.next = { record, mark: kept }
  } else if (result.status === 'refreshed' && held !== undefined) {
    const refreshed = refreshedRecord(held, record)
    if (
      refreshed.timeReceived !== held.timeReceived ||
      refreshed.expires !== held.expires ||
      refreshed.published !== held.published ||
      refreshed.local !== held.local
    ) {
      transaction.next = { ...transaction.next, record: refreshed }
    }
  }
  return copyResult(result)
}

/** Takes a live record away, when it is the one named, and leaves its mark. */
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

/** Takes away what is past its time; answers what went. */
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

/** Takes a mark away before its time, if it is still the one that was named. */
export function dropMark(transaction: EntryTransaction, named: HighWaterMark): boolean {
  const { record, mark } = transaction.next
  if (mark === undefined || mark.until !== named.until || !equalBytes(mark.rank, named.rank)) return false
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
