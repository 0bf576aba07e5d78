import type { RecordStore, StoreOptions } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import { DelegatingStore } from '@recordkit/record-store/internal'
import { checkPart } from '@recordkit/record-types/internal'
import { openSqliteBackend } from './open-backend.ts'
import type { SqliteDatabase } from './sqlite-database.ts'

/** Options of {@link SqliteRecordStore.open}. */
export interface SqliteRecordStoreOptions extends StoreOptions {
  /** wait for the disk after each write: an acknowledged write survives a power cut. @default true */
  readonly durable?: boolean | undefined
  /** ms between two looks at what other processes changed, while `changes()` is used. @default 250 */
  readonly pollInterval?: number | undefined
}

/**
 * Stores records in an SQLite database, which several processes of one machine can share: their puts, bounds, leases and changes are
 * those of one store.
 *
 * @example
 * ```ts
 * const store = await SqliteRecordStore.open(new DatabaseSync('records.db'))
 * await store.close()
 * ```
 */
export class SqliteRecordStore extends DelegatingStore {
  private constructor(store: RecordStore) {
    super(store)
  }

  /**
   * Opens the store in a database, and creates or migrates its tables. Waits for other processes that do so.
   *
   * @param database - a `DatabaseSync` of `node:sqlite` that nothing else uses; it is closed with the store, and when opening fails
   * @throws RecordError `STORE_UNRECOGNIZED` when the file is not a database or contains other tables, `STORE_NEWER_FORMAT` (both leave
   * it unchanged), `STORE_READ_ONLY` when tables must be created or migrated in a file that is read-only, `STORE_CORRUPT`,
   * `STORE_CONTENDED`, `STORE_IO`; `INVALID_ARGUMENT` naming the option
   * @example
   * ```ts
   * const store = await SqliteRecordStore.open(new DatabaseSync('records.db'), { maxRecords: 10_000 })
   * ```
   */
  static async open(database: SqliteDatabase, options: SqliteRecordStoreOptions = {}): Promise<SqliteRecordStore> {
    checkPart(
      database,
      'database',
      ['prepare', 'exec'],
      'an open database, such as `new DatabaseSync(path)` of node:sqlite,'
    )
    const backend = await openSqliteBackend(database, options)
    const { durable, pollInterval, ...storeOptions } = options
    return new SqliteRecordStore(createStore(backend, storeOptions))
  }
}
