import { BoundedMap, mapKey } from '@recordkit/record-types/internal'

/** Maximum number of changed keys that wait for one slow reader; the oldest is dropped first. */
const maxWaiting = 65_536

interface Reader {
  readonly keys: BoundedMap<string, Uint8Array>
  wake: () => void
}

/** Reports the keys that this process changes to the iterations of `changes()`. */
export class LocalChanges {
  readonly #readers = new Set<Reader>()
  #closed = false

  /** Whether there is a reader. */
  get watched(): boolean {
    return this.#readers.size > 0
  }

  notify(key: Uint8Array): void {
    for (const reader of this.#readers) {
      reader.keys.set(mapKey(key), new Uint8Array(key))
      reader.wake()
    }
  }

  close(): void {
    this.#closed = true
    for (const { wake } of this.#readers) wake()
  }

  /** Keys from the first step on; a key that changes again before it is read is reported once. */
  async *open(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, undefined> {
    const reader: Reader = { keys: new BoundedMap(maxWaiting), wake: () => undefined }
    this.#readers.add(reader)
    const abort = (): void => reader.wake()
    signal?.addEventListener('abort', abort)
    try {
      for (;;) {
        signal?.throwIfAborted()
        for (const [name, key] of reader.keys) {
          reader.keys.delete(name)
          yield key
        }
        if (this.#closed) return undefined
        signal?.throwIfAborted()
        if (reader.keys.size > 0) continue
        await new Promise<void>((resolve) => {
          reader.wake = resolve
        })
      }
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#readers.delete(reader)
    }
  }
}
