import { compareBytes } from '@recordkit/record-types'
import type { HighWaterMark, StorePutResult, StoredRecord } from './store.ts'

/**
 * Whether a record has expired. It is still valid at the instant `expires`.
 *
 * @param now - ns since the Unix epoch
 * @example
 * ```ts
 * isExpired({ expires: 5n }, 5n) // false
 * ```
 */
export function isExpired(record: Pick<StoredRecord, 'expires'>, now: bigint): boolean {
  return record.expires !== undefined && now > record.expires
}

/**
 * The put rule of every store: decides a put from the stored record and the mark. A put never replaces a record by a lower
 * one. An expired record that is still stored counts only as its mark, so that the result does not depend on whether it was
 * swept.
 *
 * @param stored - the record under the key
 * @param mark - the mark under the key
 * @returns a result with status `stored`, `refreshed` or `stale`; `quota` is decided by each store
 * @example
 * ```ts
 * const { status } = decidePut(await read(key), undefined, incoming, systemClock())
 * if (status === 'stored') await write(incoming)
 * ```
 */
export function decidePut(
  stored: StoredRecord | undefined,
  mark: HighWaterMark | undefined,
  incoming: StoredRecord,
  now: bigint
): StorePutResult {
  if (stored !== undefined && isExpired(stored, now))
    return decidePut(undefined, higherMark(mark, markFor(stored, now)), incoming, now)
  const previous = stored === undefined ? {} : { previous: stored }
  if (mark !== undefined && mark.until >= now && compareBytes(incoming.rank, mark.rank) < 0) {
    return { status: 'stale', mark, ...previous }
  }
  if (stored === undefined) return { status: 'stored' }
  const order = compareBytes(incoming.rank, stored.rank)
  if (order !== 0) return { status: order > 0 ? 'stored' : 'stale', previous: stored }
  const tie = compareBytes(incoming.value, stored.value)
  if (tie === 0) return { status: 'refreshed', previous: stored }
  return { status: tie > 0 ? 'stored' : 'stale', previous: stored, conflict: stored }
}

/**
 * The record to store after a put with status `refreshed`: the stored bytes with the later times. A local record stays local.
 *
 * @example
 * ```ts
 * const { status } = decidePut(stored, mark, incoming, now)
 * if (status === 'refreshed') await write(refreshedRecord(stored, incoming))
 * ```
 */
export function refreshedRecord(stored: StoredRecord, incoming: StoredRecord): StoredRecord {
  const { expires: _, ...rest } = stored
  return {
    ...rest,
    timeReceived: later(stored.timeReceived, incoming.timeReceived),
    ...(stored.expires === undefined || incoming.expires === undefined
      ? {}
      : { expires: later(stored.expires, incoming.expires) }),
    published: incoming.published === undefined ? stored.published : later(stored.published ?? 0n, incoming.published),
    ...(incoming.local === true ? { local: true } : {})
  }
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** ns: 30 days. How long a mark is kept, at least, after its record was removed. */
export const markLifetime: bigint = 2_592_000_000_000_000n

/**
 * The mark of a record that is removed. It is kept for 30 days or until the record's own expiry, whichever is later.
 *
 * @param now - ns since the Unix epoch
 * @example
 * ```ts
 * await writeMark(markFor(record, systemClock()))
 * ```
 */
export function markFor(record: StoredRecord, now: bigint): HighWaterMark {
  const until = now + markLifetime
  return {
    key: record.key,
    rank: record.rank,
    digest: record.digest,
    until: record.expires !== undefined && record.expires > until ? record.expires : until
  }
}

/**
 * The higher of two marks of one key, kept until the later of their times.
 *
 * @example
 * ```ts
 * await writeMark(higherMark(await readMark(key), markFor(record, now)))
 * ```
 */
export function higherMark(a: HighWaterMark | undefined, b: HighWaterMark): HighWaterMark {
  if (a === undefined) return b
  const until = a.until > b.until ? a.until : b.until
  const order = compareBytes(a.rank, b.rank)
  const higher = order > 0 || (order === 0 && a.digest !== undefined) ? a : b
  return higher.until === until ? higher : { ...higher, until }
}

/**
 * The mark to keep beside a record that was just stored, or `undefined` when the mark that the record will leave lasts long
 * enough. Without it, a record that is valid for a year and replaced by one for a day could come back after a month.
 *
 * @param stored - the record that was replaced
 * @param mark - the mark under the key before
 * @param now - ns since the Unix epoch
 * @example
 * ```ts
 * await write({ record: incoming, mark: previousMark(stored, mark, incoming, now) })
 * ```
 */
export function previousMark(
  stored: StoredRecord | undefined,
  mark: HighWaterMark | undefined,
  incoming: StoredRecord,
  now: bigint
): HighWaterMark | undefined {
  const before = stored === undefined ? mark : higherMark(mark, markFor(stored, now))
  return before !== undefined && before.until > markFor(incoming, now).until ? before : undefined
}
