import { equalBytes, RecordError } from '@recordkit/record-types'
import { addMarkOrdinals } from './add-mark-ordinals.ts'
import type { Counters } from './entry-format.ts'
import {
  decodeCounters,
  decodeHeader,
  decodeRecordForm,
  encodeCounters,
  encodeHeader,
  tryDecode
} from './entry-format.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange, writeBatch } from './level-database.ts'
import { entryType, readAgeKey } from './level-layout.ts'
import type { Migration } from './migration.ts'

const formatName = 'recordkit store'

/** Migrations to versions 2, 3, and so on. */
const formatMigrations: readonly Migration[] = [addMarkOrdinals]

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
    return { entries: 0, bytes: 0, marks: 0, ordinal: 0 }
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

/** Reads the counters; `undefined` when they are missing or cannot be read. */
export async function readCounters(database: LevelDatabase): Promise<Counters | undefined> {
  const key = Uint8Array.of(entryType.counters)
  // missing: the database was created and nothing was written yet, or they were deleted
  return tryDecode(decodeCounters, key, await readBytes(database, key))
}

/** Counts the entries and writes new counters. */
async function recount(database: LevelDatabase, sync: boolean): Promise<Counters> {
  const counters = await countEntries(database)
  const key = Uint8Array.of(entryType.counters)
  await writeBatch(database, [{ type: 'put', key, value: encodeCounters(key, counters) }], sync)
  return counters
}

/** Counts the records that can be read, their bytes, and the marks. */
async function countEntries(database: LevelDatabase): Promise<Counters> {
  let entries = 0
  let bytes = 0
  let marks = 0
  for await (const [key, value] of readRange(database, {
    gte: Uint8Array.of(entryType.record),
    lt: Uint8Array.of(entryType.mark)
  })) {
    // an unreadable entry counts as absent, as in reads
    const record = tryDecode(decodeRecordForm, key, value)?.record
    if (record === undefined) continue
    entries++
    bytes += record.key.length + record.value.length + record.rank.length
  }
  for await (const _ of readRange(database, {
    gte: Uint8Array.of(entryType.mark),
    lt: Uint8Array.of(entryType.expiry)
  }))
    marks++
  return { entries, bytes, marks, ordinal: await nextOrdinal(database) }
}

/** The ordinal of the newest mark, plus one. */
async function nextOrdinal(database: LevelDatabase): Promise<number> {
  const range = { gte: Uint8Array.of(entryType.age), lt: Uint8Array.of(entryType.age + 1), reverse: true }
  for await (const [fullKey] of readRange(database, range)) {
    const parts = readAgeKey(fullKey)
    // the index of a damaged store may contain malformed keys: skip them
    if (parts !== undefined) return parts.ordinal + 1
  }
  return 0
}
