import { markLifetime } from '@recordkit/record-store'
import { MemoryLevel } from 'memory-level'
import { describe, expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { expiryKey } from '../src/level-layout.ts'
import { dump, FaultyLevel } from './faulty-level.ts'
import { collect, record, text } from './records.ts'
import { writeVersion1 } from './version-1.ts'

type Bytes = Uint8Array

function newLevel(): MemoryLevel<Bytes, Bytes> {
  return new MemoryLevel({ storeEncoding: 'view', keyEncoding: 'view', valueEncoding: 'view' })
}

/** A clock that is a nanosecond later at each call. */
function tickingClock(): () => bigint {
  let now = 0n
  return () => now++
}

/** Leaves a mark under each key: puts a record and deletes it. */
async function addMarks(store: LevelRecordStore, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await store.put(record(key, 'v', 5))
    await store.delete(text(key))
  }
}

async function markedKeys(store: LevelRecordStore): Promise<string[]> {
  return (await collect(store.marks())).map(({ key }) => new TextDecoder().decode(key))
}

describe('marks in store-level', () => {
  test('keep their age when the store is reopened, with and without counters', async () => {
    for (const counters of [true, false]) {
      const database = newLevel()
      const clock = tickingClock()
      const first = await LevelRecordStore.open(database, { clock })
      await addMarks(first, '/c', '/b', '/a')
      await first.close()
      if (!counters) await database.del(Uint8Array.of(4))
      const store = await LevelRecordStore.open(database, { maxMarks: 3, clock })
      await addMarks(store, '/d')
      expect(await markedKeys(store)).toEqual(['/a', '/b', '/d'])
      await addMarks(store, '/e')
      expect(await markedKeys(store)).toEqual(['/a', '/d', '/e'])
      await addMarks(store, '/f')
      expect(await markedKeys(store)).toEqual(['/d', '/e', '/f'])
      expect((await store.verify()).problems).toEqual([])
    }
  })

  test('are deleted beyond `maxMarks` when the index of members is damaged', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database, { maxMarks: 1, clock: tickingClock() })
    await database.put(Uint8Array.of(9, 2, 0), text('what'))
    await database.put(Uint8Array.of(9, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...text('/gone')), new Uint8Array(0))
    await addMarks(store, '/a', '/b', '/c')
    expect(await markedKeys(store)).toEqual(['/c'])
  })

  test('are deleted beyond `maxMarks` also when their key has a record, which stays', async () => {
    const store = await LevelRecordStore.open(newLevel(), { maxMarks: 1, clock: () => 7n })
    // the mark of the first record ends later than the second record expires
    await store.put(record('/k', 'long', 1, { expires: 4n * markLifetime }))
    await store.put(record('/k', 'short', 2, { expires: markLifetime }))
    expect(await store.stats()).toMatchObject({ entries: 1, marks: 1 })
    await addMarks(store, '/other')
    expect(await markedKeys(store)).toEqual(['/other'])
    expect((await store.get(text('/k')))?.value).toEqual(text('short'))
    expect((await store.verify()).problems).toEqual([])
  })

  test('are deleted beyond `maxMarks` by the first write that adds a mark, and by no other write', async () => {
    const database = newLevel()
    const clock = tickingClock()
    const first = await LevelRecordStore.open(database, { clock })
    await addMarks(first, ...Array.from({ length: 600 }, (_, index) => `/k/${index}`))
    await first.close()
    const store = await LevelRecordStore.open(database, { maxMarks: 10, clock })
    await store.put(record('/k', 'v', 1))
    expect((await store.stats()).marks).toBe(600)
    await store.delete(text('/k'))
    expect((await store.stats()).marks).toBe(10)
    expect((await store.verify()).problems).toEqual([])
    // no index entry of the deleted marks is left: the header, the counters with the account, and its size are
    expect(await dump(database)).toHaveLength(1 + 1 + 1 + 10 * 3)
  })

  test('that cannot be deleted fail no write, and are deleted by the next one', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { maxMarks: 2, clock: tickingClock() })
    await addMarks(store, '/a', '/b')
    await store.put(record('/c', 'v', 5))
    let writes = 0
    const { batch } = database
    database.batch = (() => {
      // the first batch is that of the delete
      if (++writes === 2) throw new Error('no space left on device')
      return batch.call(database)
    }) as typeof batch
    expect(await store.delete(text('/c'))).toBe(true)
    expect(writes).toBe(2)
    expect(await markedKeys(store)).toEqual(['/a', '/b', '/c'])
    database.batch = batch
    await addMarks(store, '/d')
    expect(await markedKeys(store)).toEqual(['/c', '/d'])
    expect((await store.verify()).problems).toEqual([])
  })

  test('cannot be limited by a value that is not a whole number', async () => {
    for (const maxMarks of [-1, 1.5, Number.NaN, '3' as unknown as number]) {
      await expect(LevelRecordStore.open(newLevel(), { maxMarks })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^maxMarks is .*; a whole number of at least 0 is expected$/) as string
      })
    }
  })

  test('is not opened with a wrong size limit, and leaves the database to other stores', async () => {
    const database = newLevel()
    for (const limits of [{ key: Number.NaN }, { value: -1 }]) {
      await expect(LevelRecordStore.open(database, { limits })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      expect(await database.keys().all()).toEqual([])
    }
    await (await LevelRecordStore.open(database)).close()
  })
})

describe('a database in format version 1', () => {
  const marks = [
    { key: '/young', rank: 5, until: 3n * markLifetime },
    { key: '/old', rank: 5, until: markLifetime },
    { key: '/middle', rank: 5, until: 2n * markLifetime }
  ]

  test('is migrated with all its entries; its marks are older than later ones', async () => {
    const database = newLevel()
    await writeVersion1(database, marks)
    const store = await LevelRecordStore.open(database, { maxMarks: 3, clock: () => 7n })
    expect((await store.verify()).problems).toEqual([])
    expect(await store.stats()).toEqual({ entries: 1, bytes: 41, marks: 3, publications: 0 })
    expect((await store.get(text('/record')))?.value).toEqual(text('v'))
    expect(await markedKeys(store)).toEqual(['/middle', '/old', '/young'])
    expect((await store.put(record('/old', 'v', 4))).status).toBe('stale')
    await addMarks(store, '/new')
    expect(await markedKeys(store)).toEqual(['/new', '/old', '/young'])
    await store.close()
    const again = await LevelRecordStore.open(database, { clock: () => 7n })
    expect((await again.verify()).problems).toEqual([])
  })

  test('is migrated in one synced batch per version', async () => {
    const database = new FaultyLevel()
    await writeVersion1(database, marks)
    database.batches = 0
    await (await LevelRecordStore.open(database)).close()
    expect([database.batches, database.syncs]).toEqual([3, 3])
  })

  test('is migrated when other index entries or records look like those of a mark', async () => {
    const database = newLevel()
    await writeVersion1(database, marks)
    const { until } = marks[1] as { until: bigint }
    // an index entry for a record with the key and time of a mark, and a record whose key is that of an index entry of a mark
    const index = expiryKey(until, 2, text('/old'))
    await database.put(expiryKey(until, 1, text('/old')), new Uint8Array(0))
    await database.put(Uint8Array.of(1, ...index.subarray(1)), text('what'))
    await database.put(Uint8Array.of(3, 0), text('what'))
    const store = await LevelRecordStore.open(database, { maxMarks: 3, clock: () => 7n })
    expect((await store.repair()).problems.map(({ kind }) => kind)).toEqual(['record', 'unknown', 'expiry'])
    await addMarks(store, '/new')
    expect(await markedKeys(store)).toEqual(['/new', '/old', '/young'])
    expect((await store.verify()).problems).toEqual([])
  })

  test('is migrated without counters and with an unreadable mark, which stays for repair', async () => {
    const database = newLevel()
    await writeVersion1(database, marks)
    await database.del(Uint8Array.of(4))
    await database.put(Uint8Array.of(2, ...text('/old')), Uint8Array.of(7, 7, 7))
    const store = await LevelRecordStore.open(database, { clock: () => 7n })
    const { problems } = await store.repair()
    expect(problems.map(({ kind, key }) => [kind, new TextDecoder().decode(key)])).toEqual([
      ['mark', '/old'],
      ['expiry', '/old']
    ])
    expect((await store.verify()).problems).toEqual([])
    await addMarks(store, '/new')
    expect(await markedKeys(store)).toEqual(['/middle', '/new', '/young'])
    expect((await store.verify()).problems).toEqual([])
  })

  test('does not change when the migration cannot be written', async () => {
    const database = new FaultyLevel()
    await writeVersion1(database, marks)
    const before = await dump(database)
    database.writeError = new Error('no space left on device')
    await expect(LevelRecordStore.open(database)).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    database.writeError = undefined
    expect(await dump(database)).toEqual(before)
    await (await LevelRecordStore.open(database)).close()
  })
})
