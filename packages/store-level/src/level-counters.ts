import { countEntries } from './count-entries.ts'
import type { Counters } from './entry-format.ts'
import { decodeCounters, encodeCounters, tryDecode } from './entry-format.ts'
import type { LevelDatabase } from './level-database.ts'
import { readBytes, readRange, writeBatch } from './level-database.ts'
import { entryType, readQuarantineKey, typeRange } from './level-layout.ts'

/** Reads the counters; `undefined` when they are missing or cannot be read. */
export async function readCounters(database: LevelDatabase): Promise<Counters | undefined> {
  const key = Uint8Array.of(entryType.counters)
  // missing: the database was created and nothing was written yet, or they were deleted
  return tryDecode(decodeCounters, key, await readBytes(database, key))
}

/** Counts the entries and writes new counters. */
export async function recount(database: LevelDatabase, sync: boolean): Promise<Counters> {
  const { totals } = await countEntries(database)
  const counters = { ...totals, ordinal: await nextOrdinal(database) }
  const key = Uint8Array.of(entryType.counters)
  await writeBatch(database, [{ type: 'put', key, value: encodeCounters(key, counters) }], sync)
  return counters
}

/** One more than the highest ordinal of an entry that was moved aside. */
export async function nextOrdinal(database: LevelDatabase): Promise<number> {
  for await (const [fullKey] of readRange(database, { ...typeRange(entryType.quarantine), reverse: true })) {
    const ordinal = readQuarantineKey(fullKey)?.ordinal
    // a damaged store may contain malformed keys: skip them
    if (ordinal !== undefined) return ordinal + 1
  }
  return 0
}
