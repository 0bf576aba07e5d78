import type { Clock, SetTimer } from '@recordkit/record-types'

interface Timer {
  at: bigint
  readonly run: () => void
}

/** The clock and the timers of one simulated machine. Its timers stop while it sleeps; its clock can be wrong. */
export class SimulatedTimers {
  readonly #now: () => bigint
  readonly #timers = new Set<Timer>()
  #sleeping: bigint | undefined
  /** ns by which the clock is ahead of the time */
  offset = 0n

  /** @param now - the time of the simulation */
  constructor(now: () => bigint) {
    this.#now = now
  }

  readonly clock: Clock = () => this.#now() + this.offset

  readonly setTimer: SetTimer = (run, delay) => {
    const timer = { at: this.#now() + BigInt(Math.max(0, Math.round(delay * 1e6))), run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Number of timers that have not run. */
  get pending(): number {
    return this.#timers.size
  }

  sleep(): void {
    this.#sleeping = this.#now()
  }

  wake(): void {
    if (this.#sleeping === undefined) return
    const slept = this.#now() - this.#sleeping
    for (const timer of this.#timers) timer.at += slept
    this.#sleeping = undefined
  }

  /** Removes all timers: the process has ended. */
  clear(): void {
    this.#timers.clear()
  }

  /** The time of the first timer; `undefined` when there is none, or the machine sleeps. */
  get next(): bigint | undefined {
    let first: bigint | undefined
    if (this.#sleeping === undefined)
      for (const { at } of this.#timers) if (first === undefined || at < first) first = at
    return first
  }

  /** Runs the timers that are due. */
  runDue(): void {
    for (const timer of Array.from(this.#timers)) {
      if (timer.at > this.#now() || !this.#timers.delete(timer)) continue
      timer.run()
    }
  }
}
