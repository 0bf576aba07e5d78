import { flushMicrotasks } from '@recordkit/record-conformance'
import { expect, test } from 'vitest'
import type { LevelOperation } from '../src/level-database.ts'
import type { LevelChange } from '../src/level-writer.ts'
import { LevelWriter, noChange } from '../src/level-writer.ts'
import { decodeCounters, noCounters } from '../src/entry-format.ts'
import { withoutSyncReads } from './databases.ts'
import { FaultyLevel } from './faulty-level.ts'
import { text } from './records.ts'

const countersKey = Uint8Array.of(4)

/** A change with `count` operations. */
function change(count: number, more: Partial<LevelChange['totals']> = {}): LevelChange {
  const operations = Array.from({ length: count }, (_, index): LevelOperation => {
    return { type: 'put', key: Uint8Array.of(1, index >> 8, index & 255), value: text('v') }
  })
  return { ...noChange, operations, totals: { ...noChange.totals, records: count, bytes: 2 * count, ...more } }
}

/** A writer, its database, and the number of operations in each batch, counters included. */
async function writerOver(): Promise<{ writer: LevelWriter; database: FaultyLevel; sizes: number[] }> {
  const database = new FaultyLevel()
  await database.open()
  const sizes: number[] = []
  database.onBatch = (operations) => sizes.push(operations.length)
  return { writer: new LevelWriter(database, false, noCounters), database, sizes }
}

async function storedCounters(database: FaultyLevel): Promise<unknown> {
  return decodeCounters(countersKey, (await database.get(countersKey)) as Uint8Array)
}

test('starts a new batch after 8192 operations', async () => {
  const { writer, database, sizes } = await writerOver()
  await Promise.all(
    [change(4096), change(4095), change(1), change(1), change(9000), change(1)].map((item) => writer.write(item))
  )
  // each batch also writes the counters
  expect(sizes).toEqual([8193, 9002, 2])
  expect(writer.counters).toEqual({ ...noCounters, records: 17_194, bytes: 34_388 })
  expect(await storedCounters(database)).toEqual(writer.counters)
})

test('runs a function while nothing is written, and writes its change in a batch of its own', async () => {
  const { writer, sizes } = await writerOver()
  const steps: string[] = []
  const work = (name: string) => async (): Promise<LevelChange> => {
    steps.push(`${name} after ${sizes.length}`)
    return change(2, { marks: 1 })
  }
  await Promise.all([
    writer.write(change(1)),
    writer.write(change(1)),
    writer.write(work('a')),
    writer.write(work('b')),
    writer.write(change(1)),
    writer.write(change(1))
  ])
  expect(steps).toEqual(['a after 1', 'b after 2'])
  expect(sizes).toEqual([3, 3, 3, 3])
  expect(writer.counters).toEqual({ ...noCounters, records: 8, bytes: 16, marks: 2 })
})

test('rejects only the write of a function that throws, and writes nothing for it', async () => {
  const { writer, sizes } = await writerOver()
  const reason = new Error('unreadable')
  const failing = writer.write(async () => {
    throw reason
  })
  const [first, second] = await Promise.allSettled([failing, writer.write(change(1))])
  expect([first, second?.status]).toEqual([{ status: 'rejected', reason }, 'fulfilled'])
  expect(sizes).toEqual([2])
  expect(writer.counters).toEqual({ ...noCounters, records: 1, bytes: 2 })
})

test('writes no batch for a change without operations', async () => {
  const { writer, sizes } = await writerOver()
  await writer.write(change(0))
  expect(sizes).toEqual([])
})

test('returns each ordinal once, and stores the next one with the following batch', async () => {
  const { writer, database } = await writerOver()
  expect([writer.nextOrdinal(), writer.nextOrdinal()]).toEqual([0, 1])
  await writer.write(change(1))
  expect(await storedCounters(database)).toMatchObject({ ordinal: 2 })
  database.writeError = new Error('no space left on device')
  expect(writer.nextOrdinal()).toBe(2)
  await expect(writer.write(change(1))).rejects.toMatchObject({ code: 'STORE_UNKNOWN', cause: database.writeError })
  database.writeError = undefined
  expect(writer.nextOrdinal()).toBe(3)
  await writer.write(change(1))
  expect(await storedCounters(database)).toEqual({ ...noCounters, records: 2, bytes: 4, ordinal: 4 })
})

test('reports that there may be marks once one is queued or counted', async () => {
  const { writer } = await writerOver()
  expect(writer.mayHaveMarks).toBe(false)
  await writer.write(change(1))
  expect(writer.mayHaveMarks).toBe(false)
  const written = writer.write(change(1, { marks: 1 }))
  expect(writer.mayHaveMarks).toBe(true)
  await written
  expect(writer.mayHaveMarks).toBe(true)
  const { writer: other } = await writerOver()
  const work = other.write(async () => change(1))
  expect(other.mayHaveMarks).toBe(true)
  await work
  const { database } = await writerOver()
  const counted = new LevelWriter(database, false, { ...noCounters, marks: 1 })
  expect(counted.mayHaveMarks).toBe(true)
})

test('reads the counters from the database after a failed batch, and reports that there may be marks', async () => {
  const { writer, database } = await writerOver()
  await writer.write(change(3))
  database.lateWriteError = new Error('input/output error')
  await expect(writer.write(change(2))).rejects.toMatchObject({ code: 'STORE_UNKNOWN', cause: database.lateWriteError })
  database.lateWriteError = undefined
  expect(writer.counters.records).toBe(3)
  expect(writer.mayHaveMarks).toBe(false)
  await writer.write(change(1))
  expect(writer.counters.records).toBe(6)
  expect(writer.mayHaveMarks).toBe(true)
})

/** A change of one operation that adds a record to each account. */
function accountsChange(names: readonly string[], records = 1): LevelChange {
  return { ...change(1), accounts: names.map((name) => ({ name: text(name), records, bytes: 10 * records, marks: 0 })) }
}

/** The accounts in the counters, and those with an entry of their own, in the order of their names. */
async function storedNames(database: FaultyLevel): Promise<{ recent: string[]; rows: string[] }> {
  const decoder = new TextDecoder()
  const { recentAccounts } = decodeCounters(countersKey, (await database.get(countersKey)) as Uint8Array)
  const rows = (await database.keys({ gte: Uint8Array.of(8), lt: Uint8Array.of(9) }).all()).map((key) =>
    decoder.decode(key.subarray(1))
  )
  return { recent: recentAccounts.map(({ name }) => decoder.decode(name)).sort(), rows }
}

const letters = Array.from('abcdefghijkl', (letter) => `n${letter}`)

test('writes the 4 accounts that changed last with the counters, and others to entries of their own', async () => {
  const { writer, database } = await writerOver()
  await writer.write(accountsChange(['na', 'nb', 'nc', 'nd']))
  expect(await storedNames(database)).toEqual({ recent: ['na', 'nb', 'nc', 'nd'], rows: [] })
  await writer.write(accountsChange(['nb', 'na']))
  await writer.write(accountsChange(['ne', 'nf']))
  expect(await storedNames(database)).toEqual({ recent: ['na', 'nb', 'ne', 'nf'], rows: ['nc', 'nd'] })
  // more than 4 in one batch; those in the counters before change too
  await writer.write(accountsChange(letters.toReversed()))
  expect(await storedNames(database)).toEqual({ recent: letters.slice(0, 4), rows: letters.slice(2) })
  const { recentAccounts } = decodeCounters(countersKey, (await database.get(countersKey)) as Uint8Array)
  const again = new LevelWriter(database, false, { ...noCounters, recentAccounts })
  for (const { accounts } of [writer, again]) {
    expect(letters.map((name) => accounts.read(text(name)))).toMatchObject(
      [3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1].map((records) => ({ records, bytes: 10 * records }))
    )
  }
})

test('deletes the entry of an account that is empty when it leaves the counters', async () => {
  const { writer, database } = await writerOver()
  await writer.write(accountsChange(letters.slice(0, 6)))
  expect((await storedNames(database)).rows).toEqual(['na', 'nb'])
  await writer.write(accountsChange(['na'], -1))
  expect((await storedNames(database)).rows).toEqual(['na', 'nb', 'nc'])
  await writer.write(accountsChange(letters.slice(4, 8)))
  expect((await storedNames(database)).rows).toEqual(['nb', 'nc', 'nd'])
})

test('reads the recent accounts again after a failed batch, whether it was applied or not', async () => {
  for (const applied of [true, false]) {
    const { writer, database } = await writerOver()
    await writer.write(accountsChange(letters.slice(0, 6)))
    const cause = new Error('input/output error')
    database[applied ? 'lateWriteError' : 'writeError'] = cause
    await expect(writer.write(accountsChange(['na', 'nc', 'nk']))).rejects.toMatchObject({ cause })
    database.lateWriteError = database.writeError = undefined
    const expected = { records: applied ? 2 : 1, bytes: applied ? 20 : 10, marks: 0 }
    expect(await Promise.all([writer.accounts.read(text('na')), writer.accounts.read(text('nc'))])).toEqual([
      expected,
      expected
    ])
    await writer.write(accountsChange(['nc']))
    expect(writer.accounts.read(text('nc'))).toMatchObject({ records: applied ? 3 : 2 })
    expect(writer.accounts.read(text('na'))).toEqual(expected)
  }
})

test('keeps the recent accounts when a function rejects or returns a change without them', async () => {
  const { writer, database } = await writerOver()
  await writer.write(accountsChange(letters.slice(0, 4)))
  await expect(writer.write(async () => Promise.reject(new Error('aborted')))).rejects.toThrow('aborted')
  let reads = 0
  database.onRead = () => reads++
  await writer.write(async () => accountsChange(['na', 'nb']))
  expect(reads).toBe(0)
  expect(letters.slice(0, 3).map((name) => writer.accounts.read(text(name)))).toMatchObject([
    { records: 2 },
    { records: 2 },
    { records: 1 }
  ])
})

test('keeps the recent accounts while thousands of others are in memory that do not change', async () => {
  const { writer } = await writerOver()
  await writer.write(accountsChange(['na']))
  for (const round of [1, 2]) {
    const others = Array.from({ length: 2048 }, (_, index) => `n${round} ${index}`)
    await Promise.all([writer.write(accountsChange(others)), writer.write(accountsChange(others, -1))])
  }
  expect(writer.accounts.read(text('na'))).toMatchObject({ records: 1 })
  await writer.write(accountsChange(['na']))
  expect(writer.accounts.read(text('na'))).toMatchObject({ records: 2 })
})

test('ignores the late result of a read that a batch began which failed', async () => {
  const { database } = await writerOver()
  const writer = new LevelWriter(withoutSyncReads(database), false, noCounters)
  const { get } = database
  let late = (): void => {}
  database.get = (async (key: Uint8Array) => {
    if (key[1] === text('n')[0] && key[2] === text('a')[0]) throw new Error('input/output error')
    return new Promise((resolve) => (late = () => resolve(undefined)))
  }) as typeof get
  await expect(writer.write(accountsChange(['na', 'nb']))).rejects.toMatchObject({ code: 'STORE_IO' })
  database.get = get
  await writer.write(accountsChange(['nb']))
  late()
  await flushMicrotasks()
  expect(writer.accounts.read(text('nb'))).toMatchObject({ records: 1 })
})

test('takes over the recent accounts that a function returns', async () => {
  const { writer, database } = await writerOver()
  await writer.write(accountsChange(letters.slice(0, 4)))
  const recentAccounts = [{ name: text('nz'), records: 7, bytes: 8, marks: 9 }]
  await writer.write(async () => ({ ...change(1), recentAccounts }))
  expect(await storedNames(database)).toEqual({ recent: ['nz'], rows: [] })
  expect(writer.accounts.read(text('nz'))).toEqual({ records: 7, bytes: 8, marks: 9 })
  expect(writer.accounts.read(text('na'))).toMatchObject({ records: 0 })
})
