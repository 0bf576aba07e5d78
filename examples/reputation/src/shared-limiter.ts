import { DatabaseSync } from 'node:sqlite'
import type { RateLimiter } from '@recordkit/record-types'
import { RateLimiterSQLite } from 'rate-limiter-flexible'

export interface SharedLimiter extends RateLimiter, Disposable {}

/**
 * rate-limiter-flexible with an SQLite file: all processes that open the file share its counters, without a server. Its
 * limiters for Redis, Postgres and others can be passed to `createAccessControl` in the same way.
 *
 * @param points - records per sender in one period
 * @param duration - ms of a period
 */
export async function sharedLimiter(path: string, points: number, duration: number): Promise<SharedLimiter> {
  const database = new DatabaseSync(path, { timeout: 5000 })
  // Node's own SQLite has the interface of better-sqlite3 except `transaction`, which here wraps a single statement
  const storeClient = Object.assign(database, { transaction: (work: () => unknown) => work })
  const limiter = await new Promise<RateLimiterSQLite>((resolve, reject) => {
    const created: RateLimiterSQLite = new RateLimiterSQLite(
      { storeClient, storeType: 'better-sqlite3', tableName: 'senders', points, duration: duration / 1000 },
      (error?: Error) => (error === undefined ? resolve(created) : reject(error))
    )
  })
  return {
    consume: (key, cost) => limiter.consume(key, cost),
    [Symbol.dispose]: () => database.close()
  }
}
