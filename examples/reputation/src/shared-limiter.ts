import { DatabaseSync } from 'node:sqlite'
import type { RateLimiter } from '@recordkit/record-types'
import { RateLimiterSQLite } from 'rate-limiter-flexible'

export interface SharedLimiter extends RateLimiter, Disposable {}

/**
 * rate-limiter-flexible on an SQLite file: all processes that open the file share its counters, and no server runs.
 * With Redis, Postgres or another of its stores it goes into `PeerAccess` just the same.
 */
export async function sharedLimiter(path: string, points: number, duration: number): Promise<SharedLimiter> {
  const database = new DatabaseSync(path, { timeout: 5000 })
  // Node's own SQLite in the place of better-sqlite3, but for `transaction`: what is run in it is one statement
  const storeClient = Object.assign(database, { transaction: (work: () => unknown) => work })
  const limiter = await new Promise<RateLimiterSQLite>((resolve, reject) => {
    const created: RateLimiterSQLite = new RateLimiterSQLite(
      { storeClient, storeType: 'better-sqlite3', tableName: 'senders', points, duration },
      (error?: Error) => (error === undefined ? resolve(created) : reject(error))
    )
  })
  return {
    consume: (key, cost) => limiter.consume(key, cost),
    [Symbol.dispose]: () => database.close()
  }
}
