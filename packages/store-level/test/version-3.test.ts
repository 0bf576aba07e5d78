import { markLifetime } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { openFormat } from '../src/level-format.ts'
import { dump, FaultyLevel } from './faulty-level.ts'
import { collect, publication, rankOf, record, text } from './records.ts'
import { storedAccounts } from './stored-accounts.ts'
import { writeVersion3 } from './version-3.ts'

async function version3(): Promise<FaultyLevel> {
  const database = new FaultyLevel()
  await writeVersion3(database)
  return database
}

/** The entries of records, marks, publications, expiry and quarantine. */
function kept(lines: readonly string[]): string[] {
  return lines.filter((line) => ['01', '02', '03', '05', '07'].includes(line.slice(0, 2)))
}

describe('a database in format version 3', () => {
  test('is migrated without rewriting its entries, which count towards the empty group since time 0', async () => {
    const database = await version3()
    const before = await dump(database)
    const store = await LevelRecordStore.open(database, { clock: () => 7n })
    expect(kept(await dump(database))).toEqual(kept(before))
    expect((await store.verify()).problems).toEqual([])
    expect((await store.get(text('/a/2')))?.author).toEqual(text('author'))
    expect(await store.mark(text('/b/1'))).toMatchObject({ rank: rankOf(3) })
    expect(await collect(store.publications())).toEqual([
      publication('/c/1', { signer: text('signer'), published: 4n }),
      publication('/c/2', { network: false })
    ])
    expect(await store.stats()).toEqual({ entries: 6, bytes: 253, marks: 3, publications: 2 })
    expect(await store.quarantined()).toHaveLength(2)
    await store.close()
    const sizeOf = (value: string): number => 4 + value.length + 33
    expect(await storedAccounts(database)).toEqual({
      accounts: {
        g: {
          records: 4,
          bytes: ['one', 'two', 'short', 'mended'].reduce((sum, each) => sum + sizeOf(each), 0),
          marks: 2
        },
        aauthor: { records: 1, bytes: sizeOf('two'), marks: 0 },
        na: { records: 2, bytes: 2 * sizeOf('one'), marks: 0 },
        nb: { records: 1, bytes: sizeOf('short'), marks: 0 },
        nd: { records: 1, bytes: sizeOf('mended'), marks: 0 }
      },
      members: [
        'records  0 /a/1',
        'records  0 /a/2',
        'records  0 /b/2',
        'records  0 /d/1',
        'marks  0 /b/1',
        'marks  0 /b/2'
      ],
      totals: {
        records: 6,
        bytes: 253,
        marks: 3,
        publications: 2,
        publishedRecords: 2,
        publishedBytes: sizeOf('published') + sizeOf('short'),
        groups: 1
      },
      ordinal: 5
    })
  })

  test('gives way to later records and marks: its own are the oldest', async () => {
    const database = await version3()
    const store = await LevelRecordStore.open(database, { clock: () => 7n, maxMarks: 3, maxRecords: 6 })
    await store.put(record('/0', 'v', 5))
    expect((await collect(store.iterate())).map(({ key }) => new TextDecoder().decode(key))).toEqual([
      '/0',
      '/a/2',
      '/b/2',
      '/c/1',
      '/c/2',
      '/d/1'
    ])
    // the record that was removed left a mark
    await store.delete(text('/0'))
    expect((await collect(store.marks())).map(({ key }) => new TextDecoder().decode(key))).toEqual([
      '/0',
      '/a/1',
      '/c/2'
    ])
    expect((await store.verify()).problems).toEqual([])
  })

  test('is migrated again from the beginning after an interruption', async () => {
    const database = await version3()
    // what a migration left that stopped before the header, and another record since
    await database.put(Uint8Array.of(9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...text('/gone')), new Uint8Array(0))
    await database.put(Uint8Array.of(8, ...text('gx')), Uint8Array.of(7))
    await database.put(Uint8Array.of(10, 1, 0, 9), new Uint8Array(0))
    database.writeError = new Error('no space left on device')
    await expect(LevelRecordStore.open(database)).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    database.writeError = undefined
    // code that knows version 3 only opens it
    expect(await openFormat(database, false, [async () => [], async () => []])).toMatchObject({ records: 6, marks: 3 })
    const store = await LevelRecordStore.open(database)
    expect((await store.verify()).problems).toEqual([])
  })

  test('is migrated in batches of 8192 members, the header in the last, and its counters only with it', async () => {
    const database = new FaultyLevel()
    const first = await LevelRecordStore.open(database, { clock: () => 7n })
    const records = Array.from({ length: 8193 }, (_, index) => record(`/k/${index}`, 'v', 1, { expires: markLifetime }))
    await first.batch(records.map((each) => ({ type: 'put', record: each }) as const))
    await first.close()
    const { encodeHeader } = await import('../src/entry-format.ts')
    const header = Uint8Array.of(0)
    await database.put(header, encodeHeader(header, { name: text('recordkit store'), version: 3 }))
    const batches: number[][] = []
    database.onBatch = (operations, sync) => {
      const types = operations.map(({ key }) => key[0] as number)
      batches.push([types.length, Number(sync), ...new Set(types)])
    }
    const store = await LevelRecordStore.open(database, { clock: () => 7n })
    expect(batches).toEqual([
      [8192, 0, 9],
      [7, 1, 9, 8, 10, 4, 0]
    ])
    // each record has a share of version 4: the members that were written are the same
    expect((await store.verify()).problems).toEqual([])
  })
})
