import type { AbortOptions } from '@recordkit/record-types'
import type {
  DeleteOptions,
  HighWaterMark,
  Lease,
  Publication,
  RecordStore,
  StoreCapabilities,
  StoredRecord,
  StoreOperation,
  StoreOperationResult,
  StoreOptions,
  StorePutOptions,
  StorePutResult,
  StoreQuery,
  StoreStats,
  TouchOptions
} from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import { RecordError } from '@recordkit/record-types'
import { openPostgresBackend } from './open-backend.ts'
import type { PostgresPool } from './postgres-pool.ts'

/** Options of {@link PostgresRecordStore.open}. */
export interface PostgresRecordStoreOptions extends StoreOptions {
  /**
   * The schema that contains the tables of the store. It is created where it does not exist; one with other tables is refused.
   *
   * @default 'recordkit'
   */
  readonly schema?: string | undefined
  /**
   * Whether `changes()` of this process uses a connection of its own for notifications, and this process notifies others. `false`
   * behind a pooler that gives each transaction another connection: then changes are found by polling alone.
   *
   * @default true
   */
  readonly listen?: boolean | undefined
  /** ms between two polls of `changes()`; notifications make it sooner. @default 500 */
  readonly pollInterval?: number | undefined
  /** close the pool when the store is closed. @default false */
  readonly closePool?: boolean | undefined
}

/**
 * Stores records in a PostgreSQL database, which any number of processes share: their puts, bounds, leases and changes are those
 * of one store.
 *
 * @example
 * ```ts
 * const pool = new pg.Pool({ connectionString: 'postgres://user@host/database' })
 * const store = await PostgresRecordStore.open(pool, { closePool: true })
 * await store.close()
 * ```
 */
export class PostgresRecordStore implements RecordStore {
  readonly capabilities: StoreCapabilities
  readonly #store: RecordStore

  private constructor(store: RecordStore) {
    this.#store = store
    this.capabilities = store.capabilities
  }

  /**
   * Opens the store in a schema of a database, and creates its tables where there are none.
   *
   * @param pool - a `Pool` of `pg`, with at least three connections; the store adds a listener for its `error` events
   * @throws RecordError `STORE_UNRECOGNIZED` when the schema contains other tables, `STORE_NEWER_FORMAT` (both leave it
   * unchanged), `STORE_READ_ONLY` when the tables must be created on a replica, `STORE_IO`; `INVALID_ARGUMENT` naming the option
   * @example
   * ```ts
   * const store = await PostgresRecordStore.open(pool, { schema: 'records' })
   * ```
   */
  static async open(pool: PostgresPool, options: PostgresRecordStoreOptions = {}): Promise<PostgresRecordStore> {
    if (typeof pool?.connect !== 'function') {
      throw new RecordError(
        'INVALID_ARGUMENT',
        '`pool` must be a connection pool with a method `connect`, such as a Pool of pg'
      )
    }
    return new PostgresRecordStore(createStore(await openPostgresBackend(pool, options), options))
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

  put(record: StoredRecord, options?: StorePutOptions): Promise<StorePutResult> {
    return this.#store.put(record, options)
  }

  touch(key: Uint8Array, options: TouchOptions): Promise<boolean> {
    return this.#store.touch(key, options)
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

  publication(key: Uint8Array, options?: AbortOptions): Promise<Publication | undefined> {
    return this.#store.publication(key, options)
  }

  publications(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<Publication> {
    return this.#store.publications(query, options)
  }

  sweep(options?: AbortOptions & { readonly limit?: number | undefined }): Promise<number> {
    return this.#store.sweep(options)
  }

  stats(options?: AbortOptions): Promise<StoreStats> {
    return this.#store.stats(options)
  }

  changes(options?: AbortOptions): AsyncIterableIterator<Uint8Array> {
    return this.#store.changes(options)
  }

  lease(name: string, milliseconds: number, options?: AbortOptions): Promise<Lease | undefined> {
    return this.#store.lease(name, milliseconds, options)
  }

  /** Waits for running calls, then closes the store; the pool only with `closePool`. */
  close(): Promise<void> {
    return this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
