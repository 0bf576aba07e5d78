import { checkBoolean, checkDuration } from '@recordkit/record-types/internal'
import { systemTimer } from '@recordkit/record-types'
import { checkStoreOptions, storeOptionNames } from '@recordkit/record-store/internal'
import { SqliteBackend } from './sqlite-backend.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import type { SqliteDatabase } from './sqlite-database.ts'
import { isBusy, sqliteError } from './sqlite-errors.ts'
import type { SqliteRecordStoreOptions } from './sqlite-record-store.ts'

/** Opens the backend of a store. Closes the database when it cannot. */
export async function openSqliteBackend(
  database: SqliteDatabase,
  options: SqliteRecordStoreOptions = {}
): Promise<SqliteBackend> {
  try {
    checkStoreOptions(options, { ...storeOptionNames, durable: 0, pollInterval: 0 })
    const { setTimer = systemTimer, random = Math.random } = options
    const durable = checkBoolean(options.durable, 'durable', true)
    const timeout = checkDuration(options.timeout, 'timeout', 30_000)
    const pollInterval = checkDuration(options.pollInterval, 'pollInterval', 250)
    const connection = new SqliteConnection(database, { timeout, setTimer, random })
    await useWriteAheadLog(connection)
    await connection.waiting(() => connection.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`))
    const backend = new SqliteBackend(connection, durable, { pollInterval, setTimer })
    await backend.prepare()
    return backend
  } catch (error) {
    database.close()
    throw sqliteError(error)
  }
}

/**
 * Switches a new database to a write-ahead log. SQLite does not wait for other processes here, whatever `busy_timeout` says:
 * where one of them uses the database, this waits for it with a transaction, and tries again.
 */
async function useWriteAheadLog(connection: SqliteConnection): Promise<void> {
  await connection.waiting(() => {
    try {
      connection.exec('PRAGMA journal_mode = WAL')
    } catch (error) {
      if (isBusy(error)) connection.exec('BEGIN IMMEDIATE; ROLLBACK')
      throw error
    }
  })
}
