import { equalBytes, RecordError } from '@recordkit/record-types'
import type { LevelDatabase } from './level-database.ts'
import { readBytes, readRange, writeBatch } from './level-database.ts'
import { space } from './level-layout.ts'
import type { Counters } from './stored-form.ts'
import { decodeCounters, decodeHeader, decodeRecordForm, encodeCounters, encodeHeader } from './stored-form.ts'

/** The version of the stored format that this code writes. */
export const formatVersion = 1

const name = 'recordkit store'

/** Brings a database from the version before its own to its own, in one batch that writes the new header, too. */
export type Migration = (database: LevelDatabase) => Promise<void>

/** Migrations to versions 2, 3, …: none yet. */
const migrations: readonly Migration[] = []

function headerKey(): Uint8Array {
  return Uint8Array.of(space.header)
}

/**
 * Checks that a database is ours or empty, before anything is written to it, and brings it to this version.
 *
 * @returns what it counts
 * @throws RecordError `STORE_FOREIGN` for a database that holds something else, `STORE_NEWER_FORMAT`; it is left untouched
 */
export async function openFormat(database: LevelDatabase, sync: boolean): Promise<Counters> {
  const key = headerKey()
  const bytes = await readBytes(database, key)
  if (bytes === undefined) {
    if (!(await isEmpty(database))) throw foreign('it holds entries and no header')
    const header = encodeHeader(key, { name: new TextEncoder().encode(name), version: formatVersion })
    await writeBatch(database, [{ type: 'put', key, value: header }], sync)
    return { entries: 0, bytes: 0, marks: 0 }
  }
  const version = versionOf(key, bytes)
  if (version > formatVersion) {
    throw new RecordError(
      'STORE_NEWER_FORMAT',
      `the database has format version ${version}; this code reads up to ${formatVersion}`,
      { details: { version } }
    )
  }
  for (const migrate of migrations.slice(version - 1)) await migrate(database)
  return (await readCounters(database)) ?? (await recount(database, sync))
}

function versionOf(key: Uint8Array, bytes: Uint8Array): number {
  let header
  try {
    header = decodeHeader(key, bytes)
  } catch (cause) {
    throw foreign('its header cannot be read', cause)
  }
  if (!equalBytes(header.name, new TextEncoder().encode(name)) || header.version < 1)
    throw foreign('its header is not ours')
  return header.version
}

function foreign(reason: string, cause?: unknown): RecordError<'STORE_FOREIGN'> {
  return new RecordError(
    'STORE_FOREIGN',
    `the database is no record store: ${reason}; hand in an empty database or a sublevel`,
    { cause }
  )
}

async function isEmpty(database: LevelDatabase): Promise<boolean> {
  for await (const _ of readRange(database, { limit: 1 })) return false
  return true
}

async function readCounters(database: LevelDatabase): Promise<Counters | undefined> {
  const key = Uint8Array.of(space.counters)
  const bytes = await readBytes(database, key)
  // absent: nothing has been written since the database was made, or somebody took it away
  if (bytes === undefined) return undefined
  try {
    return decodeCounters(key, bytes)
  } catch {
    return undefined
  }
}

/** Counts what is there and writes the counters anew. */
async function recount(database: LevelDatabase, sync: boolean): Promise<Counters> {
  const counters = await countEntries(database)
  const key = Uint8Array.of(space.counters)
  await writeBatch(database, [{ type: 'put', key, value: encodeCounters(key, counters) }], sync)
  return counters
}

/** Counts the records that can be read, their bytes, and the marks. */
export async function countEntries(database: LevelDatabase): Promise<Counters> {
  let entries = 0
  let bytes = 0
  let marks = 0
  for await (const [key, value] of readRange(database, {
    gte: Uint8Array.of(space.record),
    lt: Uint8Array.of(space.mark)
  })) {
    try {
      const { record } = decodeRecordForm(key, value)
      entries++
      bytes += record.key.length + record.value.length + record.rank.length
    } catch {
      // an unreadable entry counts as absent here as everywhere
    }
  }
  for await (const _ of readRange(database, { gte: Uint8Array.of(space.mark), lt: Uint8Array.of(space.expiry) }))
    marks++
  return { entries, bytes, marks }
}
