import type pg from 'pg'
import type { PostgresConnection, PostgresPool, PostgresResult } from '../../src/index.ts'

/**
 * A pool that behaves as a pooler in transaction mode: each statement outside of a transaction, and each transaction, runs on
 * another connection of the server, whose session is reset afterwards.
 */
export class TransactionPooler implements PostgresPool {
  readonly #pool: pg.Pool
  statements = 0

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async connect(): Promise<PostgresConnection> {
    let pinned: pg.PoolClient | undefined
    return {
      query: async (statement, values) => {
        const text = typeof statement === 'string' ? statement : statement.text
        this.statements++
        const connection = pinned ?? (await this.#pool.connect())
        if (text.startsWith('BEGIN')) pinned = connection
        let isFailed = true
        try {
          const result = await connection.query(statement as string, values)
          isFailed = false
          return result as PostgresResult
        } finally {
          if (text === 'COMMIT' || text === 'ROLLBACK') pinned = undefined
          if (pinned === undefined) {
            if (!isFailed) await connection.query('DISCARD ALL')
            connection.release(isFailed)
          }
        }
      },
      release: () => {
        pinned?.release(true)
        pinned = undefined
      }
    }
  }

  async query(text: string, values: unknown[] = []): Promise<PostgresResult> {
    return (await this.#pool.query(text, values)) as PostgresResult
  }
}
