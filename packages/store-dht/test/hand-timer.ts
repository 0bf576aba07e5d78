import type { SetTimer } from '@recordkit/record-types'

/** Time that passes when it is told to. */
export class HandTimer {
  #now = 0
  readonly #runs = new Set<{ readonly at: number; readonly run: () => void }>()

  readonly setTimer: SetTimer = (run, delay) => {
    const entry = { at: this.#now + delay, run }
    this.#runs.add(entry)
    return () => this.#runs.delete(entry)
  }

  /** @param milliseconds - what is due meanwhile runs in its order */
  advance(milliseconds: number): void {
    this.#now += milliseconds
    const due = [...this.#runs].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at)
    for (const entry of due) if (this.#runs.delete(entry)) entry.run()
  }

  get pending(): number {
    return this.#runs.size
  }
}
