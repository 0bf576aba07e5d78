import type { StoreEntry } from '@recordkit/record-store'
import type { RecordError } from '@recordkit/record-types'
import { isRecordError } from '@recordkit/record-types'
import { sameBytes } from '@recordkit/record-types/internal'
import { decodeMark, decodePublication, decodeRecordForm } from './entry-format.ts'

/** The stored bytes of the three parts of an entry: its version. */
export interface StoredParts {
  readonly record: Uint8Array | undefined
  readonly mark: Uint8Array | undefined
  readonly publication: Uint8Array | undefined
}

/** An entry as it was read, or a part of one. */
export interface LevelEntry extends StoreEntry {
  readonly version?: StoredParts | undefined
  /** number of writes that had settled before it was read */
  readonly settled?: number | undefined
  /** whether the stored record says that its key has a mark, a publication */
  readonly marked?: boolean | undefined
  readonly published?: boolean | undefined
  /** stored bytes that cannot be read; a write moves them aside */
  readonly damaged?: readonly DamagedPart[] | undefined
}

export interface DamagedPart {
  /** the full key */
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Whether two versions of an entry are the same. */
export function sameParts(a: StoredParts | undefined, b: StoredParts | undefined): boolean {
  return sameBytes(a?.record, b?.record) && sameBytes(a?.mark, b?.mark) && sameBytes(a?.publication, b?.publication)
}

/** Decodes a record. One that cannot be decoded may have a mark and a publication. */
export function readRecord(fullKey: Uint8Array, value: Uint8Array): LevelEntry {
  try {
    return decodeRecordForm(fullKey, value)
  } catch (error) {
    return { marked: true, published: true, ...unreadable(fullKey, value, error) }
  }
}

export function readMark(fullKey: Uint8Array, value: Uint8Array): LevelEntry {
  try {
    return decodeMark(fullKey, value)
  } catch (error) {
    return unreadable(fullKey, value, error)
  }
}

export function readPublication(fullKey: Uint8Array, value: Uint8Array): LevelEntry {
  try {
    return { publication: decodePublication(fullKey, value) }
  } catch (error) {
    return unreadable(fullKey, value, error)
  }
}

function unreadable(key: Uint8Array, value: Uint8Array, error: unknown): LevelEntry {
  if (isRecordError(error, 'STORE_NEWER_FORMAT')) return { newer: error }
  // any other error is a bug here and does not mean that the entry is damaged
  if (!isRecordError(error, 'STORE_CORRUPT')) throw error
  return { corrupt: error, damaged: [{ key, value }] }
}

/**
 * Joins record, mark and publication of a key. An unreadable mark or publication does not hide a readable record; a part of
 * a newer format hides the others.
 */
export function joinEntries(
  record: LevelEntry,
  mark: LevelEntry,
  publication: LevelEntry,
  version: StoredParts,
  settled: number
): LevelEntry {
  const newer: RecordError<'STORE_NEWER_FORMAT'> | undefined = record.newer ?? mark.newer ?? publication.newer
  if (newer !== undefined) return { newer, version, settled }
  const damaged = [...(record.damaged ?? []), ...(mark.damaged ?? []), ...(publication.damaged ?? [])]
  return {
    record: record.record,
    recordShare: record.recordShare,
    marked: record.marked,
    published: record.published,
    mark: mark.mark,
    markShare: mark.markShare,
    publication: publication.publication,
    corrupt: record.record === undefined ? (record.corrupt ?? mark.corrupt ?? publication.corrupt) : undefined,
    damaged: damaged.length === 0 ? undefined : damaged,
    version,
    settled
  }
}
