/** ms of work after which other tasks of the event loop get their turn */
const maxWork = 2
/** ms after which the task that ends a turn is lost: some servers end the tasks of a request with it */
const lostAfter = 1000

/** Functions of the platform; those of which some engines have none are optional. */
interface PlatformTasks {
  readonly setImmediate?: (run: () => void) => unknown
  readonly MessageChannel?: typeof MessageChannel
  readonly setTimeout: typeof setTimeout
}
/** of Node.js: runs a function when no more microtasks are queued */
type NextTick = (run: () => void) => unknown

interface Waiter {
  readonly resolve: () => void
  /** whether it is a call that begins */
  readonly begins: boolean
}

/**
 * Divides work into pieces that leave the event loop to other tasks. All work of a realm shares one instance, {@link turns}: loops over
 * records, and calls that many callers make concurrently. What does not fit into a turn waits for a later one, in the order of the calls.
 */
export class Turns {
  /** when the work of the current turn began, in ms; `undefined` when there was none */
  #started: number | undefined
  /** whether a call was let begin since the engine last ran microtasks */
  #hasBegun = false
  #isResuming = false
  readonly #waiting = new Set<Waiter>()
  /** number of those that wait to begin */
  #beginning = 0
  #afterBegun: (() => void)[] = []
  /** made at the start of the realm: a task of fake timers, which tests install and remove, may never run, and all work would wait for it */
  readonly #startTask = taskStarter()
  readonly #nextTick = (globalThis as { process?: { nextTick?: NextTick } }).process?.nextTick

  /** ms; replaced in tests */
  now(): number {
    return performance.now()
  }

  /** Runs a function in the next turn of the event loop; replaced in tests. */
  nextTurn(run: () => void): void {
    this.#startTask(run)
  }

  /** Number of calls that wait for a turn. */
  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Call this before a piece of work that takes less than a millisecond, and await the result unless it is `undefined`: then the current
   * turn has time for it.
   *
   * @throws (the promise) the reason of the signal
   */
  wait(signal?: AbortSignal): Promise<void> | undefined {
    return this.hasTime ? undefined : this.#wait(false, signal)
  }

  /**
   * As {@link Turns.wait}, at the start of a call that awaits something before it works, such as a lock. Of those that are made one
   * after another, which would all find that there is time, each begins after the work of the one before it.
   */
  begin(signal?: AbortSignal): Promise<void> | undefined {
    if (!this.#hasBegun && this.hasTime) {
      this.#hasBegun = true
      queueMicrotask(() => (this.#hasBegun = false))
      return undefined
    }
    // those that wait already are resumed by the call that began, or in the next turn
    if (this.#waiting.size === 0) queueMicrotask(() => void this.#resume())
    return this.#wait(true, signal)
  }

  /** Runs a function after the calls that begin in this turn: what they need is asked for together. */
  afterBegun(run: () => void): void {
    if (this.#beginning === 0) queueMicrotask(run)
    else this.#afterBegun.push(run)
  }

  #wait(begins: boolean, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#delete(waiter)
        reject(signal?.reason as Error)
      }
      const waiter: Waiter = {
        begins,
        resolve: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        }
      }
      this.#waiting.add(waiter)
      if (begins) this.#beginning++
      const now = this.now()
      if (this.#started === undefined || now - this.#started > lostAfter) this.#begin(now)
      signal?.addEventListener('abort', abort, { once: true })
      if (signal?.aborted === true) abort()
    })
  }

  /** Leaves the event loop to other tasks, whether this turn has time or not. */
  next(): Promise<void> {
    return new Promise((resolve) => this.nextTurn(resolve))
  }

  /** Whether a piece of work need not wait. */
  get hasTime(): boolean {
    return this.#waiting.size === 0 && this.#hasTime()
  }

  #hasTime(): boolean {
    const now = this.now()
    if (this.#started !== undefined) return now - this.#started < maxWork
    this.#begin(now)
    return true
  }

  #delete(waiter: Waiter): void {
    if (this.#waiting.delete(waiter) && waiter.begins) this.#beginning--
  }

  #begin(now: number): void {
    this.#started = now
    this.nextTurn(() => {
      this.#started = undefined
      void this.#resume()
    })
  }

  /** Lets those that wait work, one after another, while this turn has time. */
  async #resume(): Promise<void> {
    if (this.#isResuming) return
    this.#isResuming = true
    for (const waiter of this.#waiting) {
      if (!this.#hasTime()) break
      this.#delete(waiter)
      waiter.resolve()
      // the work runs before this continues
      await Promise.resolve()
      // in Node.js until it waits for something else than a promise that is resolved already; in other engines this may throw
      if (this.#nextTick !== undefined) await new Promise<void>(this.#nextTick).catch(() => {})
    }
    this.#isResuming = false
    const after = this.#afterBegun
    this.#afterBegun = []
    for (const run of after) run()
  }
}

/** The turns of the event loop of this realm. */
export const turns: Turns = /* @__PURE__ */ new Turns()

/**
 * Returns what runs a function as a task of its own: `setImmediate`, messages or timers. Browsers delay timers by 4 ms, and by a second
 * in the background, but not messages. An engine may have functions that throw: the edge runtime of Next.js has both of the first two.
 */
function taskStarter(): (run: () => void) => void {
  const { setImmediate, setTimeout, MessageChannel } = globalThis as PlatformTasks
  const tasks: (() => void)[] = []
  const runFirst = (): void => tasks.shift()?.()
  let port: MessagePort | undefined
  const starters = [
    () => setImmediate!.call(globalThis, runFirst),
    () => {
      if (port === undefined) {
        const { port1, port2 } = new MessageChannel!()
        port1.onmessage = runFirst
        port = port2
      }
      port.postMessage(0)
    },
    () => setTimeout.call(globalThis, runFirst, 0)
  ]
  return (run) => {
    tasks.push(run)
    for (;;) {
      try {
        starters[0]!()
        return
      } catch (error) {
        if (starters.length === 1) throw error
        starters.shift()
      }
    }
  }
}
