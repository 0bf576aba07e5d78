import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange } from './level-database.ts'
import { ageKey, readExpiryKey, space, spaceKey } from './level-layout.ts'
import { decodeCounters, decodeMark, encodeCounters, encodeMark, readable } from './entry-format.ts'

/**
 * To version 2: gives each mark its ordinal, and the index by age. How old a mark is was not kept; what ends first was,
 * for the most part, set first.
 */
export async function numberMarks(database: LevelDatabase): Promise<readonly LevelOperation[]> {
  const operations: LevelOperation[] = []
  let ordinal = 0
  const range = { gte: Uint8Array.of(space.expiry), lt: Uint8Array.of(space.expiry + 1) }
  for await (const [full] of readRange(database, range)) {
    const parts = readExpiryKey(full)
    if (parts?.expiring !== space.mark) continue
    const key = spaceKey(space.mark, parts.key)
    // what cannot be read stays as it is, for `repair`
    const mark = readable(decodeMark, key, await readBytes(database, key))?.mark
    if (mark?.until !== parts.time) continue
    operations.push(
      { type: 'put', key, value: encodeMark(key, { mark, ordinal }) },
      { type: 'put', key: ageKey(ordinal, parts.key), value: new Uint8Array(0) }
    )
    ordinal++
  }
  const key = Uint8Array.of(space.counters)
  const counters = readable(decodeCounters, key, await readBytes(database, key))
  // without them they are counted when the store opens
  if (counters === undefined) return operations
  return [...operations, { type: 'put', key, value: encodeCounters(key, { ...counters, ordinal }) }]
}
