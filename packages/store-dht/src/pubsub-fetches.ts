import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { Clock, RoutingAnswer, SetTimer } from '@recordkit/record-types'
import { BoundedMap, mapKey } from '@recordkit/record-types/internal'
import type { Topic } from './pubsub-topic.ts'
import type { PubsubFetch } from './pubsub-types.ts'
import { withTimeout } from './timeout.ts'

/** maximum number of fetches that run, and that wait; further ones are left out */
const maxRunning = 8
const maxWaiting = 512
/** ns within which a peer that joins a topic again is not asked again: it decides how often it joins */
const pause = 10_000_000_000n
/** maximum number of peers and topics whose last fetch is remembered; the oldest is removed first */
const maxRemembered = 4096

/** Options of {@link Fetches}. */
export interface FetchesOptions {
  readonly fetch: PubsubFetch | undefined
  /** ms */
  readonly timeout: number
  readonly clock: Clock
  readonly setTimer: SetTimer
  /** receives the value that a peer answered with */
  readonly onValue: (topic: Topic, peer: Libp2pPeerId, value: Uint8Array) => Promise<unknown>
}

/** Asks peers on a topic for the record that they have, over libp2p's fetch protocol. */
export class Fetches {
  readonly #options: FetchesOptions
  readonly #running = new Set<Promise<unknown>>()
  readonly #last = new BoundedMap<string, bigint>(maxRemembered)
  #waiting: { readonly topic: Topic; readonly peer: Libp2pPeerId; readonly signal: AbortSignal }[] = []

  constructor(options: FetchesOptions) {
    this.#options = options
  }

  /** Number of fetches that run or wait. */
  get size(): number {
    return this.#running.size + this.#waiting.length
  }

  /** Asks a peer in the background, unless it was asked a moment ago or too many fetches wait. */
  add(topic: Topic, peer: Libp2pPeerId, signal: AbortSignal): void {
    if (this.#options.fetch === undefined || this.#waiting.length >= maxWaiting) return
    const name = `${topic.name} ${mapKey(peer.toMultihash().bytes)}`
    const now = this.#options.clock()
    const last = this.#last.get(name)
    if (last !== undefined && now >= last && now - last < pause) return
    this.#last.set(name, now)
    this.#waiting.push({ topic, peer, signal })
    this.#next()
  }

  /** Asks a peer. @throws the reason of the signal */
  async ask(key: Uint8Array, peer: Libp2pPeerId, signal: AbortSignal | undefined): Promise<RoutingAnswer> {
    const { fetch, timeout, setTimer } = this.#options
    const from = peer.toMultihash().bytes
    try {
      const value = await withTimeout(timeout, signal, setTimer, async (limit) =>
        fetch?.fetch(peer, key, { signal: limit.signal })
      )
      // Kubo's answer without a record is empty
      return value === undefined || value.length === 0 ? { from } : { from, value }
    } catch (error) {
      signal?.throwIfAborted()
      return { from, error }
    }
  }

  /** Drops the fetches that wait, and resolves when those that run have ended; their signal must have been aborted. */
  async stop(): Promise<void> {
    this.#waiting = []
    this.#last.clear()
    await Promise.allSettled(this.#running)
  }

  #next(): void {
    while (this.#running.size < maxRunning) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      const running = this.#fetch(next.topic, next.peer, next.signal)
        .catch(() => undefined)
        .finally(() => {
          this.#running.delete(running)
          this.#next()
        })
      this.#running.add(running)
    }
  }

  async #fetch(topic: Topic, peer: Libp2pPeerId, signal: AbortSignal): Promise<void> {
    if (!topic.isJoined) return
    const answer = await this.ask(topic.key, peer, signal)
    if ('value' in answer && answer.value !== undefined) await this.#options.onValue(topic, peer, answer.value)
  }
}
