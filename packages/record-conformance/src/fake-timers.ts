import { RecordError } from '@recordkit/record-types'
import type { Clock, SetTimer } from '@recordkit/record-types'
import { describe, turns } from '@recordkit/record-types/internal'

/**
 * A clock and timers that a test advances. Pass `clock` and `setTimer` to everything that accepts them. Sockets, threads and
 * other timers are not affected.
 *
 * @example
 * ```ts
 * const timers = new FakeTimers()
 * const manager = new RecordManager({ engine, store, clock: timers.clock, setTimer: timers.setTimer })
 * await timers.advance(3_600_000_000_000n) // one hour
 * ```
 */
export class FakeTimers {
  /** ns since the Unix epoch; set it to simulate a clock that jumps */
  now: bigint
  /** ns by which the clock is ahead of the timers: set it to simulate a clock that is set while timers go on */
  offset = 0n
  readonly #timers = new Set<{ at: bigint; run: () => void }>()

  /** @param start - ns since the Unix epoch */
  constructor(start = 1_790_000_000_000_000_000n) {
    this.now = start
  }

  readonly clock: Clock = () => this.now + this.offset

  readonly setTimer: SetTimer = (run, delay) => {
    const timer = { at: this.now + BigInt(Math.round(delay * 1e6)), run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Number of timers that have not run. */
  get pending(): number {
    return this.#timers.size
  }

  /**
   * Moves the clock forward. Every timer runs at its time, and the promises it starts are settled before the next one.
   *
   * @param duration - ns
   * @throws RecordError `INVALID_ARGUMENT` when `duration` is not a bigint of at least 0
   */
  async advance(duration: bigint): Promise<void> {
    if (typeof duration !== 'bigint' || duration < 0n) {
      throw new RecordError(
        'INVALID_ARGUMENT',
        `duration is ${describe(duration)}; a bigint of nanoseconds is expected`
      )
    }
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

/**
 * Waits until everything that waits for promises alone has run.
 *
 * @example
 * ```ts
 * const got = manager.get(key)
 * await flushMicrotasks() // the manager waits for the network now
 * ```
 */
export async function flushMicrotasks(): Promise<void> {
  for (;;) {
    for (let turn = 0; turn < 200; turn++) await Promise.resolve()
    // work that left the event loop to other tasks waits for nothing else
    if (turns.waiting === 0) return
    await turns.wait()
  }
}
