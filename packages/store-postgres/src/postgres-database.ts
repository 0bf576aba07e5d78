import type { SetTimer } from '@recordkit/record-types'
import { RecordError } from '@recordkit/record-types'
import { CallTimeouts } from '@recordkit/record-store/internal'
import { ContentionError, isLostPreparation, isUsableAfter, postgresError } from './postgres-errors.ts'
import type { PostgresConnection, PostgresPool } from './postgres-pool.ts'

/** How often work is repeated when other transactions are in the way. */
const maxAttempts = 5

export interface DatabaseOptions {
  /** ms that a caller waits for a transaction; `Infinity` means no timeout */
  readonly timeout: number
  readonly setTimer: SetTimer | undefined
}

type Row = Readonly<Record<string, unknown>>

/** Pools whose errors do not end the process. */
const guarded = /* @__PURE__ */ new WeakSet<object>()

/**
 * Listens to the errors of a pool: an idle connection that fails must not end the process, as the next statement reports it.
 * The listener stays, because connections that are closed with the store may still fail afterwards.
 */
function guard(pool: PostgresPool): void {
  if (guarded.has(pool)) return
  guarded.add(pool)
  pool.on?.('error', () => undefined)
}

/**
 * Runs statements and transactions on the connections of a pool. Depends on no state of a session, so that a pooler may run
 * every transaction on another connection of the server.
 */
export class PostgresDatabase {
  readonly #pool: PostgresPool
  /** ms for a transaction, and for a connection to become free: both are over before the caller stops waiting */
  readonly #timeout: number
  readonly #connectTimeout: number
  readonly #timeouts: CallTimeouts
  readonly #connectTimeouts: CallTimeouts
  readonly #begin: string
  /** whether statements are prepared by name */
  #prepares = true
  /** ms that a statement waits for a lock */
  readonly lockTimeout: number

  constructor(pool: PostgresPool, { timeout, setTimer }: DatabaseOptions) {
    this.#pool = pool
    this.#timeout = timeout / 2
    this.#connectTimeout = timeout / 4
    this.#timeouts = new CallTimeouts(this.#timeout, setTimer)
    this.#connectTimeouts = new CallTimeouts(this.#connectTimeout, setTimer)
    guard(pool)
    // the server gives up before this process does: then it is known that nothing was changed
    const server = serverTime(timeout / 3)
    this.lockTimeout = serverTime(timeout / 6)
    this.#begin = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = ${server};
      SET LOCAL lock_timeout = ${this.lockTimeout}; SET LOCAL idle_in_transaction_session_timeout = ${server}`
  }

  /**
   * Runs one statement that changes no table.
   *
   * @throws RecordError `STORE_IO`, `STORE_NEWER_FORMAT`, `STORE_CONTENDED`
   */
  read(text: string, values: unknown[] = []): Promise<readonly Row[]> {
    return this.retrying(async () => {
      try {
        return await this.#use(async (connection) => rowsOf(await connection.query(text, values)))
      } catch (error) {
        throw postgresError(error, false)
      }
    })
  }

  /**
   * Runs one statement that is a transaction of its own: one message to the server, instead of three. It is prepared under its
   * name, unless a pooler loses what is prepared.
   *
   * @throws RecordError `STORE_UNKNOWN` when the connection is lost, or the server does not answer in time, after the statement
   * was sent; `STORE_IO` before; ContentionError when another transaction was in the way
   */
  async statement(name: string, text: string, values: unknown[]): Promise<readonly Row[]> {
    let isSent = false
    // another statement may find out meanwhile that a pooler loses what is prepared
    const isPrepared = this.#prepares
    try {
      return await this.#use(async (connection) => {
        isSent = true
        const result = isPrepared ? connection.query({ name, text, values }) : connection.query(text, values)
        return rowsOf(await result)
      })
    } catch (error) {
      if (isPrepared && isLostPreparation(error)) {
        this.#prepares = false
        return this.statement(name, text, values)
      }
      // an error that the server reports undoes the statement
      throw postgresError(error, isSent && !isUsableAfter(error))
    }
  }

  /**
   * Runs work in a transaction of its own.
   *
   * @throws RecordError `STORE_UNKNOWN` when the connection is lost after COMMIT was sent, `STORE_IO` before;
   * ContentionError when another transaction was in the way
   */
  async transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    let isCommitting = false
    try {
      return await this.#use(async (connection, isExpired) => {
        try {
          await connection.query(this.#begin)
          const result = await work(async (text, values) => rowsOf(await connection.query(text, values)))
          // the caller was told that nothing was changed
          if (isExpired()) throw timeoutError(this.#timeout)
          isCommitting = true
          await connection.query('COMMIT')
          return result
        } catch (error) {
          if (isUsableAfter(error)) await connection.query('ROLLBACK')
          throw error
        }
      })
    } catch (error) {
      throw postgresError(error, isCommitting)
    }
  }

  /** Repeats work while other transactions are in the way. @throws RecordError `STORE_CONTENDED` */
  async retrying<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof ContentionError)) throw error
        if (attempt < maxAttempts) continue
        throw new RecordError('STORE_CONTENDED', `${error.message}; tried ${maxAttempts} times`, { cause: error })
      }
    }
  }

  /** A connection that its caller releases. @throws RecordError `STORE_IO` when none becomes free in time */
  connect(): Promise<PostgresConnection> {
    return this.#connect()
  }

  async close(closePool: boolean): Promise<void> {
    this.#timeouts.stop()
    this.#connectTimeouts.stop()
    if (closePool) await this.#pool.end?.()
  }

  async #use<Result>(
    work: (connection: PostgresConnection, isExpired: () => boolean) => Promise<Result>
  ): Promise<Result> {
    const connection = await this.#connect()
    let broken: Error | undefined
    const onError = (error: Error): void => {
      broken = error
    }
    connection.on?.('error', onError)
    let isExpired = false
    try {
      return await this.#timeouts.limit(
        work(connection, () => isExpired),
        () => {
          isExpired = true
          return timeoutError(this.#timeout)
        }
      )
    } catch (error) {
      if (!isUsableAfter(error)) broken ??= error instanceof Error ? error : new Error(String(error))
      throw error
    } finally {
      connection.off?.('error', onError)
      connection.release(broken)
    }
  }

  async #connect(): Promise<PostgresConnection> {
    let isLate = false
    const connecting = (async () => this.#pool.connect())()
    connecting.then(
      (connection) => {
        if (isLate) connection.release()
      },
      () => undefined
    )
    try {
      return await this.#connectTimeouts.limit(connecting, () => {
        isLate = true
        return new RecordError(
          'STORE_IO',
          `no connection became free within ${this.#connectTimeout / 1000} s, and nothing was changed: the pool is exhausted or the server does not answer`
        )
      })
    } catch (error) {
      throw postgresError(error, false)
    }
  }
}

/** Runs a statement of a transaction and returns its rows. */
export type Query = (text: string, values?: unknown[]) => Promise<readonly Row[]>

function timeoutError(timeout: number): Error {
  return new Error(`the server did not answer within ${timeout / 1000} s`)
}

/** ms as the server expects them: 0 means no timeout */
function serverTime(milliseconds: number): number {
  return milliseconds > 2_147_483_647 ? 0 : Math.max(1, Math.round(milliseconds))
}

/** The rows of one statement; a driver returns a list of results for several statements. */
function rowsOf(result: unknown): readonly Row[] {
  return (result as { readonly rows?: readonly Row[] }).rows ?? []
}
