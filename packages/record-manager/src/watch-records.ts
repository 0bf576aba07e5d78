import type { AbortOptions } from '@recordkit/record-types'
import { startInterval } from './interval.ts'
import type { WatchOptions } from './manager-options.ts'
import type { ManagerParts } from './manager-parts.ts'
import { readRecord } from './read-record.ts'
import type { RecordView } from './record-view.ts'
import type { Watched } from './watchers.ts'

/** The records of a key or a prefix, whenever one is stored; see `RecordManager.watch`. */
export async function* watchRecords(
  parts: ManagerParts,
  target: Watched,
  { signal, initial = false, pollInterval }: WatchOptions
): AsyncGenerator<RecordView> {
  const watcher = parts.watchers.open(target, signal)
  const stopPolling = 'key' in target && pollInterval !== undefined ? poll(parts, target.key, pollInterval) : undefined
  try {
    if (initial) yield* storedRecords(parts, target, { signal })
    for (let record = await watcher.next(); record !== undefined; record = await watcher.next()) yield record
  } finally {
    stopPolling?.()
    watcher.remove()
  }
}

/** The valid records of a key or a prefix that are stored. */
export async function* storedRecords(
  { pipeline, store }: ManagerParts,
  target: Watched,
  { signal }: AbortOptions
): AsyncGenerator<RecordView> {
  if ('key' in target) {
    const record = await pipeline.read(target.key, { signal })
    if (record !== undefined) yield record.view
    return
  }
  for await (const stored of store.iterate({ prefix: target.prefix }, { signal })) {
    const record = await pipeline.check(stored, { signal })
    if (record !== undefined) yield record.view
  }
}

/** Looks a key up among peers at an interval, also after a failed look-up. New records reach the watchers. */
function poll(parts: ManagerParts, key: Uint8Array, milliseconds: number): () => void {
  return startInterval(
    () => parts.metrics.get(() => readRecord(parts, key, { noCache: true })),
    milliseconds,
    parts.setTimer
  )
}
