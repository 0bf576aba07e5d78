import type { Clock, SetTimer } from '../time.ts'
import { DueQueue } from './due-queue.ts'
import { mapKey } from './map-key.ts'

/** The state of one key that is republished. */
export interface RepublishQueueEntry {
  readonly key: Uint8Array
  /** ns since the Unix epoch; when it is published next */
  readonly next: bigint
  /** number of consecutive failures */
  readonly failures: number
  /** the reason of the last failure */
  readonly error?: unknown
}

interface Entry {
  readonly key: Uint8Array
  readonly failures: number
  readonly error?: unknown
}

/** Options of {@link Republisher}. */
export interface RepublisherOptions {
  /** ns between two publications of a key */
  readonly interval: (key: Uint8Array) => bigint
  /** maximum number of concurrent publications */
  readonly concurrency: number
  /** ns before a failed publication is tried again; doubled after every failure, up to the interval */
  readonly retry: bigint
  /** Publishes a key and resolves to whether it should be published again later. Rejects when publishing failed. */
  readonly publish: (key: Uint8Array) => Promise<boolean>
  readonly clock: Clock
  readonly setTimer: SetTimer
  /** 0 to below 1; spreads publications over time */
  readonly random: () => number
}

/** ms: the longest delay of a timer. Timers overflow above 2^31 ms, and a clock that jumped is noticed after this time. */
const maxTimer = 60_000

/**
 * Publishes keys again before their records expire. A failing key does not delay the others: each has its own back-off.
 * Jitter spreads keys that are due at the same time. Keys that became due while the machine slept are published with the
 * usual concurrency.
 */
export class Republisher {
  readonly #options: RepublisherOptions
  readonly #queue = new DueQueue<Entry>()
  readonly #running = new Map<string, Promise<void>>()
  #cancel: (() => void) | undefined
  #started = false

  constructor(options: RepublisherOptions) {
    this.#options = options
  }

  /** The keys in the queue, ordered by the time at which they are due. */
  get entries(): RepublishQueueEntry[] {
    return this.#queue.entries().map(({ at, item }) => ({ ...item, next: at }))
  }

  /** The state of one key; `undefined` when it is not in the queue, or is being published now. */
  entry(key: Uint8Array): RepublishQueueEntry | undefined {
    const entry = this.#queue.get(mapKey(key))
    return entry && { ...entry.item, next: entry.at }
  }

  /** Number of keys in the queue. */
  get size(): number {
    return this.#queue.size
  }

  /** Starts to publish keys that are due. */
  start(): void {
    this.#started = true
    this.#schedule()
  }

  /** Starts no further publications and waits for those that are running. */
  async stop(): Promise<void> {
    this.#started = false
    this.#cancel?.()
    await Promise.allSettled(this.#running.values())
  }

  /**
   * Adds a key.
   *
   * @param published - ns since the Unix epoch; when the key was published last. `undefined`: it is due immediately.
   */
  add(key: Uint8Array, published: bigint | undefined): void {
    const now = this.#options.clock()
    const next = published === undefined ? now : this.#nextAfter(key, published)
    this.#queue.set(mapKey(key), next > now ? next : now, { key, failures: 0 })
    this.#schedule()
  }

  /** Reports that a publication outside of the queue failed. The key is published again after the back-off. */
  failed(key: Uint8Array, error: unknown): void {
    this.#postpone(this.#queue.get(mapKey(key))?.item ?? { key, failures: 0 }, error)
    this.#schedule()
  }

  /** Removes a key from the queue. */
  remove(key: Uint8Array): void {
    this.#queue.delete(mapKey(key))
  }

  /** Up to a tenth of the interval early, so that keys published together do not stay together. */
  #nextAfter(key: Uint8Array, published: bigint): bigint {
    const interval = this.#options.interval(key)
    return published + interval - BigInt(Math.floor((Number(interval) / 10) * this.#options.random()))
  }

  #postpone(entry: Entry, error: unknown): void {
    const { retry, random, clock } = this.#options
    const longest = this.#longestWait(entry.key)
    let wait = retry << BigInt(Math.min(entry.failures, 20))
    if (wait > longest) wait = longest
    wait -= BigInt(Math.floor((Number(wait) / 4) * random()))
    this.#queue.set(mapKey(entry.key), clock() + wait, { key: entry.key, failures: entry.failures + 1, error })
  }

  /** The interval of a key; the back-off when the application's function for it fails, as it may have failed before. */
  #longestWait(key: Uint8Array): bigint {
    try {
      return this.#options.interval(key)
    } catch {
      return this.#options.retry
    }
  }

  /** Publishes what is due, and sets the timer for the next key. */
  #schedule(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (!this.#started) return
    const { clock, concurrency, setTimer } = this.#options
    const now = clock()
    for (
      let first = this.#queue.first();
      first !== undefined && this.#running.size < concurrency;
      first = this.#queue.first()
    ) {
      if (first.at > now) {
        const delay = Math.min(maxTimer, Math.ceil(Number(first.at - now) / 1e6))
        this.#cancel = setTimer(() => this.#schedule(), delay)
        return
      }
      this.#run(first.item)
    }
  }

  #run(entry: Entry): void {
    const name = mapKey(entry.key)
    // removed until the publication ends; an entry that is added meanwhile takes precedence
    this.#queue.delete(name)
    const work = this.#publish(entry).finally(() => {
      this.#running.delete(name)
      this.#schedule()
    })
    this.#running.set(name, work)
  }

  async #publish(entry: Entry): Promise<void> {
    const name = mapKey(entry.key)
    const { publish, clock } = this.#options
    try {
      if (!(await publish(entry.key)) || this.#queue.has(name)) return
      this.#queue.set(name, this.#nextAfter(entry.key, clock()), { key: entry.key, failures: 0 })
    } catch (error) {
      if (!this.#queue.has(name)) this.#postpone(entry, error)
    }
  }
}
