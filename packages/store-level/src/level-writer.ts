import type { AccountChange, AccountTotals } from '@recordkit/record-store'
import { storeError } from '@recordkit/record-store/internal'
import type { MaybePromise } from '@recordkit/record-types'
import { AccountRows } from './account-rows.ts'
import { ChangedKeys } from './changed-keys.ts'
import type { Account, Counters } from './entry-format.ts'
import { encodeCounters } from './entry-format.ts'
import { readCounters } from './level-counters.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { startNewLog, writeBatch } from './level-database.ts'
import { entryType } from './level-layout.ts'

/** Operations that are written together, and what they add to the counters and the accounts. */
export interface LevelChange {
  readonly operations: readonly LevelOperation[]
  /** to add to the counters; the groups of {@link accounts} are counted when they are written */
  readonly totals: Omit<AccountTotals, 'groups'> & { readonly groups?: number | undefined }
  /** an account may occur more than once */
  readonly accounts: readonly AccountChange[]
  /** of a repair: the recent accounts from now on, whose rows need not be current */
  readonly recentAccounts?: readonly Account[] | undefined
}

/** A change of nothing. */
export const noChange: LevelChange = /* @__PURE__ */ Object.freeze({
  operations: [],
  totals: { records: 0, bytes: 0, marks: 0, publications: 0, publishedRecords: 0, publishedBytes: 0 },
  accounts: []
})

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
  readonly #changed = new ChangedKeys()
  readonly #accounts: AccountRows
  #counters: Counters
  #ordinal: number
  #queue: QueuedWrite[] = []
  #running = false
  #marksQueued = false
  #publicationsQueued = false
  #queued = 0
  #settled = 0
  /** whether a batch failed: the database may have applied it or not */
  #countersUncertain = false

  constructor(database: LevelDatabase, durable: boolean, counters: Counters) {
    this.#database = database
    this.#durable = durable
    this.#accounts = new AccountRows(database, counters.recentAccounts)
    this.#counters = counters
    this.#ordinal = counters.ordinal
  }

  /** The ordinal of the next entry that is moved aside. Not used again when its batch fails. */
  nextOrdinal(): number {
    return this.#ordinal++
  }

  get counters(): Counters {
    return this.#counters
  }

  /** The counters of the database. After a batch that failed they are read: the batch may have been applied all the same. */
  storedCounters(): MaybePromise<Counters> {
    if (!this.#countersUncertain) return this.#counters
    return readCounters(this.#database).then((stored) => stored ?? this.#counters)
  }

  get accounts(): Pick<AccountRows, 'read'> {
    return this.#accounts
  }

  /** Whether any key can have a mark. Includes marks that are queued. */
  get mayHaveMarks(): boolean {
    return this.#marksQueued || this.#counters.marks > 0
  }

  /** Whether any key can have a publication. Includes publications that are queued. */
  get mayHavePublications(): boolean {
    return this.#publicationsQueued || this.#counters.publications > 0
  }

  /** Number of writes that have succeeded or failed: they do so in the order in which they were queued. */
  get settled(): number {
    return this.#settled
  }

  /** Whether a key may have been written, or be about to be written, since `settled` was this number. */
  mayHaveChanged(key: Uint8Array, settled: number): boolean {
    return this.#changed.isAfter(key, settled)
  }

  /**
   * Resolves when the change is written (and, if durable, synced). A function is called while no batch is written, and its
   * change goes into a batch of its own. If it changes rows of accounts by operations, it returns the recent accounts too.
   *
   * @param changes - the keys that change; without them any key may
   * @throws RecordError `STORE_IO` when nothing was written, `STORE_UNKNOWN` when the batch failed; what a function throws
   */
  write(write: LevelWrite, changes?: readonly { readonly key: Uint8Array }[]): Promise<void> {
    if (typeof write === 'function' || write.totals.marks > 0) this.#marksQueued = true
    if (typeof write === 'function' || write.totals.publications > 0) this.#publicationsQueued = true
    this.#queued++
    if (changes === undefined) this.#changed.addAll(this.#queued)
    else for (const { key } of changes) this.#changed.add(key, this.#queued)
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
      if (this.#countersUncertain) await this.#reloadCounters()
      const operations: LevelOperation[] = []
      const counters = { ...this.#counters }
      let recentAccounts: readonly Account[] | undefined
      for (const { write } of batch) {
        const change = typeof write === 'function' ? await write() : write
        for (const operation of change.operations) operations.push(operation)
        for (const account of change.accounts) this.#accounts.add(account)
        addTotals(counters, change.totals)
        recentAccounts = change.recentAccounts
      }
      const loading = this.#loadAccounts()
      if (loading !== undefined) await loading
      // until the batch is written, the accounts in memory are not those of the database
      this.#countersUncertain = true
      if (recentAccounts !== undefined) this.#accounts.reset(recentAccounts)
      counters.groups += this.#accounts.pushOperations(operations)
      if (operations.length > 0) {
        counters.ordinal = this.#ordinal
        counters.recentAccounts = this.#accounts.recent
        operations.push({ type: 'put', key: this.#countersKey, value: encodeCounters(this.#countersKey, counters) })
        await writeBatch(this.#database, operations, this.#durable)
        this.#counters = counters
      }
      this.#countersUncertain = false
      this.#settled += batch.length
      for (const { resolve } of batch) resolve()
    } catch (error) {
      if (this.#countersUncertain) this.#accounts.clear()
      else this.#accounts.discard()
      this.#settled += batch.length
      for (const { reject } of batch) reject(error)
    }
  }

  #loadAccounts(): Promise<unknown> | undefined {
    try {
      return this.#accounts.load()?.catch((error: unknown) => {
        throw storeError(error)
      })
    } catch (error) {
      throw storeError(error)
    }
  }

  /** Reads the counters from the database: a batch that failed may have been applied all the same. */
  async #reloadCounters(): Promise<void> {
    try {
      await startNewLog(this.#database)
      this.#counters = (await readCounters(this.#database)) ?? this.#counters
    } catch (error) {
      throw storeError(error)
    }
    this.#accounts.reset(this.#counters.recentAccounts)
    this.#marksQueued = true
    this.#publicationsQueued = true
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

/** Adds to counters. */
export function addTotals(
  counters: { -readonly [Name in keyof AccountTotals]: number },
  added: LevelChange['totals']
): void {
  counters.records += added.records
  counters.bytes += added.bytes
  counters.marks += added.marks
  counters.publications += added.publications
  counters.publishedRecords += added.publishedRecords
  counters.publishedBytes += added.publishedBytes
  counters.groups += added.groups ?? 0
}
