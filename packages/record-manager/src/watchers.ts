import { mapKey, ownCopy } from '@recordkit/record-types/internal'
import { sizeOfRecord } from './record-size.ts'
import type { RecordView } from './record-view.ts'

/** One key, or all keys that begin with a prefix. */
export type Watched = { readonly key: Uint8Array } | { readonly prefix: Uint8Array }

/** Maximum number of keys whose latest record waits for one watcher; the record that waits longest is dropped. */
const maxWaiting = 1024
/** Maximum size in bytes of the records that wait for one watcher, and for all of them; each watcher has one in any case. */
const maxWatcherBytes = 4_194_304
const maxTotalBytes = 16_777_216

/**
 * All watchers. For each of them the latest record of every key waits until it is read, up to a number and a size. When all
 * together exceed theirs, the watchers with more than an equal share drop records: the others lose nothing.
 */
export class Watchers {
  readonly #ofKey = new Map<string, Set<Watcher>>()
  readonly #ofPrefix = new Map<string, Set<Watcher>>()
  /** number of watchers by the length of their prefix: a record costs one map look-up per length */
  readonly #lengths = new Map<number, number>()
  readonly #waiting = new WaitingRecords()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Number of records that wait for watchers. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** The keys and prefixes that are watched. */
  get watched(): { readonly keys: Uint8Array[]; readonly prefixes: Uint8Array[] } {
    return { keys: [...this.#ofKey.keys()].map(bytesOf), prefixes: [...this.#ofPrefix.keys()].map(bytesOf) }
  }

  /** Whether a key is watched. @param name - the key, as a map key */
  isWatched(name: string): boolean {
    if (this.#ofKey.has(name)) return true
    for (const length of this.#lengths.keys())
      if (length <= name.length && this.#ofPrefix.has(name.slice(0, length))) return true
    return false
  }

  /** Notifies the watchers of the record's key, each with a copy of the record. The cost does not depend on the number of watchers of other keys. */
  notify(record: RecordView): void {
    const name = mapKey(record.key)
    for (const watcher of this.#ofKey.get(name) ?? []) watcher.notify(name, record)
    for (const length of this.#lengths.keys()) {
      if (length > name.length) continue
      for (const watcher of this.#ofPrefix.get(name.slice(0, length)) ?? []) watcher.notify(name, record)
    }
    this.#waiting.trim()
  }

  /** Ends all watchers once they have read the records that wait for them. */
  end(): void {
    for (const watchers of [...this.#ofKey.values(), ...this.#ofPrefix.values()]) {
      for (const watcher of watchers) watcher.end()
    }
  }

  /** Adds a watcher. It ends when the signal aborts and when all watchers are ended. @throws the reason of the signal */
  open(watched: Watched, signal: AbortSignal | undefined): Watcher {
    signal?.throwIfAborted()
    const isKey = 'key' in watched
    const name = mapKey(isKey ? watched.key : watched.prefix)
    const group = isKey ? this.#ofKey : this.#ofPrefix
    const watcher = new Watcher(signal, this.#waiting, () => {
      const watchers = group.get(name)
      if (watchers?.delete(watcher) !== true) return
      if (watchers.size === 0) group.delete(name)
      this.#count(-1, isKey ? undefined : name.length)
    })
    const watchers = group.get(name) ?? new Set()
    group.set(name, watchers.add(watcher))
    this.#count(1, isKey ? undefined : name.length)
    return watcher
  }

  #count(change: number, prefixLength: number | undefined): void {
    this.#size += change
    if (prefixLength === undefined) return
    const count = (this.#lengths.get(prefixLength) ?? 0) + change
    if (count > 0) this.#lengths.set(prefixLength, count)
    else this.#lengths.delete(prefixLength)
  }
}

/** The records that wait for any watcher. One that waits for several of them is one object, and counts once. */
class WaitingRecords {
  /** those for which a record waits */
  readonly watchers: Set<Watcher> = new Set()
  /** those for which several wait; only they can drop one, so that the others, of any number, are not looked at */
  readonly droppable: Set<Watcher> = new Set()
  readonly #readers = new Map<RecordView, number>()
  #bytes = 0

  get size(): number {
    return this.#readers.size
  }

  add(record: RecordView): void {
    const readers = this.#readers.get(record) ?? 0
    if (readers === 0) this.#bytes += sizeOfRecord(record)
    this.#readers.set(record, readers + 1)
  }

  /** @returns whether another watcher waits for the same record */
  remove(record: RecordView): boolean {
    const readers = (this.#readers.get(record) as number) - 1
    if (readers > 0) this.#readers.set(record, readers)
    else {
      this.#readers.delete(record)
      this.#bytes -= sizeOfRecord(record)
    }
    return readers > 0
  }

  /** Drops records of the watchers that have more than an equal share, until all together are within the bound. */
  trim(): void {
    if (this.#bytes <= maxTotalBytes) return
    const share = maxTotalBytes / this.watchers.size
    for (const watcher of this.droppable) {
      while (watcher.bytes > share && watcher.dropOldest()) if (this.#bytes <= maxTotalBytes) return
    }
  }
}

/** The bytes of a map key. */
function bytesOf(name: string): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0))
}

/** One watcher. It is not an async generator because a reader that stops early must not wait for the next record. */
export class Watcher {
  readonly #signal: AbortSignal | undefined
  readonly #all: WaitingRecords
  readonly #removed: () => void
  readonly #abort = (): void => this.end()
  readonly #waiting = new Map<string, RecordView>()
  #bytes = 0
  #wake: (() => void) | undefined
  #ended = false

  /** @param removed - called when the watcher is removed */
  constructor(signal: AbortSignal | undefined, all: WaitingRecords, removed: () => void) {
    this.#signal = signal
    this.#all = all
    this.#removed = removed
    signal?.addEventListener('abort', this.#abort)
  }

  /** Size of the records that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** @param name - the key of the record, as a map key */
  notify(name: string, record: RecordView): void {
    this.#take(name)
    this.#waiting.set(name, record)
    this.#bytes += sizeOfRecord(record)
    this.#all.add(record)
    this.#all.watchers.add(this)
    if (this.#waiting.size > 1) this.#all.droppable.add(this)
    while ((this.#bytes > maxWatcherBytes || this.#waiting.size > maxWaiting) && this.dropOldest());
    this.#wake?.()
  }

  /** Drops the record that waits longest, unless it is the only one. @returns whether it did */
  dropOldest(): boolean {
    if (this.#waiting.size <= 1) return false
    for (const name of this.#waiting.keys()) {
      this.#take(name)
      break
    }
    return true
  }

  #take(name: string): RecordView | undefined {
    const record = this.#waiting.get(name)
    if (record === undefined) return undefined
    this.#waiting.delete(name)
    this.#bytes -= sizeOfRecord(record)
    const isShared = this.#all.remove(record)
    if (this.#waiting.size <= 1) this.#all.droppable.delete(this)
    if (this.#waiting.size === 0) this.#all.watchers.delete(this)
    return isShared ? ownCopy(record) : record
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  remove(): void {
    this.#signal?.removeEventListener('abort', this.#abort)
    for (const name of this.#waiting.keys()) this.#take(name)
    this.#removed()
  }

  /** The next record; `undefined` after the last. @throws the reason of the signal */
  async next(): Promise<RecordView | undefined> {
    for (;;) {
      this.#signal?.throwIfAborted()
      for (const name of this.#waiting.keys()) return this.#take(name)
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
