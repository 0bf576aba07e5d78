import { compareBytes } from '@recordkit/record-types'
import type { HighWaterMark, StorePutResult, StoredRecord } from './store.ts'

/** Whether a record is past its expiry. At the instant `expires` itself it is still valid. */
export function isExpired(record: Pick<StoredRecord, 'expires'>, now: bigint): boolean {
  return record.expires !== undefined && now > record.expires
}

/**
 * The one rule of every store: what a put does, given what is held and the mark. A put never replaces a higher record
 * by a lower one. An expired record that is still held counts as its own mark and as nothing else, so that no outcome
 * tells whether a sweep has met it. The result's `outcome` is `stored`, `refreshed` or `stale`; `quota` is the store's
 * own affair.
 */
export function decidePut(
  held: StoredRecord | undefined,
  mark: HighWaterMark | undefined,
  incoming: StoredRecord,
  now: bigint
): StorePutResult {
  if (held !== undefined && isExpired(held, now))
    return decidePut(undefined, higherMark(mark, markFor(held, now)), incoming, now)
  const previous = held === undefined ? {} : { previous: held }
  if (mark !== undefined && mark.until >= now && compareBytes(incoming.rank, mark.rank) < 0) {
    return { status: 'stale', mark, ...previous }
  }
  if (held === undefined) return { status: 'stored' }
  const order = compareBytes(incoming.rank, held.rank)
  if (order !== 0) return { status: order > 0 ? 'stored' : 'stale', previous: held }
  const tie = compareBytes(incoming.value, held.value)
  if (tie === 0) return { status: 'refreshed', previous: held }
  return { status: tie > 0 ? 'stored' : 'stale', previous: held, conflict: held }
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
    published: incoming.published === undefined ? undefined : later(held.published ?? 0n, incoming.published),
    ...(incoming.local === true ? { local: true } : {})
  }
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** How long a mark outlives the record it remembers, at least. */
export const markLifetime: bigint = 2_592_000_000_000_000n

/** The mark that a record leaves: kept for 30 days or until the record's own expiry, whichever is later. */
export function markFor(record: StoredRecord, now: bigint): HighWaterMark {
  const until = now + markLifetime
  return {
    key: record.key,
    rank: record.rank,
    digest: record.digest,
    until: record.expires !== undefined && record.expires > until ? record.expires : until
  }
}

/** The higher of two marks for one key, for the longer time. */
export function higherMark(a: HighWaterMark | undefined, b: HighWaterMark): HighWaterMark {
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
export function previousMark(
  held: StoredRecord | undefined,
  mark: HighWaterMark | undefined,
  stored: StoredRecord,
  now: bigint
): HighWaterMark | undefined {
  const past = held === undefined ? mark : higherMark(mark, markFor(held, now))
  return past !== undefined && past.until > markFor(stored, now).until ? past : undefined
}
