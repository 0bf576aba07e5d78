import type { Clock, SetTimer } from '@recordkit/record-types'

/**
 * A clock and timers that move only when told to, to hand in wherever a clock or timers may be. Times in ns, delays in
 * ms, as record-types has them. What waits for anything but promises and these timers, a socket or a thread, is not waited
 * for.
 */
export class FakeTimers {
  /** may be set, as a clock jumps */
  now: bigint
  readonly #timers = new Set<{ at: bigint; run: () => void }>()

  /** @param start - ns since the Unix epoch */
  constructor(start = 1_790_000_000_000_000_000n) {
    this.now = start
  }

  readonly clock: Clock = () => this.now

  readonly setTimer: SetTimer = (run, delay) => {
    const timer = { at: this.now + BigInt(Math.round(delay * 1e6)), run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves on by `duration` ns; every timer on the way runs at its time, and what it started gets its turns. */
  async advance(duration: bigint): Promise<void> {
    const end = this.now + duration
    for (;;) {
      await flushMicrotasks()
      let next: { at: bigint; run: () => void } | undefined
      for (const timer of this.#timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer
      if (next === undefined) break
      this.#timers.delete(next)
      if (next.at > this.now) this.now = next.at
      next.run()
    }
    this.now = end
    await flushMicrotasks()
  }
}

/** Lets everything that waits for promises alone come to rest. */
export async function flushMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve()
}
