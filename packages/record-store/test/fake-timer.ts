import type { SetTimer } from '@recordkit/record-types'

/** Timers that run when the test advances them. */
export class FakeTimer {
  #now = 0
  readonly #timers = new Set<{ readonly run: () => void; readonly at: number }>()

  readonly setTimer: SetTimer = (run, delay) => {
    const timer = { run, at: this.#now + delay }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Number of timers that wait. */
  get waiting(): number {
    return this.#timers.size
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds
    for (;;) {
      await flush()
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = next.at
      next.run()
    }
    this.#now = end
    await flush()
  }
}

/** Lets all microtasks run. */
export async function flush(): Promise<void> {
  for (let index = 0; index < 50; index++) await Promise.resolve()
}
