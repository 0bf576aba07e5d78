import { mapKey } from '@recordkit/record-types/internal'
import { accountOperation, exists, sameSize } from './account-operations.ts'
import type { EntryCounter } from './count-entries.ts'
import { countEntries } from './count-entries.ts'
import type { Counters } from './entry-format.ts'
import { decodeAccount, decodeCounters, encodeCounters, tryDecode } from './entry-format.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange, writeBatch } from './level-database.ts'
import { entryType, readQuarantineKey, typeRange } from './level-layout.ts'

/** Reads the counters; `undefined` when they are missing or cannot be read. */
export async function readCounters(database: LevelDatabase): Promise<Counters | undefined> {
  const key = Uint8Array.of(entryType.counters)
  // missing: the database was created and nothing was written yet, or they were deleted
  return tryDecode(decodeCounters, key, await readBytes(database, key))
}

/** Counts the entries; writes new counters, and the rows of the accounts whose sizes were lost with the earlier counters. */
export async function recount(database: LevelDatabase, sync: boolean): Promise<Counters> {
  const counter = await countEntries(database)
  const counters = { ...counter.totals, ordinal: await nextOrdinal(database), recentAccounts: [] }
  const key = Uint8Array.of(entryType.counters)
  const operations = await accountCorrections(database, counter)
  operations.push({ type: 'put', key, value: encodeCounters(key, counters) })
  await writeBatch(database, operations, sync)
  return counters
}

async function accountCorrections(database: LevelDatabase, counter: EntryCounter): Promise<LevelOperation[]> {
  const operations: LevelOperation[] = []
  const found = new Set<string>()
  for await (const [fullKey, value] of readRange(database, typeRange(entryType.account))) {
    const name = new Uint8Array(fullKey.subarray(1))
    const size = counter.size(name)
    const stored = tryDecode(decodeAccount, fullKey, value)
    found.add(mapKey(name))
    if (stored === undefined || !exists(size) || !sameSize(stored, size))
      operations.push(accountOperation({ ...size, name }))
  }
  for (const account of counter.accounts)
    if (!found.has(mapKey(account.name))) operations.push(accountOperation(account))
  return operations
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
