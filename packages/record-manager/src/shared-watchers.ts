import { compareBytes } from '@recordkit/record-types'
import type { Clock } from '@recordkit/record-types'
import { BoundedMap, mapKey, ownCopy } from '@recordkit/record-types/internal'
import type { RecordStore, StoredRecord } from '@recordkit/record-store'
import type { ChangeFollower, ChangeListener } from './follow-changes.ts'
import type { RecordPipeline } from './record-pipeline.ts'
import type { RecordView } from './record-view.ts'
import { Watchers } from './watchers.ts'
import type { Watched, Watcher } from './watchers.ts'

interface SharedWatchersOptions {
  readonly store: RecordStore
  readonly pipeline: RecordPipeline
  readonly changes: ChangeFollower
  readonly clock: Clock
}

/** Maximum number of keys whose last record is remembered. */
const maxKnown = 65_536
/** records that are read together */
const pageSize = 256
/** ns by which the clocks of the processes that share a store may differ */
const clockDifference = 86_400_000_000_000n

/**
 * The watchers of a manager, which see what any process stores: what this process stores immediately, and what others store when
 * the store reports the change. Each record is reported once.
 */
export class SharedWatchers implements ChangeListener {
  readonly #options: SharedWatchersOptions
  readonly #watchers = new Watchers()
  /** the rank of the last record of a key that was reported, or need not be */
  readonly #known = new BoundedMap<string, Uint8Array>(maxKnown)
  /** ns; what was received a day earlier is not new, when its key changes */
  #since = 0n

  constructor(options: SharedWatchersOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#watchers.size
  }

  /** Adds a watcher, which its caller removes. @throws the reason of the signal */
  open(watched: Watched, signal: AbortSignal | undefined): Pick<Watcher, 'next' | 'remove'> {
    const watcher = this.#watchers.open(watched, signal)
    this.#since = this.#options.clock()
    this.#options.changes.add(this)
    return {
      next: () => watcher.next(),
      remove: () => {
        watcher.remove()
        if (this.#watchers.size === 0) this.#options.changes.remove(this)
      }
    }
  }

  /** Ends all watchers once they have read the records that wait for them. */
  end(): void {
    this.#watchers.end()
    this.#options.changes.remove(this)
    this.#known.clear()
  }

  /**
   * Reports a record that this process has stored, unless the store has reported it, or a later one. The watchers get a copy: others
   * go on with the record.
   */
  notify(record: RecordView, rank: Uint8Array): void {
    if (this.#watchers.size === 0) return
    const name = mapKey(record.key)
    const known = this.#known.get(name)
    if (known !== undefined && compareBytes(rank, known) <= 0) return
    this.#known.set(name, rank)
    if (this.#watchers.isWatched(name)) this.#watchers.notify(ownCopy(record))
  }

  async changed(keys: readonly Uint8Array[]): Promise<void> {
    const watched = keys.filter((key) => this.#watchers.isWatched(mapKey(key)))
    for (let start = 0; start < watched.length; start += pageSize) {
      const page = watched.slice(start, start + pageSize)
      const known = page.map((key) => this.#known.get(mapKey(key)))
      const records = await this.#options.store.getMany(page)
      for (const [index, key] of page.entries()) {
        const stored = records[index]
        // the mark of a deleted record may be dropped: then a lower one can follow
        if (stored === undefined) this.#known.delete(mapKey(key))
        else await this.#report(stored, known[index])
      }
    }
  }

  async missed(): Promise<void> {
    const { keys, prefixes } = this.#watchers.watched
    await this.changed(keys)
    for (const prefix of prefixes) {
      for await (const stored of this.#options.store.iterate({ prefix }))
        await this.#report(stored, this.#known.get(mapKey(stored.key)))
    }
  }

  /** @param before - the rank that was known when the record was read */
  async #report(stored: StoredRecord, before: Uint8Array | undefined): Promise<void> {
    const name = mapKey(stored.key)
    if (!this.#isNew(stored, before)) return
    // a record of an unknown key that was received long ago: its times or its publication have changed
    const isOld = before === undefined && stored.timeReceived < this.#since - clockDifference
    const record = isOld ? undefined : await this.#options.pipeline.check(stored, {})
    if (!this.#isNew(stored, before)) return
    this.#known.set(name, stored.rank)
    if (record !== undefined) this.#watchers.notify(record.view)
  }

  /** Whether a record that was read is another one than the last that was reported. */
  #isNew({ key, rank }: StoredRecord, before: Uint8Array | undefined): boolean {
    const known = this.#known.get(mapKey(key))
    const order = known === undefined ? 1 : compareBytes(rank, known)
    // a lower one can be new too, unless this process has reported a higher one since it was read
    return order > 0 || (order < 0 && known === before)
  }
}
