import { mapKey } from '@recordkit/record-types'
import type { Clock, SetTimer } from '@recordkit/record-types'
import { Schedule } from './schedule.ts'

export interface RepublishOptions {
  /** ns between two publications of a record under this key; 22 hours, and 4 for IPNS, when absent */
  readonly interval?: (key: Uint8Array) => bigint
  /** publications under way at the most; 4 when absent */
  readonly concurrency?: number
  /** ns before a failed publication is tried again: the first time; doubled each time up to the interval. 1 minute when absent */
  readonly retry?: bigint
}

/** Where a record stands in the schedule. */
export interface RepublishStatus {
  readonly key: Uint8Array
  /** ns since the Unix epoch */
  readonly next: bigint
  /** failures in a row */
  readonly failures: number
  readonly error?: unknown
}

interface Entry {
  readonly key: Uint8Array
  failures: number
  error?: unknown
}

interface RepublisherParts extends RepublishOptions {
  /** publishes the record held under a key anew; answers whether there still is one to keep alive. Throws when it failed */
  readonly publish: (key: Uint8Array) => Promise<boolean>
  readonly clock: Clock
  readonly setTimer: SetTimer
  /** 0 to below 1 */
  readonly random: () => number
}

const hour = 3_600_000_000_000n
const ipnsPrefix: readonly number[] = [0x2f, 0x69, 0x70, 0x6e, 0x73, 0x2f]
/** Longest sleep of one timer, in ms: browsers and Node wrap around above 2^31. A clock that jumps is noticed by then. */
const maxSleep = 60_000

/** boxo republishes names every 4 hours, go-libp2p-kad-dht's records live for 48 and are republished every 22. */
function defaultInterval(key: Uint8Array): bigint {
  return ipnsPrefix.every((byte, index) => key[index] === byte) ? 4n * hour : 22n * hour
}

/**
 * Publishes records again before they lapse. One bad key never stops the rest: each has its own back-off. What is due
 * is spread by jitter, and what was missed during a long sleep is caught up with, a few at a time.
 */
export class Republisher {
  readonly #parts: RepublisherParts
  readonly #interval: (key: Uint8Array) => bigint
  readonly #concurrency: number
  readonly #retry: bigint
  readonly #schedule = new Schedule<Entry>()
  readonly #running = new Map<string, Promise<void>>()
  #cancel: (() => void) | undefined
  #started = false

  constructor(parts: RepublisherParts) {
    this.#parts = parts
    this.#interval = parts.interval ?? defaultInterval
    this.#concurrency = parts.concurrency ?? 4
    this.#retry = parts.retry ?? 60_000_000_000n
  }

  /** Records in the schedule, the next first. */
  get status(): RepublishStatus[] {
    return this.#schedule.entries().map(({ at, item: { key, failures, error } }) => ({
      key,
      next: at,
      failures,
      ...(error === undefined ? {} : { error })
    }))
  }

  /** How many records are kept alive. */
  get size(): number {
    return this.#schedule.size
  }

  start(): void {
    this.#started = true
    this.#plan()
  }

  /** Starts nothing more and waits for what is under way. */
  async stop(): Promise<void> {
    this.#started = false
    this.#cancel?.()
    await Promise.allSettled(this.#running.values())
  }

  /** Keeps a record alive that was last published at `published` (ns); never: it is due at once. */
  add(key: Uint8Array, published: bigint | undefined): void {
    const now = this.#parts.clock()
    const next = published === undefined ? now : this.#after(key, published)
    this.#schedule.set(mapKey(key), next > now ? next : now, { key, failures: 0 })
    this.#plan()
  }

  /** Publication failed outside of the schedule: it is tried again soon. */
  failed(key: Uint8Array, error: unknown): void {
    this.#postpone({ key, failures: 0 }, error)
    this.#plan()
  }

  remove(key: Uint8Array): void {
    this.#schedule.delete(mapKey(key))
  }

  /** When a record is to be published again: up to a tenth of the interval early, so that not all are at once. */
  #after(key: Uint8Array, published: bigint): bigint {
    const interval = this.#interval(key)
    return published + interval - BigInt(Math.floor((Number(interval) / 10) * this.#parts.random()))
  }

  #postpone(entry: Entry, error: unknown): void {
    const interval = this.#interval(entry.key)
    const failures = entry.failures + 1
    let wait = this.#retry << BigInt(Math.min(failures - 1, 20))
    if (wait > interval) wait = interval
    wait -= BigInt(Math.floor((Number(wait) / 4) * this.#parts.random()))
    this.#schedule.set(mapKey(entry.key), this.#parts.clock() + wait, { key: entry.key, failures, error })
  }

  /** Sets the one timer for what is due first, or begins it. */
  #plan(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (!this.#started) return
    const now = this.#parts.clock()
    for (
      let first = this.#schedule.first();
      first !== undefined && this.#running.size < this.#concurrency;
      first = this.#schedule.first()
    ) {
      if (first.at > now) {
        const sleep = Math.min(maxSleep, Math.ceil(Number(first.at - now) / 1e6))
        this.#cancel = this.#parts.setTimer(() => this.#plan(), sleep)
        return
      }
      this.#begin(first.item)
    }
  }

  #begin(entry: Entry): void {
    const name = mapKey(entry.key)
    // out of the way until it has ended; what else happens to the key meanwhile is a new entry, and stands
    this.#schedule.delete(name)
    const work = this.#publish(entry).finally(() => {
      this.#running.delete(name)
      this.#plan()
    })
    this.#running.set(name, work)
  }

  async #publish(entry: Entry): Promise<void> {
    const name = mapKey(entry.key)
    try {
      if (!(await this.#parts.publish(entry.key)) || this.#schedule.has(name)) return
      this.#schedule.set(name, this.#after(entry.key, this.#parts.clock()), { key: entry.key, failures: 0 })
    } catch (error) {
      if (!this.#schedule.has(name)) this.#postpone(entry, error)
    }
  }
}
