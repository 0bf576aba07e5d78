import { decodeCounters, decodeMark, encodeCounters, tryDecode, withOrdinal } from './entry-format.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange } from './level-database.ts'
import { ageKey, entryKey, entryType, readExpiryKey } from './level-layout.ts'

/**
 * Migration to version 2: adds the ordinals of marks and the index by age. Version 1 did not store when a mark was set, so
 * marks are numbered in the order in which they end: most marks that end first were set first.
 */
export async function addMarkOrdinals(database: LevelDatabase): Promise<readonly LevelOperation[]> {
  const operations: LevelOperation[] = []
  let ordinal = 0
  const range = { gte: Uint8Array.of(entryType.expiry), lt: Uint8Array.of(entryType.expiry + 1) }
  for await (const [indexKey] of readRange(database, range)) {
    const parts = readExpiryKey(indexKey)
    if (parts?.expiringType !== entryType.mark) continue
    const key = entryKey(entryType.mark, parts.key)
    // an unreadable mark stays unchanged, for `repair`
    const bytes = await readBytes(database, key)
    if (bytes === undefined || tryDecode(decodeMark, key, bytes)?.mark.until !== parts.time) continue
    operations.push(
      { type: 'put', key, value: withOrdinal(key, bytes, ordinal) },
      { type: 'put', key: ageKey(ordinal, parts.key), value: new Uint8Array(0) }
    )
    ordinal++
  }
  const key = Uint8Array.of(entryType.counters)
  const counters = tryDecode(decodeCounters, key, await readBytes(database, key))
  // missing counters are counted when the store opens
  if (counters === undefined) return operations
  return [...operations, { type: 'put', key, value: encodeCounters(key, { ...counters, ordinal }) }]
}
