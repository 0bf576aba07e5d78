import type { StoreEntry } from './backend.ts'
import type { Mark, PutResult, StoredRecord } from './store.ts'
import { equalBytes } from './bytes.ts'
import { higherMark, isLive, markBeside, markOf, putRule, refreshedRecord } from './put-rule.ts'
import { copyMark, copyRecord } from './store-arguments.ts'

/** What one key holds while a change is decided; `next` is another object than `previous` once there is one. */
export interface Draft {
  readonly key: Uint8Array
  readonly previous: StoreEntry
  next: StoreEntry
}

/** Puts into a draft by the one rule. */
export function draftPut(draft: Draft, record: StoredRecord, now: bigint): PutResult {
  const { record: held, mark } = draft.next
  const result = putRule(held, mark, record, now)
  if (result.outcome === 'stored') {
    const kept = markBeside(held, mark, record, now)
    draft.next = { record, ...(kept === undefined ? {} : { mark: kept }) }
  } else if (result.outcome === 'refreshed' && held !== undefined) {
    const refreshed = refreshedRecord(held, record)
    if (
      refreshed.timeReceived !== held.timeReceived ||
      refreshed.expires !== held.expires ||
      refreshed.published !== held.published ||
      refreshed.local !== held.local
    ) {
      draft.next = { ...draft.next, record: refreshed }
    }
  }
  return copyResult(result)
}

/** Takes a live record away, when it is the one named, and leaves its mark. */
export function draftDelete(draft: Draft, ifValue: Uint8Array | undefined, now: bigint): { deleted: boolean } {
  const { record, mark } = draft.next
  if (record === undefined || !isLive(record, now)) return { deleted: false }
  if (ifValue !== undefined && !equalBytes(record.value, ifValue)) return { deleted: false }
  draft.next = { mark: higherMark(mark, markOf(record, now)) }
  return { deleted: true }
}

/** Takes away what is past its time; answers what went. */
export function draftSweep(draft: Draft, now: bigint): 'record' | 'mark' | undefined {
  const { record, mark } = draft.next
  if (record !== undefined && !isLive(record, now)) {
    draft.next = { mark: higherMark(mark, markOf(record, now)) }
    return 'record'
  }
  if (mark === undefined || mark.until >= now) return undefined
  draft.next = record === undefined ? {} : { record }
  return 'mark'
}

/** Takes a mark away before its time, if it is still the one that was named. */
export function draftForget(draft: Draft, named: Mark): boolean {
  const { record, mark } = draft.next
  if (mark === undefined || mark.until !== named.until || !equalBytes(mark.rank, named.rank)) return false
  draft.next = record === undefined ? {} : { record }
  return true
}

function copyResult(result: PutResult): PutResult {
  return {
    outcome: result.outcome,
    ...(result.previous === undefined ? {} : { previous: copyRecord(result.previous) }),
    ...(result.conflict === undefined ? {} : { conflict: copyRecord(result.conflict) }),
    ...(result.mark === undefined ? {} : { mark: copyMark(result.mark) })
  }
}
