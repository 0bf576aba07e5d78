import { copyBytes } from '@recordkit/record-types'
import type { VerifiedRecord } from '@recordkit/record-types'
import { ownCopy, turns } from '@recordkit/record-types/internal'
import type { GetOptions } from './manager-options.ts'
import type { ManagerParts } from './manager-parts.ts'
import { checkGetOptions } from './check-options.ts'
import type { LookupResult } from './lookup-cache.ts'
import type { RecordView } from './record-view.ts'

type ReaderParts = Pick<ManagerParts, 'pipeline' | 'network' | 'receiver'>

/** The best valid record of a key, stored here or found among peers; see `RecordManager.getRecord`. */
export async function readRecord(
  { pipeline, network, receiver }: ReaderParts,
  key: Uint8Array,
  options: GetOptions
): Promise<RecordView | undefined> {
  checkGetOptions(options)
  let recordKey = key
  const wait = turns.begin(options.signal)
  if (wait !== undefined) {
    recordKey = copyBytes(key)
    await wait
  }
  const stored = await pipeline.read(recordKey, options)
  if (options.forPeers === true && stored !== undefined && !(await pipeline.isPublic(stored.stored, options)))
    return undefined
  options.onProgress?.({ type: 'record:get:stored', detail: ownCopy(stored?.view) })
  const { onImproved } = options
  if (stored !== undefined) onImproved?.(ownCopy(stored.view))
  if (network === undefined || options.offline === true) return stored?.view
  options.onProgress?.({ type: 'record:get:lookup', detail: undefined })
  const repair = stored === undefined || options.forPeers === true || !(await pipeline.isOffline(recordKey, options))
  const report = onImproved && ((record: VerifiedRecord): void => onImproved(ownCopy(pipeline.view(record))))
  const best = await network.lookups.best(recordKey, stored?.verified, { ...options, repair, onImproved: report })
  const found =
    best === undefined || best.record === stored?.verified
      ? stored?.view
      : await storeFound({ pipeline, receiver }, best, options)
  options.onProgress?.({ type: 'record:get:found', detail: ownCopy(found) })
  return found
}

/** Stores the answer of peers. A record that ranks below one that was stored before is not returned. */
async function storeFound(
  { pipeline, receiver }: Pick<ReaderParts, 'pipeline' | 'receiver'>,
  { record: decoded, sender }: LookupResult,
  { signal, forPeers = false }: GetOptions
): Promise<RecordView | undefined> {
  const { key, value } = decoded
  const { status, record } = await receiver.process(key, value, { sender, asked: true, decoded, signal })
  if (record !== undefined && (status === 'stored' || status === 'refreshed' || status === 'quota'))
    // what is stored may contain what was put offline, merged with it; other callers share what was found
    return ownCopy(pipeline.view(forPeers ? decoded : record))
  const held = await pipeline.read(key, { signal })
  if (held === undefined || (forPeers && !(await pipeline.isPublic(held.stored, { signal })))) return undefined
  return held.view
}
