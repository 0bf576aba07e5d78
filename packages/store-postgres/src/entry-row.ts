import type { EntryContent, Share, StoreChange, StoreEntry } from '@recordkit/record-store'
import { encodeStoreEntry } from '@recordkit/record-store'
import { noShare } from '@recordkit/record-store/internal'
import { part } from './write-functions.ts'

/** The columns of a change in the order of {@link changeColumns}. */
export function changeValues({ key, previous, next }: StoreChange): unknown[] {
  const { record, mark, publication } = next
  const parts =
    (record === undefined ? 0 : part.record) |
    (mark === undefined ? 0 : part.mark) |
    (publication === undefined ? 0 : part.publication)
  // what is published counts towards no group
  const isCounted = publication === undefined
  const recordShare = record !== undefined && isCounted ? (next.recordShare ?? noShare) : undefined
  const markShare = mark !== undefined && isCounted ? (next.markShare ?? noShare) : undefined
  return [
    key,
    previous.version ?? null,
    parts === 0 ? null : encodeStoreEntry(key, next),
    dueOf(next),
    parts,
    recordShare?.group ?? null,
    recordShare === undefined ? null : signedTime(recordShare.since),
    markShare?.group ?? null,
    markShare === undefined ? null : signedTime(markShare.since),
    record === undefined ? null : key.length + record.value.length + record.rank.length,
    record?.author ?? null
  ]
}

/** What a damaged entry counted for when it was written: contents of the same sizes, for `accountChanges`. */
export function countedContent(row: Readonly<Record<string, unknown>>): StoreEntry {
  const key = row['key'] as Uint8Array
  const size = row['record_bytes'] as number | null
  const rank = new Uint8Array(32)
  const shareOf = (part: string): Share | undefined => {
    const group = row[`${part}_group`] as Uint8Array | null
    return group === null ? undefined : { group, since: unsignedTime(row[`${part}_since`] as string) }
  }
  // another program has written it
  if (row['has_record'] === true && size === null) return {}
  const value = new Uint8Array(Math.max(0, (size ?? 0) - key.length - rank.length))
  const author = (row['author'] as Uint8Array | null) ?? undefined
  return {
    ...(row['has_record'] === true ? { record: { key, rank, value, author, timeReceived: 0n } } : {}),
    ...(row['has_mark'] === true ? { mark: { key, rank, until: 0n } } : {}),
    ...(row['has_publication'] === true ? { publication: { key, network: false } } : {}),
    recordShare: shareOf('record'),
    markShare: shareOf('mark')
  }
}

/** The time at which an entry must be swept next. A record that lapses stays while it is published. */
function dueOf({ record, mark, publication }: EntryContent): string | null {
  const times = [publication === undefined ? record?.expires : undefined, mark?.until].filter(
    (time) => time !== undefined
  )
  return times.length === 0 ? null : signedTime(times.reduce((first, time) => (time < first ? time : first)))
}

function unsignedTime(time: string): bigint {
  return BigInt(time) + 9_223_372_036_854_775_808n
}

/** A time as the database has it: PostgreSQL has no unsigned integers. */
export function signedTime(time: bigint): string {
  return (time - 9_223_372_036_854_775_808n).toString()
}
