import { collect } from '@recordkit/record-conformance'
import { MemoryLevel } from 'memory-level'
import { describe, expect, test } from 'vitest'
import type { LevelDatabase } from '../src/index.ts'
import { LevelRecordStore } from '../src/index.ts'
import type { LevelOperation } from '../src/level-database.ts'
import { openFormat } from '../src/level-format.ts'
import { encodeHeader } from '../src/entry-format.ts'
import { dump, FaultyLevel } from './faulty-level.ts'
import { record, text } from './records.ts'

type Bytes = Uint8Array

function newLevel(): MemoryLevel<Bytes, Bytes> {
  return new MemoryLevel({ storeEncoding: 'view', keyEncoding: 'view', valueEncoding: 'view' })
}

/** A database in memory that says something else of itself. */
function supporting(supports: object): LevelDatabase {
  const database = newLevel()
  return Object.assign(database, { supports: { ...database.supports, ...supports } })
}

async function refused(database: MemoryLevel<Bytes, Bytes>, code: string, more: object = {}): Promise<void> {
  const before = await dump(database)
  await expect(LevelRecordStore.open(database)).rejects.toMatchObject({ name: 'RecordError', code, ...more })
  expect(await dump(database)).toEqual(before)
}

describe('opening', () => {
  test('says with a code that the database cannot be opened or read, and opens it later', async () => {
    const database = new FaultyLevel()
    database.readError = new Error('input/output error')
    await expect(LevelRecordStore.open(database)).rejects.toMatchObject({ code: 'STORE_IO', cause: database.readError })
    database.readError = undefined
    expect(await (await LevelRecordStore.open(database)).stats()).toEqual({ entries: 0, bytes: 0, marks: 0 })
  })

  test('takes an empty database, and the same one again', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k', 'v', 1))
    await store.close()
    const again = await LevelRecordStore.open(database)
    expect((await again.get(text('/k')))?.value).toEqual(text('v'))
  })

  test('refuses a database that holds something else, and leaves it untouched', async () => {
    const database = newLevel()
    await database.put(text('somebody'), text("else's"))
    await refused(database, 'STORE_UNRECOGNIZED')
  })

  test('refuses a database whose first entry only looks like our header', async () => {
    for (const value of [[], [1], [7, 7, 7, 7, 7, 7, 7, 7]]) {
      const database = newLevel()
      await database.put(Uint8Array.of(0), Uint8Array.from(value))
      await refused(database, 'STORE_UNRECOGNIZED', { cause: { code: 'STORE_CORRUPT' } })
    }
  })

  test("refuses a database whose header is sound and somebody else's, or of no version", async () => {
    const key = Uint8Array.of(0)
    for (const header of [
      { name: text('another store'), version: 2 },
      { name: text('recordkit store'), version: 0 }
    ]) {
      const database = newLevel()
      await database.put(key, encodeHeader(key, header))
      await refused(database, 'STORE_UNRECOGNIZED')
    }
  })

  test('refuses a half-made database: entries without a header', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k', 'v', 1))
    await store.close()
    await database.del(Uint8Array.of(0))
    await refused(database, 'STORE_UNRECOGNIZED')
  })

  test('refuses a database of a newer format, says which, and leaves it untouched', async () => {
    const database = newLevel()
    await database.open()
    await openFormat(database, false, [async () => [], async () => []])
    await refused(database, 'STORE_NEWER_FORMAT', { details: { version: 3 } })
  })

  test('brings an older format to its own, version by version, each with its header in one batch', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k', 'v', 1))
    await store.close()
    const versions: number[] = []
    const migrationTo = (version: number) => async (): Promise<LevelOperation[]> => {
      versions.push(version)
      return [{ type: 'put', key: Uint8Array.of(5, version), value: text('migrated') }]
    }
    await openFormat(database, false, [2, 3, 4].map(migrationTo))
    expect(versions).toEqual([3, 4])
    expect(await database.get(Uint8Array.of(5, 4))).toEqual(text('migrated'))
    await refused(database, 'STORE_NEWER_FORMAT')
  })

  test('does not count a migration that fails as done', async () => {
    const database = newLevel()
    await (await LevelRecordStore.open(database)).close()
    const none = async (): Promise<never[]> => []
    const failing = async (): Promise<never> => {
      throw new Error('interrupted')
    }
    await expect(openFormat(database, false, [none, failing])).rejects.toThrow('interrupted')
    await (await LevelRecordStore.open(database)).close()
  })

  test('refuses what is no database, or keeps text only', async () => {
    const none = [undefined, null, {}, 'path', new Map(), { batch: () => {} }]
    for (const given of none) {
      await expect(LevelRecordStore.open(given as LevelDatabase)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT'
      })
    }
    const texts = new MemoryLevel({ storeEncoding: 'utf8' })
    await expect(LevelRecordStore.open(texts)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const unsaid = supporting({ encodings: undefined })
    await expect(LevelRecordStore.open(unsaid)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('takes a database that keeps bytes, as arrays or as buffers', async () => {
    for (const encodings of [{ view: true }, { buffer: true }, { view: false, buffer: true }]) {
      const store = await LevelRecordStore.open(supporting({ encodings }))
      await store.put(record('/k', 'v', 1))
      expect((await store.get(text('/k')))?.value).toEqual(text('v'))
    }
  })

  test('promises what it is asked for, and no more than the database does', async () => {
    const promised = async (durable: boolean, supports: Partial<LevelDatabase['supports']>): Promise<object> =>
      (await LevelRecordStore.open(supporting(supports), { durable })).capabilities
    const always = { expiryIndex: true, multiProcess: false }
    const whole = { permanence: true, implicitSnapshots: true }
    expect(await promised(true, whole)).toEqual({ ...always, durable: true, persistent: true, snapshot: true })
    expect(await promised(false, whole)).toEqual({ ...always, durable: false, persistent: true, snapshot: true })
    const none = { permanence: false, implicitSnapshots: false }
    expect(await promised(true, none)).toEqual({ ...always, durable: false, persistent: false, snapshot: false })
  })

  test('refuses a second store on one database, until the first is closed', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database)
    await expect(LevelRecordStore.open(database)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await store.close()
    await (await LevelRecordStore.open(database)).close()
  })

  test('keeps to its sublevel', async () => {
    const root = newLevel()
    await root.put(text('!others!'), text('v'))
    const one = await LevelRecordStore.open(root.sublevel('one'))
    const two = await LevelRecordStore.open(root.sublevel('two'))
    await one.put(record('/k', 'one', 1))
    await two.put(record('/k', 'two', 1))
    expect((await one.get(text('/k')))?.value).toEqual(text('one'))
    expect(await collect(two.iterate())).toHaveLength(1)
    expect(await root.get(text('!others!'))).toEqual(text('v'))
  })

  test('counts again when the counters are gone or damaged', async () => {
    for (const value of [undefined, Uint8Array.of(1, 2, 3)]) {
      const database = newLevel()
      const store = await LevelRecordStore.open(database)
      for (const key of ['/a', '/b', '/c']) await store.put(record(key, 'v', 1, { digest: text('digest') }))
      await store.delete(text('/c'))
      const stats = await store.stats()
      await store.close()
      if (value === undefined) await database.del(Uint8Array.of(4))
      else await database.put(Uint8Array.of(4), value)
      const again = await LevelRecordStore.open(database)
      expect(await again.stats()).toEqual(stats)
      expect((await again.verify()).problems).toEqual([])
    }
  })

  test('counts what can be read when the counters are gone and a record is damaged', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database)
    for (const key of ['/a', '/b', '/c']) await store.put(record(key, 'v', 1))
    await store.close()
    await database.del(Uint8Array.of(4))
    await database.put(Uint8Array.of(1, ...text('/b')), Uint8Array.of(7, 7, 7))
    const again = await LevelRecordStore.open(database)
    expect(await again.stats()).toEqual({ entries: 2, bytes: 8, marks: 0 })
    expect((await again.repair()).problems.map(({ kind }) => kind)).toEqual(['record'])
    expect((await again.verify()).problems).toEqual([])
  })
})

describe('closing', () => {
  test('leaves the database open, unless it is asked not to', async () => {
    const database = newLevel()
    await (await LevelRecordStore.open(database)).close()
    expect(database.status).toBe('open')
    await (await LevelRecordStore.open(database, { closeDatabase: true })).close()
    expect(database.status).toBe('closed')
  })

  test('is felt by upkeep, too', async () => {
    const store = await LevelRecordStore.open(newLevel())
    await store.close()
    const calls = [
      () => store.verify(),
      () => store.repair(),
      () => store.quarantined(),
      () => store.discardQuarantined()
    ]
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    }
  })
})
