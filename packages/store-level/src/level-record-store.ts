import type {
  AbortOptions,
  DeleteOptions,
  GuardOptions,
  Mark,
  PutResult,
  RecordStore,
  StoreCapabilities,
  StoredRecord,
  StoreOperation,
  StoreOperationResult,
  StoreQuery,
  StoreStats
} from '@recordkit/record-types'
import { guardStore, RecordError } from '@recordkit/record-types'
import { LevelBackend } from './level-backend.ts'
import type { LevelDatabase } from './level-database.ts'
import { openFormat } from './level-format.ts'
import { LevelWriter } from './level-writer.ts'

export interface LevelRecordStoreOptions extends GuardOptions {
  /**
   * `true`: a write resolves when the database has synced it, and survives a power cut; writes that wait at the same
   * time share one sync. `false`, the default: it survives the end of the process, but a power cut takes the newest.
   * A database whose writes do not sync (browser-level, memory-level) can promise no more than it does.
   */
  readonly durable?: boolean
  /** close the database with the store; by default it stays open, as whoever opened it closes it */
  readonly closeDatabase?: boolean
}

/** Databases with a store on them: a second one would not see the locks and counters of the first. */
const inUse = /* @__PURE__ */ new WeakSet<object>()

/** Keeps records in any abstract-level database: record, mark, expiry index and counters change in one atomic batch. */
export class LevelRecordStore implements RecordStore {
  readonly capabilities: StoreCapabilities
  readonly #store: RecordStore

  private constructor(store: RecordStore) {
    this.#store = store
    this.capabilities = store.capabilities
  }

  /**
   * Opens a store on a database or sublevel that is empty or was a record store before.
   *
   * @throws RecordError `STORE_FOREIGN`, `STORE_NEWER_FORMAT` (the database is left untouched), `STORE_IO`;
   * `INVALID_ARGUMENT` when it is no database, keeps no bytes, or has a store on it already
   */
  static async open(database: LevelDatabase, options: LevelRecordStoreOptions = {}): Promise<LevelRecordStore> {
    checkDatabase(database)
    const durable = options.durable === true
    inUse.add(database)
    try {
      await database.open()
      const counters = await openFormat(database, durable)
      const writer = new LevelWriter(database, durable, counters)
      const permanent = database.supports.permanence
      const capabilities = {
        durable: durable && permanent,
        expiryIndex: true,
        snapshot: database.supports.implicitSnapshots,
        multiProcess: false,
        persistent: permanent
      }
      const backend = new LevelBackend(database, writer, capabilities, async () => {
        inUse.delete(database)
        if (options.closeDatabase === true) await database.close()
      })
      return new LevelRecordStore(guardStore(backend, options))
    } catch (error) {
      inUse.delete(database)
      throw error
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

  put(record: StoredRecord, options?: AbortOptions): Promise<PutResult> {
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

  mark(key: Uint8Array, options?: AbortOptions): Promise<Mark | undefined> {
    return this.#store.mark(key, options)
  }

  marks(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<Mark> {
    return this.#store.marks(query, options)
  }

  sweep(options?: AbortOptions & { readonly limit?: number }): Promise<number> {
    return this.#store.sweep(options)
  }

  stats(options?: AbortOptions): Promise<StoreStats> {
    return this.#store.stats(options)
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
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
