import type { AbortOptions, SetTimer } from '@recordkit/record-types'
import type { RecordStore, StoreOptions } from '@recordkit/record-store'
import {
  checkedSignal,
  checkStoreOptions,
  closedError,
  DelegatingStore,
  storeError,
  storeOptionNames
} from '@recordkit/record-store/internal'
import { createStore } from '@recordkit/record-store'
import { RecordError, systemTimer } from '@recordkit/record-types'
import { checkBoolean, checkDuration, nameOf } from '@recordkit/record-types/internal'
import { LevelBackend } from './level-backend.ts'
import type { CheckReport } from './level-check.ts'
import { checkEntries } from './level-check.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readRange } from './level-database.ts'
import { openFormat } from './level-format.ts'
import { entryType, readQuarantineKey, typeRange } from './level-layout.ts'
import { openLocked } from './level-lock.ts'
import { LevelWriter, noChange } from './level-writer.ts'

export interface LevelRecordStoreOptions extends StoreOptions {
  /**
   * With `true` a write resolves when the database has synced it, and survives a power cut; concurrent writes share one sync.
   * With `false` a write survives a crash of the process, but a power cut loses the newest ones. A database that cannot sync
   * (browser-level, memory-level) gives no such guarantee either way.
   *
   * @default false
   */
  readonly durable?: boolean | undefined
  /** close the database when the store is closed. @default false */
  readonly closeDatabase?: boolean | undefined
  /** ms to wait while another process or tab has the database open; `Infinity` means no limit. @default 0 */
  readonly wait?: number | undefined
}

/** Databases in use: a second store on one would not see the locks and counters of the first. */
const inUse = /* @__PURE__ */ new WeakSet<object>()

/**
 * Stores records in any abstract-level database. The record, its mark, the indexes, the accounts and the counters change in one
 * atomic batch.
 *
 * @example
 * ```ts
 * const database = new ClassicLevel('./records')
 * const store = await LevelRecordStore.open(database, { durable: true, closeDatabase: true })
 * await store.close()
 * ```
 */
export class LevelRecordStore extends DelegatingStore {
  readonly #database: LevelDatabase
  readonly #writer: LevelWriter
  readonly #timeout: number
  readonly #setTimer: SetTimer
  #maintenance: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(store: RecordStore, database: LevelDatabase, writer: LevelWriter, options: StoreOptions) {
    if (writer === undefined)
      throw new RecordError(
        'INVALID_ARGUMENT',
        'a LevelRecordStore is opened by `LevelRecordStore.open(database)`, not by `new`'
      )
    super(store)
    this.#database = database
    this.#writer = writer
    this.#timeout = checkDuration(options.timeout, 'timeout', 30_000)
    this.#setTimer = options.setTimer ?? systemTimer
  }

  /**
   * Opens a store on a database or sublevel that is empty or already contains a record store. Migrates an older format.
   *
   * @throws RecordError `STORE_UNRECOGNIZED` when it contains other data, `STORE_NEWER_FORMAT` (both leave the database
   * unchanged), `STORE_LOCKED` when another process or tab has it open, `STORE_IO`; `INVALID_ARGUMENT` when `database` is not an abstract-level database, does not support binary
   * keys and values, or is used by another store
   * @example
   * ```ts
   * const store = await LevelRecordStore.open(new MemoryLevel())
   * ```
   */
  static async open(database: LevelDatabase, options: LevelRecordStoreOptions = {}): Promise<LevelRecordStore> {
    checkDatabase(database)
    checkStoreOptions(options, { ...storeOptionNames, durable: 0, closeDatabase: 0, wait: 0 })
    const { durable: wantsDurable, closeDatabase: wantsClose, wait: waitTime, ...storeOptions } = options
    const durable = checkBoolean(wantsDurable, 'durable', false)
    const closeDatabase = checkBoolean(wantsClose, 'closeDatabase', false)
    const wait = waitTime === 0 ? 0 : checkDuration(waitTime, 'wait', 0)
    const { setTimer = systemTimer } = options
    inUse.add(database)
    let release = async (): Promise<void> => {}
    try {
      release = await openLocked(database, wait, setTimer)
      const counters = await openFormat(database, durable)
      const writer = new LevelWriter(database, durable, counters)
      const permanent = database.supports.permanence !== false
      const capabilities = {
        durable: durable && permanent,
        expiryIndex: true,
        snapshot: database.supports.implicitSnapshots !== false,
        multiProcess: false,
        persistent: permanent,
        atomicBatch: true
      }
      const backend = new LevelBackend(database, writer, capabilities, async () => {
        inUse.delete(database)
        try {
          if (closeDatabase) await database.close()
        } finally {
          await release()
        }
      })
      return new LevelRecordStore(createStore(backend, storeOptions), database, writer, options)
    } catch (error) {
      inUse.delete(database)
      await release()
      throw storeError(error)
    }
  }

  /**
   * Reads every entry and reports problems. Changes nothing. Writes wait while it runs.
   *
   * @throws RecordError `STORE_IO`, `STORE_CLOSED`; the reason of `signal` when it aborts
   * @example
   * ```ts
   * const { problems } = await store.verify()
   * for (const { kind, message } of problems) console.warn(`${kind}: ${message}`)
   * ```
   */
  verify(options?: AbortOptions): Promise<CheckReport> {
    return this.#check(options, false)
  }

  /**
   * Repairs the problems that `verify` reports: moves unreadable entries aside, corrects the indexes, the accounts and the counters.
   * Writes wait while it runs. Entries moved aside stay in the database until {@link discardQuarantined}.
   *
   * @returns the problems that were repaired
   * @throws RecordError `STORE_IO`, `STORE_CLOSED`; the reason of `signal` when it aborts
   * @example
   * ```ts
   * await store.repair()
   * const lost = await store.quarantined()
   * ```
   */
  repair(options?: AbortOptions): Promise<CheckReport> {
    return this.#check(options, true)
  }

  /**
   * Returns the entries that were moved aside, in that order: the full key and the bytes of each, as they were in the
   * database. Each damaged entry is kept, also when several had the same key.
   */
  quarantined(): Promise<{ readonly key: Uint8Array; readonly value: Uint8Array }[]> {
    return this.#maintain(undefined, async () => {
      const entries: { readonly key: Uint8Array; readonly value: Uint8Array }[] = []
      for await (const [fullKey, value] of readRange(this.#database, typeRange(entryType.quarantine))) {
        const key = readQuarantineKey(fullKey)?.key
        if (key !== undefined) entries.push({ key: new Uint8Array(key), value: new Uint8Array(value) })
      }
      return entries
    })
  }

  /** Deletes the entries that were moved aside. Returns their number. */
  discardQuarantined(): Promise<number> {
    return this.#maintain(undefined, async () => {
      let count = 0
      await this.#writer.write(async () => {
        const operations: LevelOperation[] = []
        for await (const [key] of readRange(this.#database, typeRange(entryType.quarantine)))
          operations.push({ type: 'del', key })
        count = operations.length
        return { ...noChange, operations }
      })
      return count
    })
  }

  /**
   * Waits for running operations, then closes the store; the database only with `closeDatabase`. Waits at most `timeout` for
   * a `verify` or `repair`: a database that hangs does not prevent closing.
   */
  override async close(): Promise<void> {
    this.#closed = true
    let cancel: () => void = () => {}
    const timedOut = new Promise<void>((resolve) => {
      if (this.#timeout < Number.POSITIVE_INFINITY) cancel = this.#setTimer(resolve, this.#timeout)
    })
    await Promise.race([this.#maintenance, timedOut])
    cancel()
    await super.close()
  }

  async #check(options: AbortOptions | undefined, repair: boolean): Promise<CheckReport> {
    return this.#maintain(options, async (signal) => {
      let report!: CheckReport
      await this.#writer.write(async () => {
        // what is only checked moves nothing aside
        const nextOrdinal = (): number => (repair ? this.#writer.nextOrdinal() : 0)
        const findings = await checkEntries(this.#database, this.#writer.counters, nextOrdinal, signal)
        report = findings.report
        return repair ? findings.change : noChange
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
    this.#maintenance = Promise.allSettled([this.#maintenance, running])
    try {
      return await running
    } catch (error) {
      throw signal?.aborted === true && error === signal.reason ? error : storeError(error)
    }
  }
}

function checkDatabase(database: LevelDatabase): void {
  if (typeof database?.batch !== 'function' || typeof database.supports !== 'object') {
    throw new RecordError(
      'INVALID_ARGUMENT',
      `database is ${nameOf(database)}; an abstract-level database, such as \`new ClassicLevel(path)\`, is expected`
    )
  }
  const { encodings } = database.supports
  if (encodings?.['view'] !== true && encodings?.['buffer'] !== true) {
    throw new RecordError(
      'INVALID_ARGUMENT',
      'the database supports only text; one with the encoding `view` or `buffer` is expected'
    )
  }
  if (inUse.has(database)) {
    throw new RecordError(
      'INVALID_ARGUMENT',
      'another record store uses this database; share that store or close it first'
    )
  }
}
