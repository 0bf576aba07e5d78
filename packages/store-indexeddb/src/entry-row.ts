import type { EntryContent, Share, StoreEntry } from '@recordkit/record-store'
import { decodeStoreEntry, encodeStoreEntry } from '@recordkit/record-store'
import { noShare } from '@recordkit/record-store/internal'
import { isBytes } from '@recordkit/record-types/internal'

/** What the database contains under a record key. Each field but `entry` is indexed; an absent field is not in its index. */
export interface EntryRow {
  readonly entry: Uint8Array
  /** time at which the entry must be swept next (8 bytes, big-endian): a record stays while it is published */
  readonly due?: Uint8Array
  /** group and time since which the record counts: see {@link memberBytes}. Published entries count towards no group */
  readonly record?: Uint8Array
  /** the same of the mark */
  readonly mark?: Uint8Array
  /** the record key, if the entry has a publication */
  readonly publication?: Uint8Array
}

/** The row of an entry; `undefined` for an entry without content. */
export function entryRow(key: Uint8Array, content: EntryContent): EntryRow | undefined {
  const { record, mark, publication, recordShare = noShare, markShare = noShare } = content
  if (record === undefined && mark === undefined && publication === undefined) return undefined
  const counts = publication === undefined
  const due = earliest(counts ? record?.expires : undefined, mark?.until)
  return {
    entry: encodeStoreEntry(key, content),
    ...(due === undefined ? {} : { due: timeBytes(due) }),
    ...(counts && record !== undefined ? { record: memberBytes(recordShare) } : {}),
    ...(counts && mark !== undefined ? { mark: memberBytes(markShare) } : {}),
    ...(counts ? {} : { publication: new Uint8Array(key) })
  }
}

/** The bytes of an entry, which are its version. A row that is damaged beyond them has none. */
export function rowVersion(row: EntryRow | undefined): Uint8Array | undefined {
  if (row === undefined) return undefined
  const entry: unknown = row?.entry
  return isBytes(entry) ? entry : new Uint8Array(0)
}

/** Decodes a row. */
export function decodeRow(key: Uint8Array, row: EntryRow | undefined): StoreEntry {
  const bytes = rowVersion(row)
  return bytes === undefined ? {} : decodeStoreEntry(key, bytes)
}

/** A time as bytes that sort as times do. */
export function timeBytes(time: bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, time)
  return bytes
}

/** Length of a group (1 byte) ‖ group ‖ time (8 bytes): the members of a group are sorted by time. */
export function memberBytes({ group, since }: Share): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(group.length + 9)
  bytes[0] = group.length
  bytes.set(group, 1)
  bytes.set(timeBytes(since), group.length + 1)
  return bytes
}

function earliest(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}
