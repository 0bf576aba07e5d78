import { RecordError } from '@recordkit/record-types'
import type { PostgresDatabase, Query } from './postgres-database.ts'
import { sqlStateOf } from './postgres-errors.ts'
import { locksOf, quoted } from './postgres-names.ts'
import { createTables, formatName, formatVersion } from './postgres-schema.ts'

/**
 * Checks that a schema contains a store, and creates the tables where there is nothing. Processes that open a new store
 * concurrently wait for each other.
 *
 * @throws RecordError `STORE_UNRECOGNIZED`, `STORE_NEWER_FORMAT`: the schema is not changed
 */
export async function openFormat(database: PostgresDatabase, schema: string): Promise<void> {
  // a replica can be opened too, as long as nothing has to be created
  if (await isCurrent((text, values) => database.read(text, values), schema)) return
  await database.retrying(() =>
    database.transaction(async (query) => {
      // held until the transaction ends: a pooler does not keep sessions
      await query('SELECT pg_advisory_xact_lock($1::bigint)', [locksOf(schema).tables])
      if (await isCurrent(query, schema)) return
      // needs no right to create schemas where the operator has created it
      if (!(await exists(query, schema))) await query(`CREATE SCHEMA ${quoted(schema)}`)
      await query(createTables(schema))
    })
  )
}

/** Whether a schema contains a store of this version; `false` where it contains nothing. */
async function isCurrent(query: Query, schema: string): Promise<boolean> {
  const tables = await query(
    `SELECT c.relname::text AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1::text AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
    [schema]
  )
  if (tables.length === 0) return false
  if (!tables.some(({ name }) => name === 'format')) throw unrecognized(schema, 'it contains other tables')
  const { name, version } = await readFormat(query, schema)
  if (name !== formatName) throw unrecognized(schema, `its table "format" names ${JSON.stringify(name)}`)
  if (Number(version) > formatVersion) {
    const message = `the schema "${schema}" has format version ${String(version)}; this version supports up to ${formatVersion}`
    throw new RecordError('STORE_NEWER_FORMAT', message, { details: { version: Number(version) } })
  }
  return Number(version) === formatVersion
}

async function readFormat(query: Query, schema: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const [row] = await query(`SELECT name, version FROM ${quoted(schema)}.format WHERE id = 1`)
    return row ?? {}
  } catch (error) {
    if (sqlStateOf((error as Error).cause ?? error)?.startsWith('42') !== true) throw error
    throw unrecognized(schema, 'its table "format" has other columns')
  }
}

async function exists(query: Query, schema: string): Promise<boolean> {
  return (await query('SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1::text', [schema])).length > 0
}

function unrecognized(schema: string, reason: string): RecordError<'STORE_UNRECOGNIZED'> {
  const message = `the schema "${schema}" is not a record store: ${reason}; choose another with the option "schema"`
  return new RecordError('STORE_UNRECOGNIZED', message)
}
