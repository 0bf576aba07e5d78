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

interface Waiter {
  readonly resolve: () => void
}

/**
 * Divides work into pieces that leave the event loop to other tasks. All work of a realm shares one instance, {@link turns}: loops over
 * records, and calls that many callers make concurrently. What does not fit into a turn waits for a later one, in the order of the calls.
 */
export class Turns {
  /** when the work of the current turn began, in ms; `undefined` when there was none */
  #started: number | undefined
  readonly #waiting = new Set<Waiter>()
  /** made at the start of the realm: a task of fake timers, which tests install and remove, may never run, and all work would wait for it */
  readonly #startTask = taskStarter()

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
    if (this.hasTime) return undefined
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.delete(waiter)
        reject(signal?.reason as Error)
      }
      const waiter: Waiter = {
        resolve: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        }
      }
      this.#waiting.add(waiter)
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

  #begin(now: number): void {
    this.#started = now
    this.nextTurn(() => {
      this.#started = undefined
      if (this.#waiting.size > 0) void this.#resume()
    })
  }

  /** Lets those that wait work, one after another, while this turn has time. */
  async #resume(): Promise<void> {
    const started = this.now()
    this.#begin(started)
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter)
      waiter.resolve()
      // the work runs before this continues
      await Promise.resolve()
      if (this.now() - started >= maxWork) return
    }
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
