/** Prints one line per step, with the time since the start, and counts the steps that failed. */
export class StepReporter {
  readonly #start = performance.now()
  readonly #say: (line: string) => void
  #failed = 0

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  get failed(): number {
    return this.#failed
  }

  section(title: string): void {
    this.#say(`\n${title}`)
  }

  /** One step: what it found, or why it did not hold. */
  async step(title: string, work: () => Promise<string>): Promise<void> {
    const started = performance.now()
    try {
      const found = await work()
      this.#line('✓', title, found, started)
    } catch (error) {
      this.#failed++
      this.#line('✗', title, error instanceof Error ? error.message : String(error), started)
    }
  }

  #line(sign: string, title: string, found: string, started: number): void {
    const now = performance.now()
    const at = ((now - this.#start) / 1000).toFixed(2).padStart(6)
    this.#say(`${at} s ${sign} ${title}: ${found} (${Math.round(now - started)} ms)`)
  }
}

/** Ends a step that did not hold. */
export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}
