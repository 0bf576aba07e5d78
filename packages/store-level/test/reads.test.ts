import { Turns, turns } from '@recordkit/record-types/internal'
import { describe, expect, test, vi } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { withoutSyncReads } from './databases.ts'
import { FaultyLevel } from './faulty-level.ts'
import { record, text } from './records.ts'

describe('getMany', () => {
  const keys = (count: number): Uint8Array[] => Array.from({ length: count }, (_, index) => text(`/k/${index}`))

  /** The sizes of the calls of `getMany` of a database. */
  function callsOf(database: FaultyLevel): number[] {
    const sizes: number[] = []
    const { getMany } = database
    database.getMany = (async (some: Uint8Array[], options: object) => {
      sizes.push(some.length)
      return getMany.call(database, some, options)
    }) as typeof getMany
    return sizes
  }

  test('reads at most 256 keys in one piece, and lets other tasks run in between', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    const sizes = callsOf(database)
    let [now, tasks] = [performance.now(), 0]
    // more time passes than fits into a turn
    const clock = vi.spyOn(turns, 'now').mockImplementation(() => (now += 5))
    const { nextTurn } = turns
    const tasksRun = vi.spyOn(turns, 'nextTurn').mockImplementation((run) => {
      nextTurn.call(turns, () => {
        tasks++
        run()
      })
    })
    expect(await store.getMany(keys(1000))).toHaveLength(1000)
    expect(sizes).toEqual([256, 256, 256, 232])
    expect(tasks).toBeGreaterThanOrEqual(2)
    clock.mockRestore()
    tasksRun.mockRestore()
  })

  test.each([
    ['up to 64 gets are synchronous reads', new FaultyLevel(), 64, []],
    ['more than 64 gets are one call of the database', new FaultyLevel(), 70, [70]],
    ['without synchronous reads they are one call of the database', withoutSyncReads(new FaultyLevel()), 64, [64]]
  ])('of the concurrent gets for which a turn has no time, %s', async (_name, database, count, expected) => {
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k/63', 'v', 1))
    const sizes = callsOf(database)
    const hasTime = vi.spyOn(Turns.prototype, 'hasTime', 'get').mockReturnValue(false)
    try {
      for (let round = 0; round < 2; round++) {
        sizes.length = 0
        const found = await Promise.all(keys(count).map((key) => store.get(key)))
        expect(found.map((each) => each?.rank[0]).filter((rank) => rank !== undefined)).toEqual([1])
        expect(sizes).toEqual(expected)
      }
    } finally {
      hasTime.mockRestore()
    }
  })

  test('concurrent gets for which a turn has time are synchronous reads', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k/63', 'v', 1))
    const sizes = callsOf(database)
    const clock = vi.spyOn(turns, 'now').mockImplementation(() => 0)
    const found = await Promise.all(keys(500).map((key) => store.get(key)))
    expect(found.flatMap((each) => each?.rank[0] ?? [])).toEqual([1])
    expect(sizes).toEqual([])
    clock.mockRestore()
  })

  test('a failed read rejects each of the concurrent gets', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    database.readError = new Error('broken')
    const results = await Promise.allSettled(keys(10).map((key) => store.get(key)))
    expect(results.map((result) => result.status === 'rejected' && (result.reason as { code: string }).code)).toEqual(
      Array.from({ length: 10 }, () => 'STORE_IO')
    )
  })
})

test('reads the mark of a key only when it can have one', async () => {
  const database = new FaultyLevel()
  const store = await LevelRecordStore.open(database)
  const types: (number | undefined)[] = []
  database.onRead = (key) => types.push(key[0])
  await store.put(record('/k', 'v', 1))
  await store.get(text('/k'))
  await store.get(text('/absent'))
  // the accounts are read once, and then kept in memory
  expect(types.splice(0)).toEqual([1, 8, 8, 1, 1])
  await store.delete(text('/k'))
  expect(types.splice(0)).toEqual([1])
  // now every key without a record can have a mark
  await store.get(text('/absent'))
  expect(types.splice(0)).toEqual([1, 2])
  await store.put(record('/other', 'v', 1))
  expect(types.splice(0)).toEqual([1, 2, 8])
  // a record stores whether its key has a mark
  await store.get(text('/other'))
  expect(types).toEqual([1])
})

test('closes the iterator of the database when an iteration or a check ends early', async () => {
  const database = new FaultyLevel()
  const store = await LevelRecordStore.open(database)
  for (const key of ['/a', '/b', '/c']) await store.put(record(key, 'v', 1))
  let [opened, open] = [0, 0]
  const { iterator } = database
  database.iterator = ((options: object) => {
    opened++
    open++
    const made = iterator.call(database, options)
    const { close } = made
    made.close = async () => {
      open--
      return close.call(made)
    }
    return made
  }) as typeof iterator
  for await (const { key } of store.iterate()) if (key.length > 0) break
  for await (const { key } of store.iterate()) expect(key).toHaveLength(2)
  const controller = new AbortController()
  const checking = store.verify({ signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(checking).rejects.toThrow('enough')
  expect([opened, open]).toEqual([3, 0])
})
