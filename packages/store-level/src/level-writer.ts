import type { Counters } from './entry-format.ts'
import { encodeCounters } from './entry-format.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { startNewLog, writeBatch } from './level-database.ts'
import { readCounters } from './level-format.ts'
import { entryType } from './level-layout.ts'

/** Operations that are written together, and what they add to the counters. */
export interface LevelChange {
  readonly operations: readonly LevelOperation[]
  readonly entries: number
  readonly bytes: number
  readonly marks: number
}

/** A change to write, or a function that must run while no batch is written and returns its change. */
export type LevelWrite = LevelChange | (() => Promise<LevelChange>)

interface QueuedWrite {
  readonly write: LevelWrite
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** A batch with this many operations is full; further writes go into the next one. */
const batchSize = 8192

/**
 * Writes one batch at a time, made of all queued changes: many durable puts share one sync, and the counters, which are part
 * of every batch, are written in order.
 */
export class LevelWriter {
  readonly #database: LevelDatabase
  readonly #durable: boolean
  readonly #countersKey: Uint8Array = Uint8Array.of(entryType.counters)
  #counters: Counters
  #ordinal: number
  #queue: QueuedWrite[] = []
  #running = false
  #marksQueued = false
  /** whether a batch failed: the database may have applied it or not */
  #countersUncertain = false

  constructor(database: LevelDatabase, durable: boolean, counters: Counters) {
    this.#database = database
    this.#durable = durable
    this.#counters = counters
    this.#ordinal = counters.ordinal
  }

  /** The ordinal of the next mark that is set. An ordinal whose batch fails is not used again. */
  nextOrdinal(): number {
    return this.#ordinal++
  }

  get counters(): Counters {
    return this.#counters
  }

  /** Whether any key can have a mark. Includes marks that are queued. */
  get mayHaveMarks(): boolean {
    return this.#marksQueued || this.#counters.marks > 0
  }

  /**
   * Resolves when the change is written (and, if durable, synced). A function is called while no batch is written, and its
   * change goes into a batch of its own.
   */
  write(write: LevelWrite): Promise<void> {
    if (typeof write === 'function' || write.marks > 0) this.#marksQueued = true
    return new Promise((resolve, reject) => {
      this.#queue.push({ write, resolve, reject })
      if (!this.#running) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running = true
    // lets the writes of the same turn join the first batch
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#writeBatch()
    this.#running = false
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#dequeue()
    try {
      const operations: LevelOperation[] = []
      if (this.#countersUncertain) await this.#reloadCounters()
      let { entries, bytes, marks } = this.#counters
      for (const { write } of batch) {
        const change = typeof write === 'function' ? await write() : write
        for (const operation of change.operations) operations.push(operation)
        entries += change.entries
        bytes += change.bytes
        marks += change.marks
      }
      const counters = { entries, bytes, marks, ordinal: this.#ordinal }
      if (operations.length > 0) {
        operations.push({ type: 'put', key: this.#countersKey, value: encodeCounters(this.#countersKey, counters) })
        this.#countersUncertain = true
        await writeBatch(this.#database, operations, this.#durable)
        this.#countersUncertain = false
        this.#counters = counters
      }
      for (const { resolve } of batch) resolve()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  /** Reads the counters from the database: a batch that failed may have been applied all the same. */
  async #reloadCounters(): Promise<void> {
    await startNewLog(this.#database)
    this.#counters = (await readCounters(this.#database)) ?? this.#counters
    this.#marksQueued = true
    this.#countersUncertain = false
  }

  /** Removes the writes of the next batch from the queue: changes until the batch is full, or one function. */
  #dequeue(): QueuedWrite[] {
    let count = 0
    let operations = 0
    for (const { write } of this.#queue) {
      if (typeof write === 'function') {
        if (count === 0) count = 1
        break
      }
      count++
      operations += write.operations.length
      if (operations >= batchSize) break
    }
    const batch = this.#queue.slice(0, count)
    this.#queue = this.#queue.slice(count)
    return batch
  }
}
