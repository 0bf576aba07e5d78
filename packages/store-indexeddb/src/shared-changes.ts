import { LocalChanges } from '@recordkit/record-store/internal'
import { isBytes } from '@recordkit/record-types/internal'

/** Reports the keys that other tabs and workers change: each posts what it has written to a channel of the database. */
export class SharedChanges {
  readonly #channel: BroadcastChannel
  readonly #others = new LocalChanges()

  /** @param name - of the database */
  constructor(name: string) {
    this.#channel = new BroadcastChannel(`recordkit:changes:${name}`)
    this.#unref()
  }

  /** Posts the keys of a write that has ended. */
  notify(keys: readonly Uint8Array[]): void {
    // copies, because a clone of a view contains the whole buffer
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
    this.#channel.postMessage(keys.map((key) => key.slice()))
  }

  open(signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    this.#channel.onmessage ??= ({ data }: MessageEvent<unknown>) => {
      if (!Array.isArray(data)) return
      for (const key of data) if (isBytes(key)) this.#others.notify(key)
    }
    this.#unref()
    return this.#others.open(signal)
  }

  close(): void {
    this.#others.close()
    this.#channel.close()
  }

  /** In Node a channel would keep the process running. */
  #unref(): void {
    ;(this.#channel as { unref?(): void }).unref?.()
  }
}
