import { equalBytes, RecordError } from '@recordkit/record-types'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange, writeBatch } from './level-database.ts'
import { readAgeKey, space } from './level-layout.ts'
import type { Migration } from './migration.ts'
import { numberMarks } from './add-mark-ordinals.ts'
import type { Counters } from './entry-format.ts'
import {
  decodeCounters,
  decodeHeader,
  decodeRecordForm,
  encodeCounters,
  encodeHeader,
  readable
} from './entry-format.ts'

const name = 'recordkit store'

/** Migrations to versions 2, 3, and so on. */
const ownMigrations: readonly Migration[] = [numberMarks]

function headerKey(): Uint8Array {
  return Uint8Array.of(space.header)
}

/**
 * Checks that a database is ours or empty, before anything is written to it, and brings it to this version.
 *
 * @returns what it counts
 * @throws RecordError `STORE_UNRECOGNIZED` for a database that holds something else, `STORE_NEWER_FORMAT`; it is left untouched
 */
export async function openFormat(
  database: LevelDatabase,
  sync: boolean,
  migrations: readonly Migration[] = ownMigrations
): Promise<Counters> {
  const key = headerKey()
  const current = migrations.length + 1
  const bytes = await readBytes(database, key)
  if (bytes === undefined) {
    if (!(await isEmpty(database))) throw foreign('it holds entries and no header')
    await writeBatch(database, [headerOperation(current)], sync)
    return { entries: 0, bytes: 0, marks: 0, ordinal: 0 }
  }
  let version = versionOf(key, bytes)
  if (version > current) {
    throw new RecordError(
      'STORE_NEWER_FORMAT',
      `the database has format version ${version}; this code reads up to ${current}`,
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
  return { type: 'put', key, value: encodeHeader(key, { name: new TextEncoder().encode(name), version }) }
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

function foreign(reason: string, cause?: unknown): RecordError<'STORE_UNRECOGNIZED'> {
  return new RecordError(
    'STORE_UNRECOGNIZED',
    `the database is no record store: ${reason}; hand in an empty database or a sublevel`,
    { cause }
  )
}

async function isEmpty(database: LevelDatabase): Promise<boolean> {
  for await (const _ of readRange(database, {})) return false
  return true
}

/** What the database counts; `undefined` where that is absent or cannot be read. */
export async function readCounters(database: LevelDatabase): Promise<Counters | undefined> {
  const key = Uint8Array.of(space.counters)
  // absent: nothing has been written since the database was made, or somebody took it away
  return readable(decodeCounters, key, await readBytes(database, key))
}

/** Counts what is there and writes the counters anew. */
async function recount(database: LevelDatabase, sync: boolean): Promise<Counters> {
  const counters = await countEntries(database)
  const key = Uint8Array.of(space.counters)
  await writeBatch(database, [{ type: 'put', key, value: encodeCounters(key, counters) }], sync)
  return counters
}

/** Counts the records that can be read, their bytes, and the marks. */
async function countEntries(database: LevelDatabase): Promise<Counters> {
  let entries = 0
  let bytes = 0
  let marks = 0
  for await (const [key, value] of readRange(database, {
    gte: Uint8Array.of(space.record),
    lt: Uint8Array.of(space.mark)
  })) {
    // an unreadable entry counts as absent here as everywhere
    const record = readable(decodeRecordForm, key, value)?.record
    if (record === undefined) continue
    entries++
    bytes += record.key.length + record.value.length + record.rank.length
  }
  for await (const _ of readRange(database, { gte: Uint8Array.of(space.mark), lt: Uint8Array.of(space.expiry) }))
    marks++
  return { entries, bytes, marks, ordinal: await nextOrdinal(database) }
}

/** One above that of the mark set last. */
async function nextOrdinal(database: LevelDatabase): Promise<number> {
  const range = { gte: Uint8Array.of(space.age), lt: Uint8Array.of(space.age + 1), reverse: true }
  for await (const [full] of readRange(database, range)) {
    const parts = readAgeKey(full)
    // an index of a damaged store may hold what is no entry: look behind it
    if (parts !== undefined) return parts.ordinal + 1
  }
  return 0
}
