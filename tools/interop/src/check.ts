import { hex } from './bytes.ts'
import { PeerRefused, PeerUnsupported } from './peer.ts'

/** What a cell's run has found so far. Throws at the first thing that is wrong. */
export class Check {
  /** what this implementation cannot do of the cell, beside what it can */
  readonly notes: string[] = []
  passed = 0

  that(right: boolean, what: string): void {
    if (!right) throw new Error(what)
    this.passed++
  }

  equal(actual: unknown, expected: unknown, what: string): void {
    const [found, wanted] = [shown(actual), shown(expected)]
    this.that(found === wanted, `${what}: ${found}, expected ${wanted}`)
  }

  /** What only some implementations answer is compared where it is answered. */
  equalWhereGiven(actual: unknown, expected: unknown, what: string): void {
    if (actual !== undefined) this.equal(actual, expected, what)
  }

  async refused(run: () => Promise<unknown>, what: string): Promise<void> {
    try {
      await run()
    } catch (error) {
      if (error instanceof PeerRefused) {
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

  /** Runs a part that an implementation may lack: its reason becomes a note. */
  async optional(run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      if (!(error instanceof PeerUnsupported)) throw error
      this.note(error.message)
    }
  }

  /** Runs `one` for each; unsupported as a whole only when it is for every one of them. */
  async each<T>(items: readonly T[], one: (item: T) => Promise<void>): Promise<void> {
    let unsupported: PeerUnsupported | undefined
    let ran = 0
    for (const item of items) {
      try {
        await one(item)
        ran++
      } catch (error) {
        if (!(error instanceof PeerUnsupported)) throw prefixed(error, String(item))
        unsupported ??= error
        this.note(error.message)
      }
    }
    if (ran === 0 && unsupported !== undefined) throw unsupported
  }
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return hex(value)
  return typeof value === 'string' || typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'nothing')
}

function prefixed(error: unknown, what: string): Error {
  const { message } = error as Error
  return new Error(`${what}: ${message}`, { cause: error })
}
