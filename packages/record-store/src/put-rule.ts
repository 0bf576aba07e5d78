import { compareBytes, equalBytes } from '@recordkit/record-types'
import type { HighWaterMark, StoredRecord, StorePutResult } from './store.ts'

/**
 * Whether a record is past its expiry. At the instant `expires` itself it is still valid.
 *
 * @example
 * ```ts
 * const valid = isExpired(record, now) ? undefined : record
 * ```
 */
export function isExpired(record: Pick<StoredRecord, 'expires'>, now: bigint): boolean {
  return record.expires !== undefined && now > record.expires
}

/**
 * Whether the stored record satisfies a condition: it has this rank, or (`null`) there is no valid record.
 *
 * @example
 * ```ts
 * if (!satisfies(stored, options.ifRank, now)) return { status: 'conflict', previous: stored }
 * ```
 */
export function satisfies(
  stored: StoredRecord | undefined,
  ifRank: Uint8Array | null | undefined,
  now: bigint
): boolean {
  if (ifRank === undefined) return true
  const valid = stored === undefined || isExpired(stored, now) ? undefined : stored
  if (ifRank === null || valid === undefined) return ifRank === null && valid === undefined
  return equalBytes(valid.rank, ifRank)
}

/**
 * The rule of every store: what a put does, given the stored record and the mark. A put never replaces a higher record with
 * a lower one. Equal ranks are the same record, which is refreshed whatever the condition says. An expired record counts only
 * as the mark that it leaves, so that no result depends on whether it was swept. `quota` is decided by the store.
 *
 * @param ifRank - the rank that the stored record must have; `null` when there must be no valid record
 * @example
 * ```ts
 * const { status } = decidePut(stored, mark, incoming, now)
 * if (status === 'stored') await write(incoming)
 * ```
 */
export function decidePut(
  stored: StoredRecord | undefined,
  mark: HighWaterMark | undefined,
  incoming: StoredRecord,
  now: bigint,
  ifRank?: Uint8Array | null
): StorePutResult {
  if (stored !== undefined && isExpired(stored, now))
    return decidePut(undefined, higherMark(mark, markFor(stored, now)), incoming, now, ifRank)
  const order = stored === undefined ? 1 : compareBytes(incoming.rank, stored.rank)
  if (order === 0) return { status: 'refreshed', previous: stored }
  if (!satisfies(stored, ifRank, now)) return { status: 'conflict', previous: stored }
  if (mark !== undefined && mark.until >= now && compareBytes(incoming.rank, mark.rank) < 0)
    return { status: 'stale', mark, previous: stored }
  return { status: order > 0 ? 'stored' : 'stale', previous: stored }
}

/** ns: a refresh that moves the time of receipt by less changes nothing, so that it costs no write */
const refreshInterval = 1_000_000_000n

/**
 * The record to keep after `refreshed`: the stored value with the later times, and with the author as its sender once the
 * author has sent it. `stored` itself when nothing changes.
 *
 * @param completes - the value of the incoming record replaces the stored value if that is this one
 * @example
 * ```ts
 * const record = refreshedRecord(stored, incoming)
 * if (record !== stored) await write(record)
 * ```
 */
export function refreshedRecord(stored: StoredRecord, incoming: StoredRecord, completes?: Uint8Array): StoredRecord {
  const expires =
    stored.expires === undefined || incoming.expires === undefined ? undefined : later(stored.expires, incoming.expires)
  const moved = incoming.timeReceived - stored.timeReceived
  const completed = completes !== undefined && equalBytes(stored.value, completes)
  const sender = isSentByAuthor(incoming) && !isSentByAuthor(stored) ? incoming.sender : stored.sender
  if (!completed && expires === stored.expires && moved < refreshInterval && sender === stored.sender) return stored
  const value = completed ? incoming.value : stored.value
  return { ...stored, value, timeReceived: later(stored.timeReceived, incoming.timeReceived), expires, sender }
}

/** Whether a record came from the peer that signed it. */
export function isSentByAuthor({ sender, author }: Pick<StoredRecord, 'sender' | 'author'>): boolean {
  return sender !== undefined && author !== undefined && equalBytes(sender, author)
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** ns: how long a mark outlives the record that it remembers, at least: 30 days */
export const markLifetime: bigint = 2_592_000_000_000_000n

/**
 * The mark that a record leaves: kept for 30 days or until the record's own expiry, whichever is later.
 *
 * @example
 * ```ts
 * const mark = markFor(removed, now) // kept for 30 days: an older record cannot return
 * ```
 */
export function markFor(record: StoredRecord, now: bigint): HighWaterMark {
  const until = now + markLifetime
  const { key, rank, expires } = record
  return { key, rank, until: expires !== undefined && expires > until ? expires : until }
}

/**
 * The higher of two marks for one key, with the later of the two times.
 *
 * @example
 * ```ts
 * const mark = higherMark(entry.mark, markFor(entry.record, now))
 * ```
 */
export function higherMark(a: HighWaterMark | undefined, b: HighWaterMark): HighWaterMark {
  if (a === undefined) return b
  const until = later(a.until, b.until)
  const higher = compareBytes(a.rank, b.rank) > 0 ? a : b
  return higher.until === until ? higher : { ...higher, until }
}

/**
 * The mark to keep beside a record that was just stored over `stored` and `mark`: none, unless it must outlive the mark that
 * the record will leave itself. A record that its author signed for a year, and replaced by one for a day, must not come
 * back in a month.
 *
 * @example
 * ```ts
 * const mark = previousMark(stored, oldMark, incoming, now)
 * await write(incoming, mark)
 * ```
 */
export function previousMark(
  stored: StoredRecord | undefined,
  mark: HighWaterMark | undefined,
  incoming: StoredRecord,
  now: bigint
): HighWaterMark | undefined {
  const past = stored === undefined ? mark : higherMark(mark, markFor(stored, now))
  return past !== undefined && past.until > markFor(incoming, now).until ? past : undefined
}
