import type { LevelDatabase, LevelOperation } from './level-database.ts'
import type { Counters } from './entry-format.ts'
import { leaveLog, writeBatch } from './level-database.ts'
import { readCounters } from './level-format.ts'
import { space } from './level-layout.ts'
import { encodeCounters } from './entry-format.ts'

/** What is to be written together, and by how much it moves the counters. */
export interface LevelChange {
  readonly operations: readonly LevelOperation[]
  readonly entries: number
  readonly bytes: number
  readonly marks: number
}

/** Somebody who waits: with a change, or with work that must run while nothing is written. */
interface Waiting {
  readonly change: LevelChange | (() => Promise<LevelChange>)
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
  #ordinal: number
  #waiting: Waiting[] = []
  #writing = false
  #marked = false
  /** a batch failed, and the database alone knows whether it was applied */
  #uncertain = false

  constructor(database: LevelDatabase, durable: boolean, counters: Counters) {
    this.#database = database
    this.#durable = durable
    this.#counters = counters
    this.#ordinal = counters.ordinal
  }

  /** Numbers the next mark that is set. A number that is not used, as its batch fails, is never used again. */
  takeOrdinal(): number {
    return this.#ordinal++
  }

  get counters(): Counters {
    return this.#counters
  }

  /** Whether a key can have a mark: those on their way to the database count. */
  get mayHaveMarks(): boolean {
    return this.#marked || this.#counters.marks > 0
  }

  /**
   * Resolves when the change is written (durable: and synced). A function is called when no batch is under way, and
   * makes a batch of its own.
   */
  write(change: LevelChange | (() => Promise<LevelChange>)): Promise<void> {
    if (typeof change === 'function' || change.marks > 0) this.#marked = true
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject })
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
    const served = this.#takeNext()
    try {
      const operations: LevelOperation[] = []
      if (this.#uncertain) await this.#askDatabase()
      let { entries, bytes, marks } = this.#counters
      for (const { change } of served) {
        const made = typeof change === 'function' ? await change() : change
        for (const operation of made.operations) operations.push(operation)
        entries += made.entries
        bytes += made.bytes
        marks += made.marks
      }
      const counters = { entries, bytes, marks, ordinal: this.#ordinal }
      if (operations.length > 0) {
        operations.push({ type: 'put', key: this.#countersKey, value: encodeCounters(this.#countersKey, counters) })
        this.#uncertain = true
        await writeBatch(this.#database, operations, this.#durable)
        this.#uncertain = false
        this.#counters = counters
      }
      for (const { resolve } of served) resolve()
    } catch (error) {
      for (const { reject } of served) reject(error)
    }
  }

  /** Counts on from what is in the database: a batch that failed may be there all the same. */
  async #askDatabase(): Promise<void> {
    await leaveLog(this.#database)
    this.#counters = (await readCounters(this.#database)) ?? this.#counters
    this.#marked = true
    this.#uncertain = false
  }

  /** As many as fit into a batch; a function alone. */
  #takeNext(): Waiting[] {
    let count = 0
    let operations = 0
    for (const { change } of this.#waiting) {
      if (typeof change === 'function') {
        if (count === 0) count = 1
        break
      }
      count++
      operations += change.operations.length
      if (operations >= batchSize) break
    }
    const served = this.#waiting.slice(0, count)
    this.#waiting = this.#waiting.slice(count)
    return served
  }
}
