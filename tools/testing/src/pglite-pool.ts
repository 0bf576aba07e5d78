import { PGlite } from '@electric-sql/pglite'

/** The rows of a statement. */
interface Result {
  readonly rows: readonly unknown[]
}

/** A statement as `pg` prepares it; here it is run as any other. */
interface Statement {
  readonly text: string
  readonly values: unknown[]
}

interface Connection {
  query(statement: string | Statement, values?: unknown[]): Promise<Result>
  release(): void
}

/**
 * PostgreSQL in this process, as a pool: PGlite has one connection, which the connections of this pool use in turn, each for a
 * transaction or a statement.
 */
export class PglitePool {
  readonly database: PGlite
  #last: Promise<unknown> = Promise.resolve()

  constructor(database: PGlite) {
    this.database = database
  }

  /** The pool of this worker: starting PostgreSQL takes seconds. */
  static shared(): Promise<PglitePool> {
    const worker = globalThis as { recordkitPglite?: Promise<PglitePool> }
    worker.recordkitPglite ??= PGlite.create().then((database) => new PglitePool(database))
    return worker.recordkitPglite
  }

  async connect(): Promise<Connection> {
    const before = this.#last
    let release: () => void = () => undefined
    this.#last = new Promise<void>((resolve) => {
      release = resolve
    })
    await before
    return {
      query: (statement, values) =>
        typeof statement === 'string' ? this.#query(statement, values) : this.#query(statement.text, statement.values),
      release
    }
  }

  async #query(text: string, values?: unknown[]): Promise<Result> {
    if (values !== undefined) return this.database.query(text, values)
    const results = await this.database.exec(text)
    return results.at(-1) ?? { rows: [] }
  }

  /** Runs a statement outside of any store. */
  async query(text: string, values: unknown[] = []): Promise<Result> {
    const connection = await this.connect()
    try {
      return await connection.query(text, values)
    } finally {
      connection.release()
    }
  }
}
