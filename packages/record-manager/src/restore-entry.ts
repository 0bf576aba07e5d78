import { equalBytes, isRefusal, RecordError } from '@recordkit/record-types'
import type { AbortOptions, UnverifiedRecord } from '@recordkit/record-types'
import type { HighWaterMark, Publication, RecordStore } from '@recordkit/record-store'
import type { ManagerParts } from './manager-parts.ts'
import type { ReceiveResult } from './receive-result.ts'

/** How often a publication is written anew when other records are put under its key meanwhile. */
const maxAttempts = 32

/**
 * Writes a mark from an archive, unless a valid record is stored under its key: a record leaves its own mark, and nothing that is
 * stored is removed. The store has no call that writes a mark: a record of its rank is put and deleted, and never returned, because
 * its value is empty.
 *
 * @returns whether the store has the mark, or a higher one
 */
export async function restoreMark(
  { store, clock }: ManagerParts,
  { key, rank, until }: HighWaterMark,
  { signal }: AbortOptions
): Promise<boolean> {
  if (until < clock()) return false
  const record = { key, rank, value: new Uint8Array(0), timeReceived: clock(), expires: until }
  const { status, previous } = await store.put(record, { ifRank: null, signal })
  if (status === 'stale') return true
  const isOurs = status === 'stored' || (status === 'refreshed' && previous?.value.length === 0)
  // it is stored now, or since an import that was interrupted; the deletion may not be aborted
  if (isOurs) return store.delete(key, { ifRank: rank })
  return false
}

/**
 * Writes a publication from an archive beside the record that it belongs to, after that was received. A publication that the store has
 * already stays.
 *
 * @param result - of receiving the record
 * @returns whether the publication was written
 * @throws RecordError `AUTHOR_FORBIDDEN` when the signer of the publication is not the author of the record
 */
export async function restorePublication(
  parts: ManagerParts,
  record: UnverifiedRecord,
  publication: Publication,
  result: ReceiveResult,
  { signal }: AbortOptions
): Promise<boolean> {
  const { store, network, clock } = parts
  const { key, signer, published } = publication
  if (signer !== undefined && (record.author === undefined || !equalBytes(signer, record.author)))
    throw new RecordError('AUTHOR_FORBIDDEN', 'the signer of the publication is not the author of its record', { key })
  if ((await store.publication(key, { signal })) !== undefined) return false
  const now = clock()
  const restored = { ...publication, published: published !== undefined && published > now ? undefined : published }
  const isWritten =
    result.code === 'EXPIRED'
      ? await putExpired(parts, record, restored, { signal })
      : await touch(store, record, restored, { signal })
  if (isWritten && restored.network) network?.add(key, restored.published)
  return isWritten
}

/** Writes a publication beside the stored record: the one of the archive, or a later one of the same author. */
async function touch(
  store: RecordStore,
  { author }: UnverifiedRecord,
  publication: Publication,
  { signal }: AbortOptions
): Promise<boolean> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const stored = await store.get(publication.key, { signal })
    const isOurs =
      stored !== undefined && (author === undefined || (stored.author && equalBytes(stored.author, author)))
    // refused, deleted here since the archive was written, or of another author
    if (isOurs !== true) return false
    if (await store.touch(publication.key, { ifRank: stored.rank, publication, signal })) return true
  }
  return false
}

/** Writes a record that has lapsed, with its publication, which renews it. Everything but its time was verified. */
async function putExpired(
  { store, engine, clock }: ManagerParts,
  record: UnverifiedRecord,
  publication: Publication,
  { signal }: AbortOptions
): Promise<boolean> {
  const { key, value, expires, author } = record
  const stored = { key, value, rank: engine.rank(record), timeReceived: clock(), expires, author }
  const { status } = await store.put(stored, { ifRank: null, publication, signal })
  return status === 'stored' || status === 'refreshed'
}

/** A decoded record of an archive. @throws RecordError the code of the refusal */
export function parseArchived({ engine }: ManagerParts, key: Uint8Array, value: Uint8Array): UnverifiedRecord {
  const record = engine.parse(key, value)
  if (isRefusal(record)) throw new RecordError(record.code, record.message, { key })
  return record
}
