import type { SetTimer } from '@recordkit/record-types'
import { RecordError } from '@recordkit/record-types'
import type { SqliteConnection } from './sqlite-connection.ts'
import { isBusy, sqliteError } from './sqlite-errors.ts'

/** Changes that are read at a time. */
const pageSize = 500
/** Changes that are kept for processes that were away, and own writes after which older ones are deleted. */
const [kept, cleaningInterval] = [65_536, 1024]

export interface SqliteChangesOptions {
  /** ms */
  readonly pollInterval: number
  readonly setTimer: SetTimer
}

/** The keys that any process changes. Transactions write one after another, so that the numbers of changes have no gap. */
export class SqliteChanges {
  readonly #connection: SqliteConnection
  readonly #options: SqliteChangesOptions
  readonly #closed = new AbortController()
  #writes = 0

  constructor(connection: SqliteConnection, options: SqliteChangesOptions) {
    this.#connection = connection
    this.#options = options
  }

  /** Adds a change, in the transaction that makes it. */
  add(key: Uint8Array): void {
    this.#connection.statement('INSERT INTO changes (key) VALUES (?)').run(key)
    if (this.#writes++ % cleaningInterval > 0) return
    this.#connection.statement('DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - ?').run(kept)
  }

  /** @throws RecordError `STORE_IO` when changes were deleted before this process could read them */
  async *open(signal: AbortSignal): AsyncGenerator<Uint8Array, undefined> {
    let last = this.#newest()
    let seen: unknown
    while (!this.#closed.signal.aborted) {
      signal.throwIfAborted()
      const { version, rows } = this.#read(last, seen)
      seen = rows.length < pageSize ? version : undefined
      for (const { id, key } of rows) {
        if (id !== ++last) {
          const message =
            'changes were deleted before they were read; read again what you watch, and call changes() anew'
          throw new RecordError('STORE_IO', message)
        }
        yield key
      }
      if (rows.length === 0) await this.#sleep(signal)
    }
    return undefined
  }

  close(): void {
    this.#closed.abort()
  }

  /** The number of the last change. The table of numbers keeps it when all changes are deleted. */
  #newest(): number {
    const select = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0) AS last"
    try {
      return (this.#connection.statement(select).get() as { last: number }).last
    } catch (error) {
      throw sqliteError(error)
    }
  }

  /** The changes after a number; nothing, when no other process has committed since `seen`. */
  #read(after: number, seen: unknown): { version: unknown; rows: { readonly id: number; readonly key: Uint8Array }[] } {
    try {
      const select = this.#connection.statement('SELECT id, key FROM changes WHERE id > ? ORDER BY id LIMIT ?')
      const { data_version: version } = this.#connection.statement('PRAGMA data_version').get() as {
        data_version: unknown
      }
      if (version === seen) return { version, rows: [] }
      return { version, rows: select.all(after, pageSize) as { id: number; key: Uint8Array }[] }
    } catch (error) {
      if (isBusy(error)) return { version: seen, rows: [] }
      throw sqliteError(error)
    }
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const signals = [signal, this.#closed.signal]
      const end = (): void => {
        cancel()
        for (const each of signals) each.removeEventListener('abort', end)
        resolve()
      }
      const cancel = this.#options.setTimer(end, this.#options.pollInterval)
      for (const each of signals) each.addEventListener('abort', end)
      if (signals.some(({ aborted }) => aborted)) end()
    })
  }
}
