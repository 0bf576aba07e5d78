import type { LevelDatabase, LevelOperation } from './level-database.ts'
import type { Counters } from './stored-form.ts'
import { writeBatch } from './level-database.ts'
import { space } from './level-layout.ts'
import { encodeCounters } from './stored-form.ts'

/** What is to be written together, and by how much it moves the counters. */
export interface LevelChange {
  readonly operations: readonly LevelOperation[]
  readonly entries: number
  readonly bytes: number
  readonly marks: number
}

interface Waiting {
  readonly change: () => LevelChange | Promise<LevelChange>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Operations that go into one batch at the most: what waits beyond that goes into the next. */
const batchSize = 8192

/**
 * One batch at a time, made of all that waits: many durable puts share one sync, and the counters, which every batch
 * carries, are never written out of order.
 */
export class LevelWriter {
  readonly #database: LevelDatabase
  readonly #durable: boolean
  readonly #countersKey: Uint8Array = Uint8Array.of(space.counters)
  #counters: Counters
  #waiting: Waiting[] = []
  #writing = false
  #markedOnce = false

  constructor(database: LevelDatabase, durable: boolean, counters: Counters) {
    this.#database = database
    this.#durable = durable
    this.#counters = counters
  }

  get counters(): Counters {
    return this.#counters
  }

  /** whether a key can have a mark: those on their way to the database count */
  get mayHaveMarks(): boolean {
    return this.#counters.marks > 0 || this.#markedOnce
  }

  /** Resolves when the change is written (durable: and synced). A function is called when no batch is under way. */
  write(change: LevelChange | (() => Promise<LevelChange>)): Promise<void> {
    if (typeof change === 'function' || change.marks > 0) this.#markedOnce = true
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change: typeof change === 'function' ? change : () => change, resolve, reject })
      if (!this.#writing) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#writing = true
    // puts made in the same turn wait for one another
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#writeNext()
    this.#writing = false
  }

  async #writeNext(): Promise<void> {
    const written: Waiting[] = []
    const operations: LevelOperation[] = []
    let { entries, bytes, marks } = this.#counters
    let taken = 0
    for (const waiting of this.#waiting) {
      if (operations.length >= batchSize) break
      taken++
      try {
        const made = waiting.change()
        const change = made instanceof Promise ? await made : made
        for (const operation of change.operations) operations.push(operation)
        entries += change.entries
        bytes += change.bytes
        marks += change.marks
        written.push(waiting)
      } catch (error) {
        waiting.reject(error)
      }
    }
    this.#waiting = this.#waiting.slice(taken)
    const counters = { entries, bytes, marks }
    try {
      if (operations.length > 0) {
        operations.push({ type: 'put', key: this.#countersKey, value: encodeCounters(this.#countersKey, counters) })
        await writeBatch(this.#database, operations, this.#durable)
        this.#counters = counters
      }
      for (const { resolve } of written) resolve()
    } catch (error) {
      for (const { reject } of written) reject(error)
    }
  }
}
