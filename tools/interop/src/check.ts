import { hex } from './bytes.ts'
import { OperationRefused, OperationUnsupported } from './implementation.ts'

/** Counts the checks of a cell. Throws at the first failure. */
export class Check {
  /** parts of the cell that the implementation does not support */
  readonly notes: string[] = []
  passed = 0

  /** @param failure - the message when `right` is false */
  that(right: boolean, failure: string): void {
    if (!right) throw new Error(failure)
    this.passed++
  }

  equal(actual: unknown, expected: unknown, what: string): void {
    const [found, wanted] = [shown(actual), shown(expected)]
    this.that(found === wanted, `${what}: ${found}, expected ${wanted}`)
  }

  /** Compares a field that only some implementations return. */
  equalWhereGiven(actual: unknown, expected: unknown, what: string): void {
    if (actual !== undefined) this.equal(actual, expected, what)
  }

  async refused(run: () => Promise<unknown>, what: string): Promise<void> {
    try {
      await run()
    } catch (error) {
      if (error instanceof OperationRefused) {
        this.passed++
        return
      }
      throw error
    }
    throw new Error(`${what} is accepted`)
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text)
  }

  /** Runs a part that the implementation may not support: the reason becomes a note. */
  async optional(run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      if (!(error instanceof OperationUnsupported)) throw error
      this.note(error.message)
    }
  }

  /** Runs `one` for each item. Throws OperationUnsupported only when it is unsupported for every item. */
  async each<T>(items: readonly T[], one: (item: T) => Promise<void>): Promise<void> {
    let unsupported: OperationUnsupported | undefined
    let ran = 0
    for (const item of items) {
      try {
        await one(item)
        ran++
      } catch (error) {
        if (!(error instanceof OperationUnsupported)) throw prefixed(error, String(item))
        unsupported ??= error
        this.note(error.message)
      }
    }
    if (ran === 0 && unsupported !== undefined) throw unsupported
  }
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return hex(value)
  return typeof value === 'string' || typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'undefined')
}

function prefixed(error: unknown, what: string): Error {
  const { message } = error as Error
  return new Error(`${what}: ${message}`, { cause: error })
}
