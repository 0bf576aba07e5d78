import { turns } from '@recordkit/record-types/internal'
import { afterEach, expect, test, vi } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { FaultyLevel } from './faulty-level.ts'
import { record, text } from './records.ts'

afterEach(async () => {
  vi.restoreAllMocks()
  // the turn that began at a time of the slow clock ends
  await new Promise((resolve) => setTimeout(resolve, 0))
})

/** Milliseconds pass with every look at the clock: no turn has time for a second piece. Counts the turns. */
function slowTime(): { readonly turns: number } {
  let now = performance.now()
  let count = 0
  vi.spyOn(turns, 'now').mockImplementation(() => (now += 5))
  const nextTurn = turns.nextTurn.bind(turns)
  vi.spyOn(turns, 'nextTurn').mockImplementation((run) => {
    count++
    nextTurn(run)
  })
  return {
    get turns() {
      return count
    }
  }
}

const names = Array.from({ length: 2000 }, (_, number) => `/k/${number}`)
const puts = names.map((name) => ({ type: 'put' as const, record: record(name, 'v', 1) }))

test('a large batch is encoded and written in pieces of many turns, and other calls see all of it or nothing', async () => {
  const store = await LevelRecordStore.open(new FaultyLevel())
  const time = slowTime()
  let isDone = false
  const batch = store.batch(puts).finally(() => (isDone = true))
  const found: (boolean | undefined)[] = []
  while (!isDone) {
    const [first, last] = await Promise.all([store.get(text('/k/0')), store.get(text('/k/1999'))])
    found.push((first === undefined) === (last === undefined) ? first !== undefined : undefined)
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  expect(await batch).toHaveLength(2000)
  // pieces of 128 entries, and of 512 operations
  expect(time.turns).toBeGreaterThanOrEqual(20)
  expect(found[0]).toBe(false)
  expect(found).not.toContain(undefined)
  expect(await store.stats()).toMatchObject({ entries: 2000 })
})

test('a put of a key of a large batch follows the batch, and precedes it, in the order of the calls', async () => {
  const store = await LevelRecordStore.open(new FaultyLevel())
  slowTime()
  const [before, batch, after] = await Promise.all([
    store.put(record('/k/7', 'before', 3)),
    store.batch(puts),
    store.put(record('/k/8', 'after', 1))
  ])
  expect(before.status).toBe('stored')
  expect(batch[7]).toMatchObject({ status: 'stale' })
  expect(batch[8]).toMatchObject({ status: 'stored' })
  expect(after.status).not.toBe('stored')
})

test('many records of one call are copied in pieces of several turns', async () => {
  const store = await LevelRecordStore.open(new FaultyLevel())
  await store.batch(puts)
  const time = slowTime()
  const records = await store.getMany([...names.map(text), text('/absent')])
  expect(records.filter((one) => one !== undefined)).toHaveLength(2000)
  // eight pieces are read, and eight are copied
  expect(time.turns).toBeGreaterThanOrEqual(12)
})

test('a large batch whose write fails in between writes nothing, and can be put again', async () => {
  const database = new FaultyLevel()
  const store = await LevelRecordStore.open(database)
  database.writeError = new Error('disk full')
  slowTime()
  await expect(store.batch(puts)).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
  database.writeError = undefined
  expect(await store.stats()).toMatchObject({ entries: 0 })
  expect(await store.batch(puts)).toHaveLength(2000)
  expect(await store.stats()).toMatchObject({ entries: 2000 })
})
