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

/** The result of importing a record and its publication. */
export interface RestoredPublication {
  readonly result: ReceiveResult
  /** whether the publication was written */
  readonly isRestored: boolean
}

/**
 * Imports a record with its publication, in one write where the record is new. A publication that the store has already stays, and the
 * record is then received like any other.
 *
 * @param receive - receives a record without a publication
 * @throws RecordError `AUTHOR_FORBIDDEN`, after the record was received, when the signer of the publication is not its author
 */
export async function restorePublication(
  parts: ManagerParts,
  publication: Publication,
  value: Uint8Array,
  receive: () => Promise<ReceiveResult>,
  { signal }: AbortOptions
): Promise<RestoredPublication> {
  const { engine, store, network, clock } = parts
  const { key, signer, published } = publication
  const record = engine.parse(key, value)
  if (isRefusal(record) || (await store.publication(key, { signal })) !== undefined)
    return { result: await receive(), isRestored: false }
  if (signer !== undefined && (record.author === undefined || !equalBytes(signer, record.author))) {
    await receive()
    throw new RecordError('AUTHOR_FORBIDDEN', 'the signer of the publication is not the author of its record', { key })
  }
  const now = clock()
  const restored = { ...publication, published: published !== undefined && published > now ? undefined : published }
  const result = await parts.receiver.process(key, value, { publication: restored, signal })
  network?.lookups.forget(key)
  let isRestored = result.status === 'stored' || result.status === 'refreshed'
  if (result.status === 'stale') isRestored = await touch(store, record, restored, { signal })
  if (result.code === 'EXPIRED') isRestored = await putExpired(parts, record, restored, { signal })
  if (isRestored) parts.publications.addNow(key)
  return { result, isRestored }
}

/** Writes a publication beside a later record of the same author. */
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

/** Writes a record that has lapsed in normal form, with its publication, which renews it. Everything but its time was verified. */
async function putExpired(
  { store, engine, clock }: ManagerParts,
  record: UnverifiedRecord,
  publication: Publication,
  { signal }: AbortOptions
): Promise<boolean> {
  const normal = await engine.normalize({ ...record, status: 'accept' }, { signal })
  if (isRefusal(normal)) return false
  const { key, value, expires, author } = normal
  const stored = { key, value, rank: engine.rank(normal), timeReceived: clock(), expires, author }
  const { status } = await store.put(stored, { ifRank: null, publication, signal })
  return status === 'stored' || status === 'refreshed'
}
