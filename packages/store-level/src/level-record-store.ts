import type { AbortOptions } from '@recordkit/record-types'
import type {
  DeleteOptions,
  StoreOptions,
  HighWaterMark,
  StorePutResult,
  RecordStore,
  StoreCapabilities,
  StoredRecord,
  StoreOperation,
  StoreOperationResult,
  StoreQuery,
  StoreStats
} from '@recordkit/record-store'
import { checkedLimit, checkedSignal, closedError, storeError } from '@recordkit/record-store/internal'
import { createStore } from '@recordkit/record-store'
import { RecordError } from '@recordkit/record-types'
import { LevelBackend } from './level-backend.ts'
import type { CheckReport } from './level-check.ts'
import { checkEntries } from './level-check.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readRange } from './level-database.ts'
import { openFormat } from './level-format.ts'
import { space } from './level-layout.ts'
import { LevelWriter } from './level-writer.ts'

export interface LevelRecordStoreOptions extends StoreOptions {
  /**
   * `true`: a write resolves when the database has synced it, and survives a power cut; writes that wait at the same
   * time share one sync. `false`, the default: it survives the end of the process, but a power cut takes the newest.
   * A database whose writes do not sync (browser-level, memory-level) can promise no more than it does.
   */
  readonly durable?: boolean | undefined
  /**
   * marks kept at the most; 1,000,000 when absent (about 150 bytes of disk each). When there are more, the one set
   * longest ago goes.
   */
  readonly maxMarks?: number | undefined
  /** close the database with the store; by default it stays open, as whoever opened it closes it */
  readonly closeDatabase?: boolean | undefined
}

/** Databases with a store on them: a second one would not see the locks and counters of the first. */
const inUse = /* @__PURE__ */ new WeakSet<object>()

/** Keeps records in any abstract-level database: record, mark, expiry index and counters change in one atomic batch. */
export class LevelRecordStore implements RecordStore {
  readonly capabilities: StoreCapabilities
  readonly #store: RecordStore
  readonly #database: LevelDatabase
  readonly #writer: LevelWriter
  #upkeep: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(store: RecordStore, database: LevelDatabase, writer: LevelWriter) {
    this.#store = store
    this.#database = database
    this.#writer = writer
    this.capabilities = store.capabilities
  }

  /**
   * Opens a store on a database or sublevel that is empty or was a record store before.
   *
   * @throws RecordError `STORE_UNRECOGNIZED`, `STORE_NEWER_FORMAT` (the database is left untouched), `STORE_IO`;
   * `INVALID_ARGUMENT` when it is no database, keeps no bytes, or has a store on it already
   */
  static async open(database: LevelDatabase, options: LevelRecordStoreOptions = {}): Promise<LevelRecordStore> {
    checkDatabase(database)
    const durable = options.durable === true
    const maxMarks = checkedLimit(options.maxMarks ?? 1_000_000)
    inUse.add(database)
    try {
      await database.open()
      const counters = await openFormat(database, durable)
      const writer = new LevelWriter(database, durable, counters)
      const permanent = database.supports.permanence !== false
      const capabilities = {
        durable: durable && permanent,
        expiryIndex: true,
        snapshot: database.supports.implicitSnapshots !== false,
        multiProcess: false,
        persistent: permanent
      }
      const backend = new LevelBackend(database, writer, capabilities, maxMarks, async () => {
        inUse.delete(database)
        if (options.closeDatabase === true) await database.close()
      })
      return new LevelRecordStore(createStore(backend, options), database, writer)
    } catch (error) {
      inUse.delete(database)
      throw storeError(error)
    }
  }

  get(key: Uint8Array, options?: AbortOptions): Promise<StoredRecord | undefined> {
    return this.#store.get(key, options)
  }

  has(key: Uint8Array, options?: AbortOptions): Promise<boolean> {
    return this.#store.has(key, options)
  }

  getMany(keys: readonly Uint8Array[], options?: AbortOptions): Promise<(StoredRecord | undefined)[]> {
    return this.#store.getMany(keys, options)
  }

  put(record: StoredRecord, options?: AbortOptions): Promise<StorePutResult> {
    return this.#store.put(record, options)
  }

  delete(key: Uint8Array, options?: DeleteOptions): Promise<boolean> {
    return this.#store.delete(key, options)
  }

  batch(operations: readonly StoreOperation[], options?: AbortOptions): Promise<StoreOperationResult[]> {
    return this.#store.batch(operations, options)
  }

  iterate(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<StoredRecord> {
    return this.#store.iterate(query, options)
  }

  mark(key: Uint8Array, options?: AbortOptions): Promise<HighWaterMark | undefined> {
    return this.#store.mark(key, options)
  }

  marks(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<HighWaterMark> {
    return this.#store.marks(query, options)
  }

  sweep(options?: AbortOptions & { readonly limit?: number | undefined }): Promise<number> {
    return this.#store.sweep(options)
  }

  stats(options?: AbortOptions): Promise<StoreStats> {
    return this.#store.stats(options)
  }

  /** Reads every entry and says what is wrong, changing nothing. Writes wait while it runs. */
  verify(options?: AbortOptions): Promise<CheckReport> {
    return this.#check(options, false)
  }

  /**
   * Puts right what `verify` finds: moves aside what cannot be read, and makes index and counters anew. Writes wait
   * while it runs. What was moved aside stays in the database until {@link discardQuarantined}.
   *
   * @returns what was wrong
   */
  repair(options?: AbortOptions): Promise<CheckReport> {
    return this.#check(options, true)
  }

  /** What was moved aside: the key and the bytes of each entry as they stood in the database. */
  quarantined(): Promise<{ readonly key: Uint8Array; readonly value: Uint8Array }[]> {
    return this.#maintain(undefined, async () => {
      const found: { readonly key: Uint8Array; readonly value: Uint8Array }[] = []
      for await (const [key, value] of readRange(this.#database, quarantineRange())) {
        found.push({ key: key.slice(1), value: value.slice() })
      }
      return found
    })
  }

  /** Deletes for good what was moved aside; answers how many entries that were. */
  discardQuarantined(): Promise<number> {
    return this.#maintain(undefined, async () => {
      let count = 0
      await this.#writer.write(async () => {
        const operations: LevelOperation[] = []
        for await (const [key] of readRange(this.#database, quarantineRange())) operations.push({ type: 'del', key })
        count = operations.length
        return { operations, entries: 0, bytes: 0, marks: 0 }
      })
      return count
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#upkeep
    await this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #check(options: AbortOptions | undefined, repair: boolean): Promise<CheckReport> {
    return this.#maintain(options, async (signal) => {
      let report!: CheckReport
      await this.#writer.write(async () => {
        const findings = await checkEntries(this.#database, this.#writer.counters, signal)
        report = findings.report
        return repair ? findings.change : { operations: [], entries: 0, bytes: 0, marks: 0 }
      })
      return report
    })
  }

  /** Runs work that `close` waits for. */
  async #maintain<Result>(
    options: AbortOptions | undefined,
    work: (signal: AbortSignal | undefined) => Promise<Result>
  ): Promise<Result> {
    if (this.#closed) throw closedError()
    const signal = checkedSignal(options)
    const running = work(signal)
    this.#upkeep = Promise.allSettled([this.#upkeep, running])
    try {
      return await running
    } catch (error) {
      throw signal?.aborted === true && error === signal.reason ? error : storeError(error)
    }
  }
}

function quarantineRange(): { gte: Uint8Array; lt: Uint8Array } {
  return { gte: Uint8Array.of(space.quarantine), lt: Uint8Array.of(space.quarantine + 1) }
}

function checkDatabase(database: LevelDatabase): void {
  if (typeof database?.batch !== 'function' || typeof database.supports !== 'object') {
    throw new RecordError('INVALID_ARGUMENT', 'database is no abstract-level database')
  }
  const { encodings } = database.supports
  if (encodings?.['view'] !== true && encodings?.['buffer'] !== true) {
    throw new RecordError('INVALID_ARGUMENT', 'the database keeps text only; one that keeps bytes is needed')
  }
  if (inUse.has(database)) {
    throw new RecordError('INVALID_ARGUMENT', 'the database has a record store on it already; share that one')
  }
}
