import {
  decodeCounters,
  decodeLocalRecord,
  decodeRecordForm,
  encodeCounters,
  encodePublication,
  tryDecode
} from './entry-format.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange } from './level-database.ts'
import { entryKey, entryType, quarantineKey, typeRange } from './level-layout.ts'

/**
 * Migration to version 3: writes the publications of the records that version 2 called local, and adds ordinals to the keys of
 * entries that were moved aside. The records stay as they are: what said `local` says now that there is a publication, and
 * ranks without identity are read in both forms.
 */
export async function addPublications(database: LevelDatabase): Promise<readonly LevelOperation[]> {
  const operations: LevelOperation[] = []
  for await (const [recordKey, value] of readRange(database, typeRange(entryType.record))) {
    // an unreadable record stays unchanged, for `repair`
    if (tryDecode(decodeRecordForm, recordKey, value) === undefined) continue
    const publication = decodeLocalRecord(recordKey, value)
    if (publication === undefined) continue
    const key = entryKey(entryType.publication, publication.key)
    operations.push({ type: 'put', key, value: encodePublication(key, publication) })
  }
  const countersKey = Uint8Array.of(entryType.counters)
  const counters = tryDecode(decodeCounters, countersKey, await readBytes(database, countersKey))
  let ordinal = counters?.ordinal ?? 0
  const moved: LevelOperation[] = []
  for await (const [oldKey, value] of readRange(database, typeRange(entryType.quarantine))) {
    operations.push({ type: 'del', key: new Uint8Array(oldKey) })
    moved.push({ type: 'put', key: quarantineKey(ordinal++, oldKey.subarray(1)), value: new Uint8Array(value) })
  }
  // after all deletions, because a new key may be that of an old entry
  operations.push(...moved)
  // the migration to version 4 counts the entries
  if (counters === undefined) return operations
  const value = encodeCounters(countersKey, { ...counters, ordinal })
  return [...operations, { type: 'put', key: countersKey, value }]
}
