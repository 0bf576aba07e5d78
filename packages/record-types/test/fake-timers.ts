import type { Clock, SetTimer } from '@recordkit/record-types'
import { turns } from '@recordkit/record-types/internal'

interface Timer {
  readonly at: bigint
  readonly run: () => void
}

/** A clock and timers that a test advances. record-conformance exports one for other packages; it depends on this package. */
export class FakeTimers {
  /** ns since the Unix epoch */
  now = 1_790_000_000_000_000_000n
  /** ns by which the clock is ahead of the timers: a clock that was set, while timers went on */
  offset = 0n
  readonly #timers = new Set<Timer>()

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

  /** Moves the clock forward by `duration` ns and runs every timer at its time. */
  async advance(duration: bigint): Promise<void> {
    const end = this.now + duration
    for (;;) {
      await flushMicrotasks()
      const due = [...this.#timers].filter(({ at }) => at <= end)
      const next = due.reduce<Timer | undefined>(
        (first, timer) => (first && first.at <= timer.at ? first : timer),
        undefined
      )
      if (next === undefined) break
      this.#timers.delete(next)
      if (next.at > this.now) this.now = next.at
      next.run()
    }
    this.now = end
    await flushMicrotasks()
  }
}

/** Waits until everything that waits for promises alone has run. */
export async function flushMicrotasks(): Promise<void> {
  for (;;) {
    for (let turn = 0; turn < 200; turn++) await Promise.resolve()
    // work that left the event loop to other tasks waits for nothing else
    if (turns.waiting === 0) return
    await turns.wait()
  }
}
