import { RecordError } from '../errors.ts'
import type { Clock, SetTimer } from '../time.ts'
import { returnedCopy } from './byte-pool.ts'
import { DueQueue } from './due-queue.ts'
import { mapKey } from './map-key.ts'
import { raceAbort } from './race-abort.ts'

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

/** When a key is due. */
export interface RepublishPlan {
  /** ns since the Unix epoch */
  readonly at: bigint
  /** ns; the longest wait after a failure. @default an hour */
  readonly longestRetry?: bigint | undefined
}

interface Entry extends Pick<RepublishPlan, 'longestRetry'> {
  readonly key: Uint8Array
  readonly failures: number
  readonly error?: unknown
}

interface Running {
  readonly work: Promise<void>
  readonly controller: AbortController
}

/** Options of {@link Republisher}. */
export interface RepublisherOptions {
  /** maximum number of concurrent publications */
  readonly concurrency: number
  /** ns before a failed publication is tried again; doubled after every failure, up to an hour or the `longestRetry` of the key */
  readonly retry: bigint
  /** ms after which a publication counts as failed, so that those that never end do not stop the others; `Infinity`: never. @default 600_000 */
  readonly timeout?: number | undefined
  /**
   * Publishes a key and resolves to when it is due again; `undefined` removes it. Rejects when publishing failed. The signal
   * aborts when the key is removed, changed or out of time.
   */
  readonly publish: (key: Uint8Array, signal: AbortSignal) => Promise<RepublishPlan | undefined>
  readonly clock: Clock
  readonly setTimer: SetTimer
  /** 0 to below 1; spreads publications over time */
  readonly random: () => number
}

/** ms: the longest delay of a timer. Timers overflow above 2^31 ms, and a clock that jumped is noticed after this time. */
const maxTimer = 60_000
/** ns: a clock that is set back by more moves everything that is due */
const maxBackwards = 60_000_000_000n
/** ns: an hour */
const maxRetry = 3_600_000_000_000n

/**
 * Publishes keys when they are due. A failing key does not delay the others: each has its own back-off, and a publication that
 * never ends is given up. Jitter spreads keys that are due at the same time. Keys that became due while the machine slept are
 * published with the usual concurrency. When the clock is set back, the keys stay due after the same time.
 */
export class Republisher {
  readonly #options: RepublisherOptions
  readonly #queue = new DueQueue<Entry>()
  readonly #running = new Map<string, Running>()
  #cancel: (() => void) | undefined
  #started = false
  #latest: bigint | undefined

  constructor(options: RepublisherOptions) {
    this.#options = options
  }

  /** The keys in the queue, ordered by the time at which they are due. */
  get entries(): RepublishQueueEntry[] {
    return this.#queue
      .entries()
      .map(({ at, item: { key, failures, error } }) => entryOf(at, { key: returnedCopy(key), failures, error }))
  }

  /** The state of one key; `undefined` when it is not in the queue, or is being published now. */
  entry(key: Uint8Array): RepublishQueueEntry | undefined {
    const entry = this.#queue.get(mapKey(key))
    return entry && entryOf(entry.at, entry.item)
  }

  /** Whether a key is in the queue or being published now. */
  has(key: Uint8Array): boolean {
    return this.#queue.has(mapKey(key)) || this.isRunning(key)
  }

  /** Whether a key is being published now. */
  isRunning(key: Uint8Array): boolean {
    return this.#running.has(mapKey(key))
  }

  /** Number of keys in the queue, and of those that failed last; ns by which the first is late. */
  get stats(): { readonly size: number; readonly failing: number; readonly lag: bigint } {
    let failing = 0
    for (const { failures } of this.#queue.items()) if (failures > 0) failing++
    const now = this.#options.clock()
    const due = this.#queue.first()?.at ?? now
    return { size: this.#queue.size, failing, lag: due < now ? now - due : 0n }
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
    await Promise.allSettled([...this.#running.values()].map(({ work }) => work))
  }

  /** Adds a key, up to a tenth of its wait early, so that keys published together do not stay together. */
  add(key: Uint8Array, plan: RepublishPlan): void {
    this.#add(key, plan)
    this.#schedule()
  }

  /** Reports that a publication outside of the queue failed. The key is published again after the back-off. */
  failed(key: Uint8Array, error: unknown, longestRetry?: bigint): void {
    const known = this.#queue.get(mapKey(key))?.item ?? { key, failures: 0 }
    this.#postpone({ ...known, longestRetry: longestRetry ?? known.longestRetry }, error)
    this.#schedule()
  }

  /** Removes a key from the queue, and ends its publication if it is running. */
  remove(key: Uint8Array): void {
    this.#queue.delete(mapKey(key))
    this.interrupt(key)
  }

  /** Ends the publication of a key if it is running: something later is published. */
  interrupt(key: Uint8Array): void {
    this.#running.get(mapKey(key))?.controller.abort()
  }

  #add(key: Uint8Array, { at, longestRetry }: RepublishPlan): void {
    const now = this.#options.clock()
    const wait = at > now ? at - now : 0n
    const early = BigInt(Math.floor((Number(wait) / 10) * this.#options.random()))
    this.#queue.set(mapKey(key), now + wait - early, { key, failures: 0, longestRetry })
  }

  #postpone({ key, failures, longestRetry = maxRetry }: Entry, error: unknown): void {
    const { retry, random, clock } = this.#options
    const longest = longestRetry < maxRetry ? longestRetry : maxRetry
    let wait = retry << BigInt(Math.min(failures, 20))
    if (wait > longest) wait = longest
    wait -= BigInt(Math.floor((Number(wait) / 4) * random()))
    this.#queue.set(mapKey(key), clock() + wait, { key, failures: failures + 1, error, longestRetry })
  }

  /** Publishes what is due, and sets the timer for the next key. */
  #schedule(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (!this.#started) return
    const { clock, concurrency, setTimer } = this.#options
    const now = clock()
    if (this.#latest !== undefined && this.#latest - now > maxBackwards) this.#queue.moveBack(this.#latest - now)
    this.#latest = now
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
    const controller = new AbortController()
    const work = this.#publish(entry, controller).finally(() => {
      if (this.#running.get(name)?.controller === controller) this.#running.delete(name)
      this.#schedule()
    })
    this.#running.set(name, { work, controller })
  }

  async #publish(entry: Entry, controller: AbortController): Promise<void> {
    const name = mapKey(entry.key)
    const { publish, setTimer, timeout = 600_000 } = this.#options
    const { signal } = controller
    let isLate = false
    const giveUp = (): void => {
      isLate = true
      controller.abort(
        new RecordError('TIMEOUT', `the publication did not end within ${timeout} ms`, { key: entry.key })
      )
    }
    const cancel = timeout === Number.POSITIVE_INFINITY ? undefined : setTimer(giveUp, timeout)
    try {
      const plan = await raceAbort(publish(entry.key, signal), signal)
      if (plan !== undefined && !signal.aborted && !this.#queue.has(name)) this.#add(entry.key, plan)
    } catch (error) {
      const isInterrupted = signal.aborted && !isLate
      if (!isInterrupted && !this.#queue.has(name)) this.#postpone(entry, error)
    } finally {
      cancel?.()
    }
  }
}

function entryOf(
  next: bigint,
  { key, failures, error }: Pick<Entry, 'key' | 'failures' | 'error'>
): RepublishQueueEntry {
  return error === undefined ? { key, next, failures } : { key, next, failures, error }
}
