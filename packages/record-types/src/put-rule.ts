import { compareBytes } from './bytes.ts'
import { markAge } from './constants.ts'
import type { Mark, PutResult, StoredRecord } from './store.ts'

/**
 * The order of two records under one key: by rank, then by value bytes. Positive when `a` is the better one; 0 only
 * for the same rank and value.
 */
export function compareRecords(
  a: Pick<StoredRecord, 'rank' | 'value'>,
  b: Pick<StoredRecord, 'rank' | 'value'>
): number {
  return compareBytes(a.rank, b.rank) || compareBytes(a.value, b.value)
}

/** Whether a record may still be returned: its very last instant counts. */
export function isLive(record: Pick<StoredRecord, 'expires'>, now: bigint): boolean {
  return record.expires === undefined || now <= record.expires
}

/**
 * The one rule of every store: what a put does, given what is held and the mark. A put never replaces a higher record
 * by a lower one. An expired record that is still held counts as its own mark and as nothing else, so that no outcome
 * tells whether a sweep has met it. The result's `outcome` is `stored`, `refreshed` or `stale`; `quota` is the store's
 * own affair.
 */
export function putRule(
  held: StoredRecord | undefined,
  mark: Mark | undefined,
  incoming: StoredRecord,
  now: bigint
): PutResult {
  if (held !== undefined && !isLive(held, now))
    return putRule(undefined, higherMark(mark, markOf(held, now)), incoming, now)
  const previous = held === undefined ? {} : { previous: held }
  if (mark !== undefined && mark.until >= now && compareBytes(incoming.rank, mark.rank) < 0) {
    return { outcome: 'stale', mark, ...previous }
  }
  if (held === undefined) return { outcome: 'stored' }
  const order = compareBytes(incoming.rank, held.rank)
  if (order !== 0) return { outcome: order > 0 ? 'stored' : 'stale', previous: held }
  const tie = compareBytes(incoming.value, held.value)
  if (tie === 0) return { outcome: 'refreshed', previous: held }
  return { outcome: tie > 0 ? 'stored' : 'stale', previous: held, conflict: held }
}

/** The record to keep after `refreshed`: the same bytes, the later times, what was local stays local. */
export function refreshedRecord(held: StoredRecord, incoming: StoredRecord): StoredRecord {
  const { expires: _, ...rest } = held
  return {
    ...rest,
    timeReceived: later(held.timeReceived, incoming.timeReceived),
    ...(held.expires === undefined || incoming.expires === undefined
      ? {}
      : { expires: later(held.expires, incoming.expires) }),
    ...(incoming.published === undefined ? {} : { published: later(held.published ?? 0n, incoming.published) }),
    ...(incoming.local === true ? { local: true } : {})
  }
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** The mark that a record leaves: kept for 30 days or until the record's own expiry, whichever is later. */
export function markOf(record: StoredRecord, now: bigint): Mark {
  const until = now + markAge
  return {
    key: record.key,
    rank: record.rank,
    ...(record.digest === undefined ? {} : { digest: record.digest }),
    until: record.expires !== undefined && record.expires > until ? record.expires : until
  }
}

/** The higher of two marks for one key, for the longer time. */
export function higherMark(a: Mark | undefined, b: Mark): Mark {
  if (a === undefined) return b
  const until = a.until > b.until ? a.until : b.until
  const order = compareBytes(a.rank, b.rank)
  const higher = order > 0 || (order === 0 && a.digest !== undefined) ? a : b
  return higher.until === until ? higher : { ...higher, until }
}

/**
 * The mark to keep beside a record that has just been stored over `held` and `mark`: none, unless it has to outlive
 * the mark that the record will leave itself. A record that the author let live for a year and replaced by one for a
 * day must not come back in a month.
 */
export function markBeside(
  held: StoredRecord | undefined,
  mark: Mark | undefined,
  stored: StoredRecord,
  now: bigint
): Mark | undefined {
  const past = held === undefined ? mark : higherMark(mark, markOf(held, now))
  return past !== undefined && past.until > markOf(stored, now).until ? past : undefined
}
