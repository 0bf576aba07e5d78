import type { RecordStore, StoreOptions } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import { checkStoreOptions, DelegatingStore, storeOptionNames } from '@recordkit/record-store/internal'
import { checkPart } from '@recordkit/record-types/internal'
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
export class PostgresRecordStore extends DelegatingStore {
  private constructor(store: RecordStore) {
    super(store)
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
    checkPart(pool, 'pool', ['connect'], 'a connection pool, such as `new pg.Pool({ connectionString })`,')
    checkStoreOptions(options, { ...storeOptionNames, schema: 0, listen: 0, pollInterval: 0, closePool: 0 })
    const { schema, listen, pollInterval, closePool, ...storeOptions } = options
    return new PostgresRecordStore(createStore(await openPostgresBackend(pool, options), storeOptions))
  }
}
