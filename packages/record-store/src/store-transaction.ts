import { equalBytes, RecordError } from '@recordkit/record-types'
import type { EntryContent, Share, StoreEntry } from './backend.ts'
import {
  decidePut,
  higherMark,
  isExpired,
  markFor,
  markLifetime,
  previousMark,
  refreshedRecord,
  satisfies
} from './put-rule.ts'
import { noGroup } from './share.ts'
import { copyMark, copyRecord } from './store-arguments.ts'
import type { HighWaterMark, PutChanges, RankCondition, StoredRecord, StorePutResult, TouchChanges } from './store.ts'

/** The entry of one key while a change is decided. `next` is another object than `previous` once something changes. */
export interface EntryTransaction {
  readonly key: Uint8Array
  readonly previous: StoreEntry
  next: EntryContent
}

/** Decides whether there is space for a change, and what a record counts towards. */
export interface Placement {
  /** The share of a record that is stored, or refreshed. */
  share(before: EntryContent, record: StoredRecord, group: Uint8Array, isRefreshed: boolean): Share
  /** Whether a change fits. */
  admits(before: EntryContent, after: EntryContent): boolean
}

/** The bounds of a store without bounds. */
export const unbounded: Placement = {
  share: (_before, _record, group) => ({ group, since: 0n }),
  admits: () => true
}

/** The group that a record counts towards when a call does not name one: its sender, or none. */
export function groupOf({ sender }: StoredRecord, { group }: PutChanges): Uint8Array {
  return group ?? sender ?? noGroup
}

/** Puts a record by the put rule, and its publication with it, if there is space for them. */
export function applyPut(
  transaction: EntryTransaction,
  record: StoredRecord,
  changes: PutChanges,
  now: bigint,
  placement: Placement = unbounded
): StorePutResult {
  const before = transaction.next
  const { record: stored, mark } = before
  const result = decidePut(stored, mark, record, now, changes.ifRank)
  const previous = {
    previous: result.previous && copyRecord(result.previous),
    mark: result.mark && copyMark(result.mark)
  }
  if (result.status !== 'stored' && result.status !== 'refreshed') return { status: result.status, ...previous }
  const group = groupOf(record, changes)
  let after: EntryContent = before
  if (result.status === 'stored') {
    const markToKeep = previousMark(stored, mark, record, now)
    after = {
      record,
      mark: markToKeep,
      publication: before.publication,
      recordShare: placement.share(before, record, group, false),
      markShare: markToKeep && markShareOf(before, markToKeep, now)
    }
  } else if (stored !== undefined) {
    const refreshed = refreshedRecord(stored, record, changes.completes)
    const share = placement.share(before, record, group, true)
    const isMoved = !equalBytes(share.group, before.recordShare?.group ?? noGroup)
    if (refreshed !== stored || isMoved) after = { ...contentOf(before), record: refreshed, recordShare: share }
  }
  if (changes.publication !== undefined) after = { ...contentOf(after), publication: changes.publication ?? undefined }
  const needsSpace = after.record?.value !== stored?.value || (changes.publication ?? undefined) !== undefined
  if (needsSpace && !placement.admits(before, after)) return { status: 'quota', ...previous }
  transaction.next = after
  return { status: result.status, ...previous }
}

/** Changes times and publication of an entry that exists. */
export function applyTouch(
  transaction: EntryTransaction,
  changes: TouchChanges,
  now: bigint,
  placement: Placement = unbounded
): boolean {
  const { ifRank, timeReceived, expires, publication } = changes
  const { record } = transaction.next
  const valid = record === undefined || isExpired(record, now) ? undefined : record
  if (valid === undefined && transaction.next.publication === undefined) return false
  if (!satisfies(record, ifRank, now)) return false
  const before = transaction.next
  if (valid !== undefined && (timeReceived !== undefined || expires !== undefined)) {
    const touched = { ...valid, timeReceived: timeReceived ?? valid.timeReceived, expires: expires ?? valid.expires }
    transaction.next = { ...contentOf(transaction.next), record: touched }
  }
  if (publication === undefined) return true
  const after = { ...contentOf(transaction.next), publication: publication ?? undefined }
  if (publication !== null && !placement.admits(before, after)) {
    transaction.next = before
    throw new RecordError('QUOTA', 'the published records use nine tenths of the store; nothing was changed')
  }
  transaction.next = after
  return true
}

/** Removes record and publication, if the record has the rank of the condition, and leaves the mark. */
export function applyDelete(transaction: EntryTransaction, { ifRank }: RankCondition, now: bigint): boolean {
  const { record, mark, publication } = transaction.next
  const valid = record === undefined || isExpired(record, now) ? undefined : record
  if ((valid === undefined && publication === undefined) || !satisfies(record, ifRank, now)) return false
  transaction.next =
    record === undefined
      ? { mark, markShare: transaction.next.markShare }
      : leftMark(transaction.next, higherMark(mark, markFor(record, now)), now)
  return true
}

/** Removes what is past its time; returns what was removed. A record that has lapsed stays while its key is published. */
export function applySweep(transaction: EntryTransaction, now: bigint): 'record' | 'mark' | undefined {
  const { record, mark, publication } = transaction.next
  if (record !== undefined && publication === undefined && isExpired(record, now)) {
    transaction.next = leftMark(transaction.next, higherMark(mark, markFor(record, now)), now)
    return 'record'
  }
  if (mark === undefined || mark.until >= now) return undefined
  transaction.next = { record, publication, recordShare: transaction.next.recordShare }
  return 'mark'
}

/** ns: a record that is removed sooner for lack of space leaves no mark: an hour */
const markedAge = 3_600_000_000_000n

/** Removes a record for lack of space, if it is not published. Its mark is kept for at most 30 days. */
export function applyRemoval(transaction: EntryTransaction, now: bigint): boolean {
  const { record, mark, publication, recordShare, markShare } = transaction.next
  if (record === undefined || publication !== undefined) return false
  const isMarked = recordShare === undefined || now - recordShare.since >= markedAge
  const until = now + markLifetime
  transaction.next = isMarked
    ? leftMark(transaction.next, higherMark(mark, { key: record.key, rank: record.rank, until }), now)
    : { mark, markShare }
  return true
}

/** Removes a mark before its time for lack of space, if its key is not published. */
export function applyMarkRemoval(transaction: EntryTransaction): boolean {
  const { record, mark, publication, recordShare } = transaction.next
  if (mark === undefined || publication !== undefined) return false
  transaction.next = { record, recordShare }
  return true
}

/** What is left of an entry whose record is gone. */
function leftMark(before: EntryContent, mark: HighWaterMark, now: bigint): EntryContent {
  return { mark, markShare: markShareOf(before, mark, now) }
}

/** The share of a mark: that of the record that left it, since now. */
function markShareOf({ mark, markShare, recordShare }: EntryContent, next: HighWaterMark, now: bigint): Share {
  if (next === mark && markShare !== undefined) return markShare
  return { group: recordShare?.group ?? noGroup, since: now }
}

function contentOf({ record, mark, publication, recordShare, markShare }: EntryContent): EntryContent {
  return { record, mark, publication, recordShare, markShare }
}
