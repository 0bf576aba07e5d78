import { expect, test } from 'vitest'
import type { StoreChange, StoredRecord } from '@recordkit/record-store'
import { noCounters } from '../src/entry-format.ts'
import { LevelBackend } from '../src/level-backend.ts'
import { LevelWriter } from '../src/level-writer.ts'
import { FaultyLevel } from './faulty-level.ts'
import { rankOf, record, text } from './records.ts'

const capabilities = {
  durable: false,
  expiryIndex: true,
  snapshot: true,
  multiProcess: false,
  persistent: false,
  atomicBatch: true
}
const empty = new Uint8Array(0)

async function newBackend(): Promise<{ backend: LevelBackend; database: FaultyLevel }> {
  const database = new FaultyLevel()
  await database.open()
  const writer = new LevelWriter(database, false, noCounters)
  return { backend: new LevelBackend(database, writer, capabilities, async () => {}), database }
}

function putChange(next: StoredRecord): StoreChange {
  return { key: next.key, previous: {}, next: { record: next } }
}

function markChange(key: string, until: bigint): StoreChange {
  return { key: text(key), previous: {}, next: { mark: { key: text(key), rank: rankOf(1), until } } }
}

function names(found: readonly Uint8Array[]): string[] {
  return found.map((key) => new TextDecoder().decode(key))
}

test('returns the keys of expired records and ended marks, earliest first, up to the limit', async () => {
  const { backend, database } = await newBackend()
  await backend.write([
    putChange(record('/a', 'v', 1, { expires: 30n })),
    putChange(record('/b', 'v', 1, { expires: 10n })),
    putChange(record('/c', 'v', 1)),
    markChange('/d', 15n),
    putChange(record('/e', 'v', 1, { expires: 20n }))
  ])
  expect(names(await backend.expired(31n, 9))).toEqual(['/b', '/d', '/e', '/a'])
  expect(names(await backend.expired(30n, 9))).toEqual(['/b', '/d', '/e'])
  expect(names(await backend.expired(31n, 2))).toEqual(['/b', '/d'])
  expect(await backend.expired(10n, 9)).toEqual([])
  // malformed index keys neither count nor hide others
  for (const kind of [0, 7, 8, 9]) await database.put(Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 1, kind, 47), empty)
  await database.put(Uint8Array.of(3, 0), empty)
  expect(names(await backend.expired(31n, 2))).toEqual(['/b', '/d'])
})
