import type { SetTimer } from '@recordkit/record-types'

/** A call ends between 7/8 of the timeout and the timeout. */
const ticksPerTimeout = 8

interface Call {
  /** the tick at which the call ends */
  readonly last: number
  readonly expire: () => void
}

/**
 * Ends calls that take longer than the timeout. All calls share one timer that ticks while calls are running: a timer per call
 * would cost more than a read from memory.
 */
export class CallTimeouts {
  readonly #timeout: number
  readonly #setTimer: SetTimer
  /** in the order in which they end */
  readonly #calls = new Set<Call>()
  #tick = 0
  #cancelTick: (() => void) | undefined

  /** @param timeout - ms; `Infinity` means no timeout */
  constructor(timeout: number, setTimer: SetTimer = backgroundTimer) {
    this.#timeout = timeout
    this.#setTimer = setTimer
  }

  /**
   * Rejects with `error()` when `work` does not settle within the timeout. A later result of `work` is ignored.
   *
   * @param convert - makes an error of the reason for which `work` rejects
   */
  limit<Result>(
    work: Promise<Result>,
    error: () => Error,
    convert: (reason: unknown) => unknown = (reason) => reason
  ): Promise<Result> {
    if (this.#timeout === Number.POSITIVE_INFINITY)
      return Promise.resolve(work).catch((reason: unknown) => {
        throw convert(reason)
      })
    return new Promise<Result>((resolve, reject) => {
      const call: Call = { last: this.#tick + ticksPerTimeout, expire: () => reject(error()) }
      this.#calls.add(call)
      if (this.#cancelTick === undefined) this.#startTick()
      work.then(
        (result) => {
          this.#calls.delete(call)
          resolve(result)
        },
        (reason: unknown) => {
          this.#calls.delete(call)
          reject(convert(reason))
        }
      )
    })
  }

  /** Stops the timer when no call is running. A later call starts it again. */
  stop(): void {
    if (this.#calls.size > 0) return
    this.#cancelTick?.()
    this.#cancelTick = undefined
  }

  #startTick(): void {
    this.#cancelTick = this.#setTimer(() => {
      this.#cancelTick = undefined
      this.#tick++
      for (const call of this.#calls) {
        if (call.last > this.#tick) break
        this.#calls.delete(call)
        call.expire()
      }
      if (this.#calls.size > 0) this.#startTick()
    }, this.#timeout / ticksPerTimeout)
  }
}

/** A timer that does not keep a Node process running: the I/O of a running call does. */
const backgroundTimer: SetTimer = (run, delay) => {
  // platforms run a timer that exceeds 2^31 - 1 ms immediately
  const timer = setTimeout(run, Math.min(delay, 2_147_483_647))
  if (isNodeTimer(timer)) timer.unref()
  return () => clearTimeout(timer)
}

/** In browsers a timer is a number. */
function isNodeTimer(timer: unknown): timer is { unref(): void } {
  return typeof timer === 'object'
}
