import { collect } from '@recordkit/record-conformance'
import { markLifetime } from '@recordkit/record-store'
import { MemoryLevel } from 'memory-level'
import { describe, expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { expiryKey } from '../src/level-layout.ts'
import { dump, FaultyLevel } from './faulty-level.ts'
import { record, text } from './records.ts'
import { writeVersion1 } from './version-1.ts'

type Bytes = Uint8Array

function newLevel(): MemoryLevel<Bytes, Bytes> {
  return new MemoryLevel({ storeEncoding: 'view', keyEncoding: 'view', valueEncoding: 'view' })
}

async function leave(store: LevelRecordStore, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await store.put(record(key, 'v', 5))
    await store.delete(text(key))
  }
}

async function marked(store: LevelRecordStore): Promise<string[]> {
  return (await collect(store.marks())).map(({ key }) => new TextDecoder().decode(key))
}

describe('marks of store-level', () => {
  test('keep their age when the store is opened again, with counters and without', async () => {
    for (const counters of [true, false]) {
      const database = newLevel()
      const first = await LevelRecordStore.open(database)
      // a key that reads like the oldest entry of the index
      await first.put(record('\0'.repeat(8) + 'k', 'v', 1))
      await leave(first, '/c', '/b', '/a')
      await first.close()
      if (!counters) await database.del(Uint8Array.of(4))
      const store = await LevelRecordStore.open(database, { maxMarks: 3 })
      await leave(store, '/d')
      expect(await marked(store)).toEqual(['/a', '/b', '/d'])
      await leave(store, '/e')
      expect(await marked(store)).toEqual(['/a', '/d', '/e'])
      await leave(store, '/f')
      expect(await marked(store)).toEqual(['/d', '/e', '/f'])
      expect((await store.verify()).problems).toEqual([])
    }
  })

  test('keep their age without counters, whatever a damaged database has left in the index', async () => {
    const database = newLevel()
    const first = await LevelRecordStore.open(database)
    await leave(first, '/c', '/b', '/a')
    await first.close()
    await database.del(Uint8Array.of(4))
    await database.put(Uint8Array.of(6, 255), text('what'))
    const store = await LevelRecordStore.open(database, { maxMarks: 3 })
    await leave(store, '/d', '/e')
    expect(await marked(store)).toEqual(['/a', '/d', '/e'])
    await leave(store, '/f')
    expect(await marked(store)).toEqual(['/d', '/e', '/f'])
  })

  test('go however damaged the index by age is', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database, { maxMarks: 1 })
    await database.put(Uint8Array.of(6, 0), text('what'))
    await database.put(Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0, 0, ...text('/gone')), new Uint8Array(0))
    await leave(store, '/a', '/b', '/c')
    expect(await marked(store)).toEqual(['/c'])
  })

  test('go from beside a record that lives on, which then knows of none', async () => {
    const store = await LevelRecordStore.open(newLevel(), { maxMarks: 1, clock: () => 7n })
    // its mark is to outlast the one that its successor will leave
    await store.put(record('/k', 'long', 1, { expires: 4n * markLifetime }))
    await store.put(record('/k', 'short', 2, { expires: markLifetime }))
    expect(await store.stats()).toMatchObject({ entries: 1, marks: 1 })
    await leave(store, '/other')
    expect(await marked(store)).toEqual(['/other'])
    expect((await store.get(text('/k')))?.value).toEqual(text('short'))
    expect((await store.verify()).problems).toEqual([])
  })

  test('are brought down to the bound by the first write that adds one, and by no other', async () => {
    const database = newLevel()
    const first = await LevelRecordStore.open(database)
    await leave(first, ...Array.from({ length: 600 }, (_, index) => `/k/${index}`))
    await first.close()
    const store = await LevelRecordStore.open(database, { maxMarks: 10 })
    await store.put(record('/k', 'v', 1))
    expect((await store.stats()).marks).toBe(600)
    await store.delete(text('/k'))
    expect((await store.stats()).marks).toBe(10)
    expect((await store.verify()).problems).toEqual([])
    // nothing is left of those that went
    expect(await dump(database)).toHaveLength(1 + 1 + 10 * 3)
  })

  test('that cannot be let go fail nothing, and go with the next write', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { maxMarks: 2 })
    await leave(store, '/a', '/b')
    await store.put(record('/c', 'v', 5))
    let writes = 0
    const { batch } = database
    database.batch = (() => {
      // the delete itself is the first
      if (++writes === 2) throw new Error('no space left on device')
      return batch.call(database)
    }) as typeof batch
    expect(await store.delete(text('/c'))).toBe(true)
    expect(writes).toBe(2)
    expect(await marked(store)).toEqual(['/a', '/b', '/c'])
    database.batch = batch
    await leave(store, '/d')
    expect(await marked(store)).toEqual(['/c', '/d'])
    expect((await store.verify()).problems).toEqual([])
  })

  test('are refused a bound that is no number', async () => {
    for (const maxMarks of [-1, 1.5, Number.NaN, '3' as unknown as number]) {
      await expect(LevelRecordStore.open(newLevel(), { maxMarks })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
  })
})

describe('a database of version 1', () => {
  const marks = [
    { key: '/young', rank: 5, until: 3n * markLifetime },
    { key: '/old', rank: 5, until: markLifetime },
    { key: '/middle', rank: 5, until: 2n * markLifetime }
  ]

  test('is brought to version 2 with all that it held, its marks by when they end', async () => {
    const database = newLevel()
    await writeVersion1(database, marks)
    const store = await LevelRecordStore.open(database, { maxMarks: 3, clock: () => 7n })
    expect((await store.verify()).problems).toEqual([])
    expect(await store.stats()).toEqual({ entries: 1, bytes: 9, marks: 3 })
    expect((await store.get(text('/record')))?.value).toEqual(text('v'))
    expect(await marked(store)).toEqual(['/middle', '/old', '/young'])
    expect((await store.put(record('/old', 'v', 4))).status).toBe('stale')
    await leave(store, '/new')
    expect(await marked(store)).toEqual(['/middle', '/new', '/young'])
    await store.close()
    const again = await LevelRecordStore.open(database, { clock: () => 7n })
    expect((await again.verify()).problems).toEqual([])
  })

  test('is brought to version 2 in one batch, which is synced', async () => {
    const database = new FaultyLevel()
    await writeVersion1(database, marks)
    database.batches = 0
    await (await LevelRecordStore.open(database)).close()
    expect([database.batches, database.syncs]).toEqual([1, 1])
  })

  test('is brought to version 2 whatever else ends when a mark does, or is named like an entry of its index', async () => {
    const database = newLevel()
    await writeVersion1(database, marks)
    const { until } = marks[1] as { until: bigint }
    // a record under the key of a mark that expires with it, and one whose key is that of the index entry of a mark
    const index = expiryKey(until, 2, text('/old'))
    await database.put(expiryKey(until, 1, text('/old')), new Uint8Array(0))
    await database.put(Uint8Array.of(1, ...index.subarray(1)), text('what'))
    await database.put(Uint8Array.of(3, 0), text('what'))
    const store = await LevelRecordStore.open(database, { maxMarks: 3, clock: () => 7n })
    expect((await store.repair()).problems.map(({ kind }) => kind)).toEqual(['record', 'unknown', 'expiry'])
    await leave(store, '/new')
    expect(await marked(store)).toEqual(['/middle', '/new', '/young'])
    expect((await store.verify()).problems).toEqual([])
  })

  test('is brought to version 2 without counters, and with a mark that cannot be read, which stays for repair', async () => {
    const database = newLevel()
    await writeVersion1(database, marks)
    await database.del(Uint8Array.of(4))
    await database.put(Uint8Array.of(2, ...text('/old')), Uint8Array.of(7, 7, 7))
    const store = await LevelRecordStore.open(database, { clock: () => 7n })
    const { problems } = await store.repair()
    expect(problems.map(({ kind, key }) => [kind, new TextDecoder().decode(key)])).toEqual([
      ['mark', '/old'],
      ['expiry', '/old'],
      ['counters', '']
    ])
    expect((await store.verify()).problems).toEqual([])
    await leave(store, '/new')
    expect(await marked(store)).toEqual(['/middle', '/new', '/young'])
    expect((await store.verify()).problems).toEqual([])
  })

  test('stays as it is when the migration cannot be written', async () => {
    const database = new FaultyLevel()
    await writeVersion1(database, marks)
    const before = await dump(database)
    database.writeError = new Error('no space left on device')
    await expect(LevelRecordStore.open(database)).rejects.toMatchObject({ code: 'STORE_IO' })
    database.writeError = undefined
    expect(await dump(database)).toEqual(before)
    await (await LevelRecordStore.open(database)).close()
  })
})
