import { mapKey } from '@recordkit/record-types'
import type { RecordView } from './record-view.ts'

/** What is watched: one key, or all keys that begin with a prefix. */
export type Watched = { readonly key: Uint8Array } | { readonly prefix: Uint8Array }

/** Keys whose latest record waits to be read by one watcher, at most; the one waiting longest is passed over. */
const maxWaiting = 1024

/** Those who watch records, and what waits for each: of one key only the latest. */
export class Watchers {
  readonly #ofKey = new Map<string, Set<Watcher>>()
  readonly #ofPrefix = new Map<string, Set<Watcher>>()
  /** how many watch prefixes of each length: a record is looked up once for each length there is */
  readonly #lengths = new Map<number, number>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Tells all who watch this record's key, at a cost that does not depend on who watches other keys. */
  tell(record: RecordView): void {
    const name = mapKey(record.key)
    for (const watcher of this.#ofKey.get(name) ?? []) watcher.tell(name, record)
    for (const length of this.#lengths.keys()) {
      if (length > name.length) continue
      for (const watcher of this.#ofPrefix.get(name.slice(0, length)) ?? []) watcher.tell(name, record)
    }
  }

  /** Ends all iterations, after what waits for them. */
  end(): void {
    for (const watchers of [...this.#ofKey.values(), ...this.#ofPrefix.values()]) {
      for (const watcher of watchers) watcher.end()
    }
  }

  /** Begins to listen; ends with the signal, with `end`, or when all ends. */
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

/** One who watches. Never an iterator with a step under way: who stops early is not kept waiting for the next record. */
class Watcher {
  readonly #signal: AbortSignal | undefined
  readonly #left: () => void
  readonly #abort = (): void => this.end()
  readonly #waiting = new Map<string, RecordView>()
  #wake: (() => void) | undefined
  #ended = false

  /** @param left - told when it has left */
  constructor(signal: AbortSignal | undefined, left: () => void) {
    this.#signal = signal
    this.#left = left
    signal?.addEventListener('abort', this.#abort)
  }

  /** @param name - the record's key, as a key of maps */
  tell(name: string, record: RecordView): void {
    this.#waiting.delete(name)
    this.#waiting.set(name, record)
    if (this.#waiting.size > maxWaiting)
      for (const oldest of this.#waiting.keys()) if (this.#waiting.delete(oldest)) break
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  leave(): void {
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#left()
  }

  /** The next record, `undefined` at the end. @throws the signal's own reason */
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
