import { expect, test } from 'vitest'
import type { LevelOperation } from '../src/level-database.ts'
import type { LevelChange } from '../src/level-writer.ts'
import { LevelWriter, noChange } from '../src/level-writer.ts'
import { decodeCounters, noCounters } from '../src/entry-format.ts'
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
