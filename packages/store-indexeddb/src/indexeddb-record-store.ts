import type { AbortOptions } from '@recordkit/record-types'
import { RecordError, systemTimer } from '@recordkit/record-types'
import { checkBoolean, checkDuration, describe, raceAbort } from '@recordkit/record-types/internal'
import type { RecordStore, StoreOptions } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import {
  checkedSignal,
  checkStoreOptions,
  closedError,
  DelegatingStore,
  storeError,
  storeOptionNames,
  writeError
} from '@recordkit/record-store/internal'
import type { CheckReport } from './check-entries.ts'
import { checkEntries } from './check-entries.ts'
import { Connection } from './connection.ts'
import { IndexedDbBackend } from './indexeddb-backend.ts'
import { openDatabase } from './open-database.ts'
import { resultOf } from './requests.ts'
import { storeNames } from './schema.ts'

/** Options of {@link IndexedDbRecordStore.open}. */
export interface IndexedDbRecordStoreOptions extends StoreOptions {
  /**
   * With `true` a write resolves when the browser has written it to the disk (IndexedDB's durability `strict`), and survives a
   * power cut. With `false` it survives a crash of the tab and of the browser, and a power cut may lose the newest writes.
   *
   * @default false
   */
  readonly durable?: boolean | undefined
}

/** A damaged entry that was replaced: its record key and its bytes. */
export interface QuarantinedEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * Stores records in IndexedDB. All tabs and workers of an origin can open the same database: an operation is one transaction of
 * the browser, so that a put never replaces a higher record with a lower one, whichever tab writes.
 *
 * @example
 * ```ts
 * const store = await IndexedDbRecordStore.open('records')
 * await store.close()
 * ```
 */
export class IndexedDbRecordStore extends DelegatingStore {
  readonly #connection: Connection
  readonly #maintenance = new Set<Promise<unknown>>()
  #closed = false

  private constructor(store: RecordStore, connection: Connection) {
    super(store)
    this.#connection = connection
  }

  /**
   * Opens the database `name` of this origin, and creates it when it does not exist. Migrates an older format. Several stores,
   * in any tab or worker, can use one database.
   *
   * @param options - `timeout` (ms) also limits the time until the database is open
   * @throws RecordError `STORE_UNRECOGNIZED` when the database contains other data, `STORE_NEWER_FORMAT` when a later version of
   * this package wrote it (both leave it unchanged), `STORE_LOCKED` when a tab with an older version of this package does not
   * close it, `TIMEOUT`, `STORE_IO`; `INVALID_ARGUMENT` naming the argument
   * @example
   * ```ts
   * const store = await IndexedDbRecordStore.open('records', { durable: true })
   * ```
   */
  static async open(name: string, options: IndexedDbRecordStoreOptions = {}): Promise<IndexedDbRecordStore> {
    if (typeof name !== 'string' || name === '')
      throw new RecordError(
        'INVALID_ARGUMENT',
        `name is ${name === '' ? 'empty' : describe(name)}; a text that is not empty, such as "records", is expected`
      )
    if ((globalThis as { readonly indexedDB?: unknown }).indexedDB === undefined)
      throw new RecordError('INVALID_ARGUMENT', 'this platform has no IndexedDB: `globalThis.indexedDB` is undefined')
    checkStoreOptions(options, { ...storeOptionNames, durable: 0 })
    const { durable: wantsDurable, ...storeOptions } = options
    const durable = checkBoolean(wantsDurable, 'durable', false)
    const { setTimer = systemTimer } = options
    const timeout = checkDuration(options.timeout, 'timeout', 30_000)
    try {
      const connection = new Connection(name, await openDatabase(name, { timeout, setTimer }), durable)
      const backend = new IndexedDbBackend(name, connection, durable, setTimer)
      return new IndexedDbRecordStore(createStore(backend, storeOptions), connection)
    } catch (error) {
      throw storeError(error)
    }
  }

  /**
   * Reads every entry and reports problems: damaged entries, indexes and accounts that contradict the entries. Changes
   * nothing. The writes of all tabs wait while it runs.
   *
   * @throws RecordError `STORE_IO`, `STORE_CLOSED`; the reason of `signal` when it aborts
   * @example
   * ```ts
   * const { problems } = await store.verify()
   * ```
   */
  verify(options?: AbortOptions): Promise<CheckReport> {
    return this.#check(options, false)
  }

  /**
   * Repairs what `verify` reports: moves damaged entries into quarantine, and corrects indexes and accounts. The writes of all
   * tabs wait while it runs.
   *
   * @returns the problems that were repaired
   * @throws RecordError `STORE_IO`, `STORE_UNKNOWN`, `STORE_CLOSED`; the reason of `signal` when it aborts
   * @example
   * ```ts
   * const { problems } = await store.repair()
   * ```
   */
  repair(options?: AbortOptions): Promise<CheckReport> {
    return this.#check(options, true)
  }

  /** Returns the damaged entries that were replaced or repaired, in that order: each is kept, also when several had the same key. */
  quarantined(): Promise<QuarantinedEntry[]> {
    return this.#maintain(() =>
      this.#connection.read(storeNames.quarantine, (transaction) =>
        resultOf<QuarantinedEntry[]>(transaction.objectStore(storeNames.quarantine).getAll())
      )
    )
  }

  /** Deletes the entries in quarantine. Returns their number. */
  discardQuarantined(): Promise<number> {
    return this.#maintain(async () => {
      let count = 0
      await this.#connection.write(async (transaction) => {
        const store = transaction.objectStore(storeNames.quarantine)
        count = await resultOf(store.count())
        store.clear()
        return true
      })
      return count
    })
  }

  /** Waits for running operations, then closes the database. */
  override async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#maintenance)
    await super.close()
  }

  async #check(options: AbortOptions | undefined, repair: boolean): Promise<CheckReport> {
    const signal = checkedSignal(options)
    return this.#maintain(async () => {
      let report!: CheckReport
      await this.#connection.write(async (transaction) => {
        report = await checkEntries(transaction, repair, signal)
        return repair
      })
      return report
    }, signal)
  }

  /** Runs work that `close` waits for. */
  async #maintain<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    if (this.#closed) throw closedError()
    const running = work().catch((error: unknown) => {
      throw writeError(error)
    })
    this.#maintenance.add(running)
    const done = (): void => void this.#maintenance.delete(running)
    running.then(done, done)
    return raceAbort(running, signal)
  }
}
