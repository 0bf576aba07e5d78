import type { Counters } from './entry-format.ts'
import { decodeCounters, decodeRecordForm, encodeCounters, tryDecode } from './entry-format.ts'
import type { LevelDatabase } from './level-database.ts'
import { readBytes, readRange, writeBatch } from './level-database.ts'
import { sizeOf } from './level-entry.ts'
import { entryType, readAgeKey, readQuarantineKey, typeRange } from './level-layout.ts'

/** Reads the counters; `undefined` when they are missing or cannot be read. */
export async function readCounters(database: LevelDatabase): Promise<Counters | undefined> {
  const key = Uint8Array.of(entryType.counters)
  // missing: the database was created and nothing was written yet, or they were deleted
  return tryDecode(decodeCounters, key, await readBytes(database, key))
}

/** Counts the entries and writes new counters. */
export async function recount(database: LevelDatabase, sync: boolean): Promise<Counters> {
  const counters = await countEntries(database)
  const key = Uint8Array.of(entryType.counters)
  await writeBatch(database, [{ type: 'put', key, value: encodeCounters(key, counters) }], sync)
  return counters
}

/** Counts the records that can be read, their bytes, the marks and the publications. */
async function countEntries(database: LevelDatabase): Promise<Counters> {
  let entries = 0
  let bytes = 0
  let marks = 0
  let publications = 0
  for await (const [key, value] of readRange(database, typeRange(entryType.record))) {
    // an unreadable entry counts as absent, as in reads
    const record = tryDecode(decodeRecordForm, key, value)?.record
    if (record === undefined) continue
    entries++
    bytes += sizeOf(record)
  }
  for await (const _ of readRange(database, typeRange(entryType.mark))) marks++
  for await (const _ of readRange(database, typeRange(entryType.publication))) publications++
  return { entries, bytes, marks, publications, ordinal: await nextOrdinal(database) }
}

/** One more than the highest ordinal of a mark or an entry that was moved aside. */
async function nextOrdinal(database: LevelDatabase): Promise<number> {
  const age = await highestOrdinal(database, entryType.age, readAgeKey)
  const quarantine = await highestOrdinal(database, entryType.quarantine, readQuarantineKey)
  return Math.max(age, quarantine) + 1
}

/** The highest ordinal in the keys of a type; -1 when there is none. */
export async function highestOrdinal(
  database: LevelDatabase,
  type: number,
  read: (fullKey: Uint8Array) => { ordinal: number } | undefined
): Promise<number> {
  for await (const [fullKey] of readRange(database, { ...typeRange(type), reverse: true })) {
    const ordinal = read(fullKey)?.ordinal
    // the index of a damaged store may contain malformed keys: skip them
    if (ordinal !== undefined) return ordinal
  }
  return -1
}
