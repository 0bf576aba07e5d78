import { compareBytes } from '@recordkit/record-types'
import type { EntryKind, ScanRange, StoreEntry } from './backend.ts'
import { decodeStoreEntry } from './entry-codec.ts'
import type { StoreStats } from './store.ts'

/** An entry as a backend keeps it: the bytes of `encodeStoreEntry` under its key. */
export interface EncodedEntry {
  readonly key: Uint8Array
  readonly bytes: Uint8Array
}

/**
 * The `scan` of a backend that has all its entries in memory, without an index. Each call sorts all of them.
 *
 * @example
 * ```ts
 * scan(kind: EntryKind, range: ScanRange) {
 *   return scanEntries(this.entries.values(), kind, range)
 * }
 * ```
 */
export function* scanEntries(
  entries: Iterable<EncodedEntry>,
  kind: EntryKind,
  { start, end, reverse = false }: ScanRange
): Generator<StoreEntry> {
  const sorted = [...entries].sort((a, b) => compareBytes(a.key, b.key) * (reverse ? -1 : 1))
  for (const { key, bytes } of sorted) {
    if (start !== undefined && compareBytes(key, start) < 0) continue
    if (end !== undefined && compareBytes(key, end) >= 0) continue
    const entry = decodeStoreEntry(key, bytes)
    const part = { records: entry.record, marks: entry.mark, publications: entry.publication }[kind]
    if (part !== undefined || entry.corrupt !== undefined || entry.newer !== undefined) yield entry
  }
}

/**
 * The `expired` of a backend that has all its entries in memory. Each call decodes all of them.
 *
 * @param now - ns
 * @example
 * ```ts
 * expired(now: bigint, limit: number) {
 *   return expiredEntries(this.entries.values(), now, limit)
 * }
 * ```
 */
export function expiredEntries(entries: Iterable<EncodedEntry>, now: bigint, limit: number): Uint8Array[] {
  const due: { readonly key: Uint8Array; readonly time: bigint }[] = []
  for (const { key, bytes } of entries) {
    const { record, mark, publication } = decodeStoreEntry(key, bytes)
    for (const time of [publication === undefined ? record?.expires : undefined, mark?.until])
      if (time !== undefined && time < now) due.push({ key, time })
  }
  return due
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    .slice(0, limit)
    .map(({ key }) => key)
}

/**
 * The `stats` of a backend that has all its entries in memory. Each call decodes all of them.
 *
 * @example
 * ```ts
 * stats() {
 *   return countEntries(this.entries.values())
 * }
 * ```
 */
export function countEntries(entries: Iterable<EncodedEntry>): StoreStats {
  const stats = { entries: 0, bytes: 0, marks: 0, publications: 0 }
  for (const { key, bytes } of entries) {
    const { record, mark, publication } = decodeStoreEntry(key, bytes)
    if (record !== undefined) {
      stats.entries++
      stats.bytes += record.key.length + record.value.length + record.rank.length
    }
    if (mark !== undefined) stats.marks++
    if (publication !== undefined) stats.publications++
  }
  return stats
}
