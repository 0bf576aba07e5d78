import { RecordError, systemClock, systemTimer } from '@recordkit/record-types'
import { checkBoolean, checkDuration, describe, printable } from '@recordkit/record-types/internal'
import { PostgresBackend } from './postgres-backend.ts'
import { PostgresDatabase } from './postgres-database.ts'
import { openFormat } from './postgres-format.ts'
import type { PostgresPool } from './postgres-pool.ts'
import type { PostgresRecordStoreOptions } from './postgres-record-store.ts'

/** s for which changes can be read by processes that were away */
const changesKept = 600
/** bytes: the longest name that leaves space for the channel that is named after it */
const longestSchema = 48

/** Opens the backend of a store. */
export async function openPostgresBackend(
  pool: PostgresPool,
  options: PostgresRecordStoreOptions = {}
): Promise<PostgresBackend> {
  const { schema = 'recordkit', setTimer = systemTimer, random = Math.random } = options
  checkSchema(schema)
  const closePool = checkBoolean(options.closePool, 'closePool', false)
  const timeout = checkDuration(options.timeout, 'timeout', 30_000)
  const pollInterval = checkDuration(options.pollInterval, 'pollInterval', 500)
  // the connection for notifications must leave others to read and write
  const listen = checkBoolean(options.listen, 'listen', true) && (pool.options?.max ?? 10) >= 3
  const database = new PostgresDatabase(pool, { timeout, setTimer: options.setTimer })
  try {
    await openFormat(database, schema)
    const capabilities = {
      durable: await isDurable(database),
      expiryIndex: true,
      snapshot: false,
      multiProcess: true,
      persistent: true,
      atomicBatch: true
    }
    const usesSystemClock = options.clock === undefined || options.clock === systemClock
    const timers = { setTimer, random, pollInterval, changesKept }
    return new PostgresBackend(database, { schema, capabilities, listen, closePool, usesSystemClock, ...timers })
  } catch (error) {
    await database.close(false)
    throw error
  }
}

function checkSchema(schema: unknown): void {
  const size = typeof schema === 'string' && !schema.includes('\0') ? new TextEncoder().encode(schema).length : 0
  if (size >= 1 && size <= longestSchema) return
  throw new RecordError(
    'INVALID_ARGUMENT',
    `schema is ${typeof schema === 'string' ? `"${printable(schema)}"` : describe(schema)}; a text of 1 to ${longestSchema} bytes without zero bytes is expected`
  )
}

/** Whether the server syncs a commit before it confirms it. */
async function isDurable(database: PostgresDatabase): Promise<boolean> {
  const [row] = await database.read(
    "SELECT current_setting('synchronous_commit', true) AS commits, current_setting('fsync', true) AS syncs"
  )
  return row?.['commits'] !== 'off' && row?.['syncs'] !== 'off'
}
