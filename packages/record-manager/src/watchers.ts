import { BoundedMap, mapKey } from '@recordkit/record-types/internal'
import type { RecordView } from './record-view.ts'

/** One key, or all keys that begin with a prefix. */
export type Watched = { readonly key: Uint8Array } | { readonly prefix: Uint8Array }

/** Maximum number of keys whose latest record waits for one watcher; the record that waits longest is dropped. */
const maxWaiting = 1024

/** All watchers. For each of them the latest record of every key waits until it is read. */
export class Watchers {
  readonly #ofKey = new Map<string, Set<Watcher>>()
  readonly #ofPrefix = new Map<string, Set<Watcher>>()
  /** number of watchers by the length of their prefix: a record costs one map look-up per length */
  readonly #lengths = new Map<number, number>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Notifies the watchers of the record's key. The cost does not depend on the number of watchers of other keys. */
  notify(record: RecordView): void {
    const name = mapKey(record.key)
    for (const watcher of this.#ofKey.get(name) ?? []) watcher.notify(name, record)
    for (const length of this.#lengths.keys()) {
      if (length > name.length) continue
      for (const watcher of this.#ofPrefix.get(name.slice(0, length)) ?? []) watcher.notify(name, record)
    }
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
    const watcher = new Watcher(signal, () => {
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

/** One watcher. It is not an async generator because a reader that stops early must not wait for the next record. */
class Watcher {
  readonly #signal: AbortSignal | undefined
  readonly #removed: () => void
  readonly #abort = (): void => this.end()
  readonly #waiting = new BoundedMap<string, RecordView>(maxWaiting)
  #wake: (() => void) | undefined
  #ended = false

  /** @param removed - called when the watcher is removed */
  constructor(signal: AbortSignal | undefined, removed: () => void) {
    this.#signal = signal
    this.#removed = removed
    signal?.addEventListener('abort', this.#abort)
  }

  /** @param name - the key of the record, as a map key */
  notify(name: string, record: RecordView): void {
    this.#waiting.set(name, record)
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  remove(): void {
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#removed()
  }

  /** The next record; `undefined` after the last. @throws the reason of the signal */
  async next(): Promise<RecordView | undefined> {
    for (;;) {
      this.#signal?.throwIfAborted()
      for (const [name, record] of this.#waiting) {
        this.#waiting.delete(name)
        return record
      }
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
