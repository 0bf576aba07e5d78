import type { MaybePromise, SetTimer } from '@recordkit/record-types'
import type { SqliteDatabase, SqliteStatement } from './sqlite-database.ts'
import { isBusy, isFull, sqliteError } from './sqlite-errors.ts'

export interface ConnectionOptions {
  /** ms that a caller waits; `Infinity` means no timeout */
  readonly timeout: number
  readonly setTimer: SetTimer
  readonly random: () => number
}

/** ms that SQLite waits for a lock. It waits in the thread of the process: longer waits are timers between attempts. */
const busyTimeout = 5
/** ms: the longest pause between two attempts */
const longestPause = 50

/** Runs statements and transactions, and waits for the locks of other processes without blocking its own. */
export class SqliteConnection {
  readonly #database: SqliteDatabase
  readonly #options: ConnectionOptions
  readonly #statements = new Map<string, SqliteStatement>()
  /** settles when the transactions that were begun so far have ended */
  #last: Promise<unknown> = Promise.resolve()

  constructor(database: SqliteDatabase, options: ConnectionOptions) {
    this.#database = database
    this.#options = options
    database.exec(`PRAGMA busy_timeout = ${busyTimeout}`)
  }

  /** A statement, which is prepared once. */
  statement(sql: string): SqliteStatement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)))
    return statement
  }

  /** A statement that is used once: tables that it names may be replaced. */
  prepareNow(sql: string): SqliteStatement {
    return this.#database.prepare(sql)
  }

  /** Runs statements; in a transaction, also those that change tables. */
  exec(sql: string): void {
    this.#database.exec(sql)
  }

  /** Runs work that changes nothing. @throws RecordError for every error of SQLite */
  read<Result>(work: () => Result): MaybePromise<Result> {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error)) throw sqliteError(error)
      return this.waiting(work)
    }
  }

  /**
   * Runs work in a transaction, after those that were begun before, while no other process writes; `false` undoes it.
   *
   * @throws RecordError when nothing was changed; the error of SQLite when COMMIT failed, whose result is not known
   */
  transaction(work: () => boolean): Promise<boolean> {
    const running = this.#last.then(() => this.#transact(work))
    this.#last = running.catch(() => undefined)
    return running
  }

  /** Repeats work while another process has a lock, as long as others make progress, up to two thirds of the timeout. */
  async waiting<Result>(work: () => Result): Promise<Result> {
    const { timeout, random, setTimer } = this.#options
    const started = performance.now()
    let progress = started
    let version: unknown
    for (let attempt = 0; ; attempt++) {
      try {
        return work()
      } catch (error) {
        const now = performance.now()
        const committed = isBusy(error) ? this.#committed() : undefined
        if (committed !== version) progress = now
        version = committed
        if (!isBusy(error) || now - progress > timeout / 3 || now - started > (timeout * 2) / 3)
          throw sqliteError(error)
      }
      const pause = 1 + random() * Math.min(longestPause, 2 ** attempt)
      await new Promise<void>((resolve) => void setTimer(resolve, pause))
    }
  }

  async close(): Promise<void> {
    await this.#last
    this.#statements.clear()
    this.#database.close()
  }

  /** A number that changes when another connection commits; `undefined` when even this has to wait. */
  #committed(): unknown {
    try {
      return (this.statement('PRAGMA data_version').get() as { data_version: unknown }).data_version
    } catch {
      return undefined
    }
  }

  async #transact(work: () => boolean): Promise<boolean> {
    await this.waiting(() => this.exec('BEGIN IMMEDIATE'))
    // from here on nothing is waited for: no other call of this process runs in the transaction
    try {
      if (!work()) {
        this.exec('ROLLBACK')
        return false
      }
    } catch (error) {
      this.#rollBack()
      throw sqliteError(error)
    }
    try {
      this.exec('COMMIT')
    } catch (error) {
      this.#rollBack()
      if (isFull(error)) throw sqliteError(error)
      // not STORE_IO: the commit may have reached the disk
      throw error
    }
    return true
  }

  #rollBack(): void {
    try {
      this.exec('ROLLBACK')
    } catch {
      // SQLite itself has ended the transaction
    }
  }
}
