import { expect, test } from 'vitest'
import type { StoreChange, StoredRecord } from '@recordkit/record-store'
import { LevelBackend } from '../src/level-backend.ts'
import { LevelWriter } from '../src/level-writer.ts'
import { FaultyLevel } from './faulty-level.ts'
import { record, text } from './records.ts'

const capabilities = { durable: false, expiryIndex: true, snapshot: true, multiProcess: false, persistent: false }
const empty = new Uint8Array(0)

/** A backend that keeps at most so many marks, and what it stands on. */
async function backendOver(maxMarks: number): Promise<{ backend: LevelBackend; database: FaultyLevel }> {
  const database = new FaultyLevel()
  await database.open()
  const writer = new LevelWriter(database, false, { entries: 0, bytes: 0, marks: 0, ordinal: 0 })
  return { backend: new LevelBackend(database, writer, capabilities, maxMarks, async () => {}), database }
}

function putting(next: StoredRecord): StoreChange {
  return { key: next.key, previous: {}, next: { record: next } }
}

function marking(key: string, until: bigint): StoreChange {
  return { key: text(key), previous: {}, next: { mark: { key: text(key), rank: Uint8Array.of(1), until } } }
}

function names(found: readonly (Uint8Array | { readonly key: Uint8Array })[]): string[] {
  return found.map((one) => new TextDecoder().decode(one instanceof Uint8Array ? one : one.key))
}

test('names what is past its time, earliest first, and no more of it than is asked for', async () => {
  const { backend, database } = await backendOver(10)
  await backend.write([
    putting(record('/a', 'v', 1, { expires: 30n })),
    putting(record('/b', 'v', 1, { expires: 10n })),
    putting(record('/c', 'v', 1)),
    marking('/d', 15n),
    putting(record('/e', 'v', 1, { expires: 20n }))
  ])
  expect(names(await backend.expired(31n, 9))).toEqual(['/b', '/d', '/e', '/a'])
  expect(names(await backend.expired(30n, 9))).toEqual(['/b', '/d', '/e'])
  expect(names(await backend.expired(31n, 2))).toEqual(['/b', '/d'])
  expect(await backend.expired(10n, 9)).toEqual([])
  // what is no index entry neither counts nor hides what is
  for (const kind of [0, 7, 8, 9]) await database.put(Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 1, kind, 47), empty)
  await database.put(Uint8Array.of(3, 0), empty)
  expect(names(await backend.expired(31n, 2))).toEqual(['/b', '/d'])
})

test('names the marks that were set longest ago, as many as there are too many and no more than is asked for', async () => {
  const { backend, database } = await backendOver(2)
  await backend.write([marking('/d', 9n), marking('/c', 8n)])
  expect(await backend.excessMarks(9)).toEqual([])
  await backend.write([marking('/b', 7n), marking('/a', 6n)])
  expect(names(await backend.excessMarks(9))).toEqual(['/d', '/c'])
  expect(names(await backend.excessMarks(1))).toEqual(['/d'])
  // neither what is no index entry, nor one for no mark, nor a record whose key looks like one
  await database.put(Uint8Array.of(6, 0), empty)
  await database.put(Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0, 0, ...text('/gone')), empty)
  await database.put(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, ...text('/a')), empty)
  expect(names(await backend.excessMarks(9))).toEqual(['/d', '/c'])
})
