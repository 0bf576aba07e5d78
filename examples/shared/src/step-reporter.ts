/** Prints a line for each step, with the time since the start, and counts the steps that failed. */
export class StepReporter {
  readonly #start = performance.now()
  readonly #print: (line: string) => void
  #failed = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  /** number of steps that failed */
  get failed(): number {
    return this.#failed
  }

  section(title: string): void {
    this.#print(`\n${title}`)
  }

  /** Runs one step and prints the text that it returns, or its error. */
  async step(title: string, work: () => Promise<string>): Promise<void> {
    const started = performance.now()
    try {
      this.#printStep('✓', title, await work(), started)
    } catch (error) {
      this.#failed++
      this.#printStep('✗', title, error instanceof Error ? error.message : String(error), started)
    }
  }

  #printStep(sign: string, title: string, result: string, started: number): void {
    const now = performance.now()
    const elapsed = ((now - this.#start) / 1000).toFixed(2).padStart(6)
    this.#print(`${elapsed} s ${sign} ${title}: ${result} (${Math.round(now - started)} ms)`)
  }
}

/** Fails the current step with `message` unless `condition` is true. */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}
