import { MemoryLevel } from 'memory-level'
import { describe, expect, test } from 'vitest'
import type { LevelDatabase } from '../src/index.ts'
import { LevelRecordStore } from '../src/index.ts'
import type { LevelOperation } from '../src/level-database.ts'
import { openFormat } from '../src/level-format.ts'
import { encodeHeader } from '../src/entry-format.ts'
import { dump, FaultyLevel } from './faulty-level.ts'
import { collect, publication, record, text } from './records.ts'

type Bytes = Uint8Array

function newLevel(): MemoryLevel<Bytes, Bytes> {
  return new MemoryLevel({ storeEncoding: 'view', keyEncoding: 'view', valueEncoding: 'view' })
}

/** A database in memory with other values in `supports`. */
function databaseSupporting(supports: object): LevelDatabase {
  const database = newLevel()
  return Object.assign(database, { supports: { ...database.supports, ...supports } })
}

/** Expects that opening fails with `code` and does not change the database. */
async function expectRefused(database: MemoryLevel<Bytes, Bytes>, code: string, more: object = {}): Promise<void> {
  const before = await dump(database)
  await expect(LevelRecordStore.open(database)).rejects.toMatchObject({ name: 'RecordError', code, ...more })
  expect(await dump(database)).toEqual(before)
}

describe('opening', () => {
  test('rejects with STORE_IO when the database cannot be read, and succeeds once it can', async () => {
    const database = new FaultyLevel()
    database.readError = new Error('input/output error')
    await expect(LevelRecordStore.open(database)).rejects.toMatchObject({ code: 'STORE_IO', cause: database.readError })
    database.readError = undefined
    expect(await (await LevelRecordStore.open(database)).stats()).toEqual({
      entries: 0,
      bytes: 0,
      marks: 0,
      publications: 0
    })
  })

  test('accepts an empty database, and the same one again', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k', 'v', 1))
    await store.close()
    const again = await LevelRecordStore.open(database)
    expect((await again.get(text('/k')))?.value).toEqual(text('v'))
  })

  test('refuses a database with other data, and does not change it', async () => {
    const database = newLevel()
    await database.put(text('other'), text('data'))
    await expectRefused(database, 'STORE_UNRECOGNIZED')
  })

  test('refuses a database whose first entry has the key of the header but is not one', async () => {
    for (const value of [[], [1], [7, 7, 7, 7, 7, 7, 7, 7]]) {
      const database = newLevel()
      await database.put(Uint8Array.of(0), Uint8Array.from(value))
      await expectRefused(database, 'STORE_UNRECOGNIZED', { cause: { code: 'STORE_CORRUPT' } })
    }
  })

  test('refuses a database with a valid header of another format, or without a version', async () => {
    const key = Uint8Array.of(0)
    for (const header of [
      { name: text('another store'), version: 2 },
      { name: text('recordkit store'), version: 0 }
    ]) {
      const database = newLevel()
      await database.put(key, encodeHeader(key, header))
      await expectRefused(database, 'STORE_UNRECOGNIZED')
    }
  })

  test('refuses a database with entries but no header', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k', 'v', 1))
    await store.close()
    await database.del(Uint8Array.of(0))
    await expectRefused(database, 'STORE_UNRECOGNIZED')
  })

  test('refuses a database of a newer format, reports its version, and does not change it', async () => {
    const database = newLevel()
    await database.open()
    await openFormat(
      database,
      false,
      [2, 3, 4, 5].map(() => async () => [])
    )
    await expectRefused(database, 'STORE_NEWER_FORMAT', { details: { version: 5 } })
  })

  test('migrates an older format version by version, each together with its header in one batch', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k', 'v', 1))
    await store.close()
    const versions: number[] = []
    const migrationTo = (version: number) => async (): Promise<LevelOperation[]> => {
      versions.push(version)
      return [{ type: 'put', key: Uint8Array.of(5, version), value: text('migrated') }]
    }
    await openFormat(database, false, [2, 3, 4, 5, 6].map(migrationTo))
    expect(versions).toEqual([5, 6])
    expect(await database.get(Uint8Array.of(5, 6))).toEqual(text('migrated'))
    await expectRefused(database, 'STORE_NEWER_FORMAT')
  })

  test('repeats a migration that failed', async () => {
    const database = newLevel()
    await (await LevelRecordStore.open(database)).close()
    const none = async (): Promise<never[]> => []
    const failing = async (): Promise<never> => {
      throw new Error('interrupted')
    }
    await expect(openFormat(database, false, [none, none, none, failing])).rejects.toThrow('interrupted')
    await (await LevelRecordStore.open(database)).close()
  })

  test('refuses a value that is not a database, and a database that supports only text', async () => {
    const invalid = [undefined, null, {}, 'path', new Map(), { batch: () => {} }]
    for (const value of invalid) {
      await expect(LevelRecordStore.open(value as LevelDatabase)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT'
      })
    }
    const textOnly = new MemoryLevel({ storeEncoding: 'utf8' })
    await expect(LevelRecordStore.open(textOnly)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const undeclared = databaseSupporting({ encodings: undefined })
    await expect(LevelRecordStore.open(undeclared)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('accepts a database that supports bytes as views or as buffers', async () => {
    for (const encodings of [{ view: true }, { buffer: true }, { view: false, buffer: true }]) {
      const store = await LevelRecordStore.open(databaseSupporting({ encodings }))
      await store.put(record('/k', 'v', 1))
      expect((await store.get(text('/k')))?.value).toEqual(text('v'))
    }
  })

  test('declares the capabilities that the options request and the database supports', async () => {
    const capabilitiesWith = async (durable: boolean, supports: Partial<LevelDatabase['supports']>): Promise<object> =>
      (await LevelRecordStore.open(databaseSupporting(supports), { durable })).capabilities
    const fixed = { expiryIndex: true, multiProcess: false, atomicBatch: true }
    const all = { permanence: true, implicitSnapshots: true }
    expect(await capabilitiesWith(true, all)).toEqual({ ...fixed, durable: true, persistent: true, snapshot: true })
    expect(await capabilitiesWith(false, all)).toEqual({ ...fixed, durable: false, persistent: true, snapshot: true })
    const none = { permanence: false, implicitSnapshots: false }
    expect(await capabilitiesWith(true, none)).toEqual({ ...fixed, durable: false, persistent: false, snapshot: false })
  })

  test('refuses a second store on one database until the first is closed', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database)
    await expect(LevelRecordStore.open(database)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await store.close()
    await (await LevelRecordStore.open(database)).close()
  })

  test('reads and writes only its sublevel', async () => {
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

  test('counts the entries again when the counters are missing or damaged', async () => {
    for (const value of [undefined, Uint8Array.of(1, 2, 3)]) {
      const database = newLevel()
      const store = await LevelRecordStore.open(database)
      for (const key of ['/a', '/b', '/c']) await store.put(record(key, 'v', 1), { publication: publication(key) })
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

  test('writes the sizes of the accounts again that were in the counters when these are missing', async () => {
    for (const value of [undefined, Uint8Array.of(7)]) {
      const database = newLevel()
      const store = await LevelRecordStore.open(database)
      for (let index = 0; index < 12; index++) await store.put(record(`/${index}/k`, 'v', 1))
      // the first have an entry now that is outdated, of an account that does not exist any more
      for (let index = 0; index < 4; index++) await store.delete(text(`/${index}/k`))
      await store.put(record('/5/more', 'v', 1))
      await store.close()
      if (value === undefined) await database.del(Uint8Array.of(4))
      else await database.put(Uint8Array.of(4), value)
      const again = await LevelRecordStore.open(database)
      expect((await again.verify()).problems).toEqual([])
      await again.put(record('/6/more', 'v', 1))
      expect((await again.verify()).problems).toEqual([])
    }
  })

  test('counts only readable records when the counters are missing', async () => {
    const database = newLevel()
    const store = await LevelRecordStore.open(database)
    for (const key of ['/a', '/b', '/c']) await store.put(record(key, 'v', 1))
    await store.close()
    await database.del(Uint8Array.of(4))
    await database.put(Uint8Array.of(1, ...text('/b')), Uint8Array.of(7, 7, 7))
    const again = await LevelRecordStore.open(database)
    expect(await again.stats()).toEqual({ entries: 2, bytes: 72, marks: 0, publications: 0 })
    const kinds = new Set((await again.repair()).problems.map(({ kind }) => kind))
    expect([...kinds]).toEqual(['record', 'member', 'groupSize'])
    expect((await again.verify()).problems).toEqual([])
  })
})

describe('closing', () => {
  test('leaves the database open unless `closeDatabase` is set', async () => {
    const database = newLevel()
    await (await LevelRecordStore.open(database)).close()
    expect(database.status).toBe('open')
    await (await LevelRecordStore.open(database, { closeDatabase: true })).close()
    expect(database.status).toBe('closed')
  })

  test('makes verify, repair, quarantined and discardQuarantined reject with STORE_CLOSED', async () => {
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
