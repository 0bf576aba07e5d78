import { equalBytes, RecordError } from '@recordkit/record-types'
import { addAccounts } from './add-accounts.ts'
import { addPublications } from './add-publications.ts'
import type { Counters } from './entry-format.ts'
import { decodeHeader, encodeHeader, noCounters } from './entry-format.ts'
import { readCounters, recount } from './level-counters.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange, writeBatch } from './level-database.ts'
import { entryType } from './level-layout.ts'
import type { Migration } from './migration.ts'

const formatName = 'recordkit store'

/** Migrations to versions 2, 3, and so on. Version 2 added what version 4 does not need any more. */
const formatMigrations: readonly Migration[] = [async () => [], addPublications, addAccounts]

function headerKey(): Uint8Array {
  return Uint8Array.of(entryType.header)
}

/**
 * Checks that a database is a record store or empty, before anything is written to it, and migrates it to the current
 * version.
 *
 * @returns its counters
 * @throws RecordError `STORE_UNRECOGNIZED` for a database that contains other data, `STORE_NEWER_FORMAT`; the database is
 * not changed
 */
export async function openFormat(
  database: LevelDatabase,
  sync: boolean,
  migrations: readonly Migration[] = formatMigrations
): Promise<Counters> {
  const key = headerKey()
  const current = migrations.length + 1
  const bytes = await readBytes(database, key)
  if (bytes === undefined) {
    if (!(await isEmpty(database))) throw unrecognized('it has entries but no header')
    await writeBatch(database, [headerOperation(current)], sync)
    return noCounters
  }
  let version = readVersion(key, bytes)
  if (version > current) {
    throw new RecordError(
      'STORE_NEWER_FORMAT',
      `the database has format version ${version}; this version of store-level supports up to ${current}`,
      { details: { version } }
    )
  }
  for (const migrate of migrations.slice(version - 1)) {
    await writeBatch(database, [...(await migrate(database)), headerOperation(++version)], true)
  }
  return (await readCounters(database)) ?? recount(database, sync)
}

function headerOperation(version: number): LevelOperation {
  const key = headerKey()
  return { type: 'put', key, value: encodeHeader(key, { name: new TextEncoder().encode(formatName), version }) }
}

function readVersion(key: Uint8Array, bytes: Uint8Array): number {
  let header
  try {
    header = decodeHeader(key, bytes)
  } catch (cause) {
    throw unrecognized('its header cannot be read', cause)
  }
  if (!equalBytes(header.name, new TextEncoder().encode(formatName)) || header.version < 1)
    throw unrecognized('its header is not that of a record store')
  return header.version
}

function unrecognized(reason: string, cause?: unknown): RecordError<'STORE_UNRECOGNIZED'> {
  return new RecordError(
    'STORE_UNRECOGNIZED',
    `the database is not a record store: ${reason}; pass an empty database or a sublevel`,
    { cause }
  )
}

async function isEmpty(database: LevelDatabase): Promise<boolean> {
  for await (const _ of readRange(database, {})) return false
  return true
}
