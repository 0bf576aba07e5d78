import { isRecordError } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { memberKey } from '../src/level-layout.ts'
import { withoutSyncReads } from './databases.ts'
import { dump, FaultyLevel } from './faulty-level.ts'
import { collect, publication, record, text } from './records.ts'

const full = publication('/k', {
  signer: text('signer'),
  lifetime: 5n,
  ttl: 6n,
  options: text('options'),
  network: false,
  published: 7n
})

/** The types of the entries in each batch. */
function batchTypes(database: FaultyLevel): number[][] {
  const types: number[][] = []
  database.onBatch = (operations) => types.push(operations.map(({ key }) => key[0] as number))
  return types
}

describe('a publication', () => {
  for (const [name, wrap] of [
    ['a database with synchronous reads', (database: FaultyLevel) => database],
    ['a database without', withoutSyncReads<FaultyLevel>]
  ] as const) {
    test(`is kept beside its record, outlives it, and survives reopening, on ${name}`, async () => {
      const database = wrap(new FaultyLevel())
      let now = 5n
      const clock = (): bigint => now
      const store = await LevelRecordStore.open(database, { clock })
      await store.put(record('/k', 'v', 1, { expires: 10n }), { publication: full })
      await store.put(record('/other', 'v', 1))
      expect(await store.publication(text('/k'))).toEqual(full)
      expect(await store.stats()).toMatchObject({ entries: 2, publications: 1, marks: 0 })
      now = 20n
      await store.sweep()
      expect(await store.stats()).toMatchObject({ entries: 2, publications: 1, marks: 0 })
      await store.close()
      const again = await LevelRecordStore.open(database, { clock })
      expect(await again.publication(text('/k'))).toEqual(full)
      expect(await collect(again.publications())).toEqual([full])
      expect(await again.publication(text('/other'))).toBeUndefined()
      expect(await again.delete(text('/k'))).toBe(true)
      expect(await again.publication(text('/k'))).toBeUndefined()
      expect(await again.stats()).toMatchObject({ entries: 1, publications: 0, marks: 1 })
      expect((await again.verify()).problems).toEqual([])
    })
  }

  test('is written with its record in one batch, and alone when only it changes', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { clock: () => 5n })
    const types = batchTypes(database)
    await store.put(record('/k', 'v', 1), { publication: full })
    await store.touch(text('/k'), { publication: { ...full, published: 8n } })
    // a touch that adds or removes a publication rewrites the record, which says whether it has one
    await store.touch(text('/k'), { publication: null })
    await store.touch(text('/k'), { publication: full })
    expect(types).toEqual([
      [1, 7, 4],
      [7, 4],
      // what is published counts towards no account
      [1, 7, 9, 10, 10, 4],
      [1, 7, 9, 10, 10, 4]
    ])
    expect((await store.verify()).problems).toEqual([])
  })

  test('is looked up only for a record that says it has one, or for a key without a record', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/plain', 'v', 1))
    const types: (number | undefined)[] = []
    database.onRead = (key) => types.push(key[0])
    await store.get(text('/absent'))
    expect(types.splice(0)).toEqual([1])
    await store.put(record('/k', 'v', 1), { publication: full })
    types.length = 0
    await store.get(text('/plain'))
    expect(types.splice(0)).toEqual([1])
    await store.get(text('/k'))
    expect(types.splice(0)).toEqual([1, 7])
    await store.get(text('/absent'))
    expect(types.splice(0)).toEqual([1, 7])
  })

  test('that cannot be read is a problem that verify reports, does not hide its record, and is moved aside when it is replaced', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k', 'v', 1), { publication: full })
    const key = Uint8Array.of(7, ...text('/k'))
    await database.put(key, Uint8Array.of(7, 7, 7))
    expect((await store.get(text('/k')))?.value).toEqual(text('v'))
    expect((await store.verify()).problems.map(({ kind }) => kind)).toEqual([
      'record',
      'member',
      'publication',
      'account',
      'account',
      'groupSize',
      'groupSize',
      'counters'
    ])
    expect(await store.touch(text('/k'), { publication: full })).toBe(true)
    expect(await store.publication(text('/k'))).toEqual(full)
    expect(await store.quarantined()).toEqual([{ key, value: Uint8Array.of(7, 7, 7) }])
  })
})

test('every damaged entry under one key is kept aside, in the order of their replacement', async () => {
  const database = new FaultyLevel()
  const store = await LevelRecordStore.open(database)
  const key = Uint8Array.of(1, ...text('/k'))
  for (let round = 0; round < 300; round++) {
    await database.put(key, Uint8Array.of(round >> 8, round & 255))
    expect((await store.put(record('/k', 'v', 1))).status).toBe('stored')
  }
  const expected = Array.from({ length: 300 }, (_, round) => ({ key, value: Uint8Array.of(round >> 8, round & 255) }))
  expect(await store.quarantined()).toEqual(expected)
  await store.close()
  const again = await LevelRecordStore.open(database)
  await database.put(key, text('once more'))
  await again.repair()
  expect(await again.quarantined()).toEqual([...expected, { key, value: text('once more') }])
  expect((await again.verify()).quarantined).toBe(301)
  expect(await again.discardQuarantined()).toBe(301)
})

describe('an entry of a newer format', () => {
  /** Writes the field `format = 5` behind the message of an entry, with its checksum. */
  async function makeNewer(database: FaultyLevel, key: Uint8Array): Promise<void> {
    const { checksum } = await import('../src/platform/checksum.anywhere.ts')
    const { writeUint32 } = await import('../src/level-layout.ts')
    const bytes = (await database.get(key)) as Uint8Array
    const entry = Uint8Array.of(...bytes.subarray(0, -4), 0x78, 5, 0, 0, 0, 0)
    const end = entry.length - 4
    writeUint32(entry, end, checksum(entry, end, checksum(key)))
    await database.put(key, entry)
  }

  for (const [part, type] of [
    ['record', 1],
    ['mark', 2],
    ['publication', 7]
  ] as const) {
    test(`in its ${part} is not changed by any call`, async () => {
      const database = new FaultyLevel()
      let now = 5n
      const store = await LevelRecordStore.open(database, { clock: () => now, maxMarks: 1 })
      await store.put(record('/k', 'long', 1, { expires: 10n ** 18n }), { publication: full })
      await store.put(record('/k', 'short', 2, { expires: 100n }))
      await store.put(record('/other', 'v', 1, { expires: 100n }))
      await makeNewer(database, Uint8Array.of(type, ...text('/k')))
      const of = async (): Promise<string[]> => (await dump(database)).filter((line) => line.includes('2f6b'))
      const before = await of()
      const newer = { code: 'STORE_NEWER_FORMAT', key: text('/k'), details: { version: 5 } }
      await expect(store.get(text('/k'))).rejects.toMatchObject(newer)
      await expect(store.mark(text('/k'))).rejects.toMatchObject(newer)
      await expect(store.publication(text('/k'))).rejects.toMatchObject(newer)
      await expect(store.put(record('/k', 'v', 9))).rejects.toMatchObject(newer)
      await expect(store.touch(text('/k'), { publication: null })).rejects.toMatchObject(newer)
      await expect(store.delete(text('/k'))).rejects.toMatchObject(newer)
      await store.delete(text('/other'))
      expect((await store.verify()).problems).toEqual([])
      now = 10n ** 20n
      await store.sweep()
      await store.repair()
      expect((await store.verify()).problems).toEqual([])
      for (const items of [store.iterate(), store.marks(), store.publications()])
        await collect<unknown>(items).catch((error: unknown) => expect(isRecordError(error)).toBe(false))
      expect(await store.quarantined()).toEqual([])
      expect(await of()).toEqual(before)
    })
  }

  test('counts towards its accounts, in the way that only the later version knows', async () => {
    for (const type of [1, 2]) {
      const database = new FaultyLevel()
      const store = await LevelRecordStore.open(database, { clock: () => 5n })
      await store.put(record('/k', 'long', 1, { expires: 10n ** 18n }))
      await store.put(record('/k', 'short', 2, { expires: 100n }))
      await makeNewer(database, Uint8Array.of(type, ...text('/k')))
      const before = await dump(database)
      expect((await store.repair()).problems).toEqual([])
      expect(await dump(database)).toEqual(before)
    }
  })

  test('that is a publication does not make a member of its key a problem', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { clock: () => 5n })
    await store.put(record('/k', 'v', 1), { publication: full })
    await makeNewer(database, Uint8Array.of(7, ...text('/k')))
    const member = { kind: 'records', group: new Uint8Array(0), since: 5n, key: text('/k') } as const
    await database.put(memberKey(member), new Uint8Array(0))
    expect((await store.verify()).problems).toEqual([])
  })
})
