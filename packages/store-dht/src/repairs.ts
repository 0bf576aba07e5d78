import { copyBytes } from '@recordkit/record-types'
import type { PeerId, RecordRouting, SetTimer } from '@recordkit/record-types'
import { mapKey, raceAbort } from '@recordkit/record-types/internal'
import { startTimeout } from './timeout.ts'

/** What repairs use. */
export interface RepairParts {
  readonly routing: RecordRouting
  /** maximum number of repairs that run at the same time */
  readonly max: number
  /** ms that a repair may take */
  readonly timeout: number
  readonly setTimer: SetTimer
}

/** The repairs of one read. */
export interface ReadRepairs {
  /** Sends a value in the background, unless a put of the key has begun since the read did. */
  send(value: Uint8Array, peers: readonly PeerId[]): void
  /** The read has ended. */
  end(): void
}

/**
 * Sends the best record of a read to peers that answered with an older one. Peers of other implementations keep what they receive
 * last: a put of the key ends the repairs with what reads found before.
 */
export class Repairs {
  readonly #parts: RepairParts
  readonly #running = new Set<Promise<unknown>>()
  /** of the reads that run or repair, by their keys */
  readonly #ended = new Map<string, Set<AbortController>>()

  constructor(parts: RepairParts) {
    this.#parts = parts
  }

  /** A read of a key begins. */
  begin(key: Uint8Array): ReadRepairs {
    const name = mapKey(key)
    const ended = new AbortController()
    this.#ended.set(name, (this.#ended.get(name) ?? new Set()).add(ended))
    let uses = 1
    const release = (): void => {
      if (--uses > 0) return
      const all = this.#ended.get(name)
      if (all?.delete(ended) === true && all.size === 0) this.#ended.delete(name)
    }
    return {
      send: (value, peers) => {
        if (this.#parts.routing.putToPeer === undefined) return
        for (const peer of peers.slice(0, Math.max(0, this.#parts.max - this.#running.size))) {
          if (ended.signal.aborted) return
          uses++
          const repair = this.#repair(peer, key, value, ended.signal).finally(() => {
            this.#running.delete(repair)
            release()
          })
          this.#running.add(repair)
        }
      },
      end: release
    }
  }

  /** Ends the repairs of all reads of a key that have begun. */
  end(key: Uint8Array): void {
    for (const ended of this.#ended.get(mapKey(key)) ?? []) ended.abort()
  }

  /** Resolves when the repairs that are running have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }

  /** Never rejects. */
  async #repair(peer: PeerId, key: Uint8Array, value: Uint8Array, ended: AbortSignal): Promise<void> {
    const { routing, setTimer } = this.#parts
    const timeout = startTimeout(this.#parts.timeout, ended, setTimer)
    try {
      const { signal } = timeout
      // a routing that ignores the signal must neither use up the repairs nor delay `settled`
      await raceAbort(
        Promise.resolve(routing.putToPeer?.(copyBytes(peer), copyBytes(key), copyBytes(value), { signal })),
        signal
      )
    } catch {
      // the peer stays as it is
    } finally {
      timeout.cancel()
    }
  }
}
