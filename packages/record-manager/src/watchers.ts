import { mapKey } from '@recordkit/record-types'
import type { RecordView } from './record-view.ts'

/** What is watched: one key, or all keys that begin with a prefix. */
export type Watched = { readonly key: Uint8Array } | { readonly prefix: Uint8Array }

/** Keys whose latest record waits to be read by one watcher, at most; the one waiting longest is passed over. */
const maxWaiting = 1024

/** Those who watch records, and what waits for each: of one key only the latest. */
export class Watchers {
  readonly #watchers = new Set<Watcher>()

  get size(): number {
    return this.#watchers.size
  }

  /** Tells all who watch this record's key. */
  tell(record: RecordView): void {
    for (const watcher of this.#watchers) watcher.tell(record)
  }

  /** Ends all iterations, after what waits for them. */
  end(): void {
    for (const watcher of this.#watchers) watcher.end()
  }

  /** Begins to listen; ends with the signal, with `end`, or when all ends. */
  open(watched: Watched, signal: AbortSignal | undefined): Watcher {
    signal?.throwIfAborted()
    const watcher = new Watcher(watched, signal, () => this.#watchers.delete(watcher))
    this.#watchers.add(watcher)
    return watcher
  }
}

/** One who watches. Never an iterator with a step under way: who stops early is not kept waiting for the next record. */
class Watcher implements Disposable {
  readonly #watched: Watched
  readonly #signal: AbortSignal | undefined
  readonly #leave: () => void
  readonly #abort = (): void => this.end()
  readonly #waiting = new Map<string, RecordView>()
  #wake: (() => void) | undefined
  #ended = false

  constructor(watched: Watched, signal: AbortSignal | undefined, leave: () => void) {
    this.#watched = watched
    this.#signal = signal
    this.#leave = leave
    signal?.addEventListener('abort', this.#abort, { once: true })
  }

  tell(record: RecordView): void {
    if (!concerns(this.#watched, record.key)) return
    const name = mapKey(record.key)
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

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#leave()
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

function concerns(watched: Watched, key: Uint8Array): boolean {
  const bytes = 'key' in watched ? watched.key : watched.prefix
  if ('key' in watched && key.length !== bytes.length) return false
  return key.length >= bytes.length && bytes.every((byte, index) => key[index] === byte)
}
