import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { Clock, RoutingAnswer, SetTimer } from '@recordkit/record-types'
import { BoundedMap, mapKey, raceAbort } from '@recordkit/record-types/internal'
import type { Topic } from './pubsub-topic.ts'
import type { PubsubFetch } from './pubsub-types.ts'
import { withTimeout } from './timeout.ts'

/** maximum number of fetches that run, and that wait; of further ones, the peer of which most wait loses its oldest */
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

interface Waiting {
  readonly topic: Topic
  readonly peer: Libp2pPeerId
  /** the peer, as a map key */
  readonly name: string
  readonly signal: AbortSignal
}

/** Asks peers on a topic for the record that they have, over libp2p's fetch protocol. Peers take turns. */
export class Fetches {
  readonly #options: FetchesOptions
  readonly #running = new Set<Promise<unknown>>()
  readonly #last = new BoundedMap<string, bigint>(maxRemembered)
  /** number of fetches that run, by peer */
  readonly #runningOf = new Map<string, number>()
  #waiting: Waiting[] = []

  constructor(options: FetchesOptions) {
    this.#options = options
  }

  /** Number of fetches that run or wait. */
  get size(): number {
    return this.#running.size + this.#waiting.length
  }

  /** Asks a peer in the background, unless it was asked a moment ago. */
  add(topic: Topic, peer: Libp2pPeerId, signal: AbortSignal): void {
    if (this.#options.fetch === undefined) return
    const name = mapKey(peer.toMultihash().bytes)
    const both = `${topic.name} ${name}`
    const now = this.#options.clock()
    const last = this.#last.get(both)
    if (last !== undefined && now >= last && now - last < pause) return
    this.#last.set(both, now)
    this.#waiting.push({ topic, peer, name, signal })
    if (this.#waiting.length > maxWaiting) this.#dropOne()
    this.#next()
  }

  /** Asks a peer. @throws the reason of the signal */
  async ask(key: Uint8Array, peer: Libp2pPeerId, signal: AbortSignal | undefined): Promise<RoutingAnswer> {
    const { fetch, timeout, setTimer } = this.#options
    const from = peer.toMultihash().bytes
    try {
      const value = await withTimeout(timeout, signal, setTimer, async (limit) =>
        fetch === undefined ? undefined : raceAbort(fetch.fetch(peer, key, { signal: limit.signal }), limit.signal)
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
    while (this.#running.size < maxRunning && this.#waiting.length > 0) {
      const next = this.#takeNext()
      const running = this.#fetch(next)
        .catch(() => undefined)
        .finally(() => {
          this.#running.delete(running)
          this.#next()
        })
      this.#running.add(running)
    }
  }

  /** Takes the first fetch of a peer of which the fewest run: a peer that does not answer delays no other. */
  #takeNext(): Waiting {
    let chosen = 0
    let fewest = Number.POSITIVE_INFINITY
    for (const [index, { name }] of this.#waiting.entries()) {
      const running = this.#runningOf.get(name) ?? 0
      if (running >= fewest) continue
      fewest = running
      chosen = index
    }
    return this.#waiting.splice(chosen, 1)[0] as Waiting
  }

  /** Drops the oldest fetch of the peer of which most wait. */
  #dropOne(): void {
    const counts = new Map<string, number>()
    for (const { name } of this.#waiting) counts.set(name, (counts.get(name) ?? 0) + 1)
    const most = Math.max(...counts.values())
    this.#waiting.splice(
      this.#waiting.findIndex(({ name }) => counts.get(name) === most),
      1
    )
  }

  async #fetch({ topic, peer, name, signal }: Waiting): Promise<void> {
    if (!topic.isJoined) return
    this.#runningOf.set(name, (this.#runningOf.get(name) ?? 0) + 1)
    const answer = await this.ask(topic.key, peer, signal).finally(() => {
      const running = (this.#runningOf.get(name) as number) - 1
      if (running > 0) this.#runningOf.set(name, running)
      else this.#runningOf.delete(name)
    })
    if ('value' in answer && answer.value !== undefined) await this.#options.onValue(topic, peer, answer.value)
  }
}
