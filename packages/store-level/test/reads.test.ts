import { MemoryLevel } from 'memory-level'
import { describe, expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { withoutSyncReads } from './databases.ts'
import { FaultyLevel } from './faulty-level.ts'
import { record, text } from './records.ts'

function keys(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => text(`/k/${index}`))
}

describe('getMany', () => {
  test('lets other tasks run after every 1024 keys, and not earlier', async () => {
    const store = await LevelRecordStore.open(new MemoryLevel())
    for (const [count, turns] of [
      [1024, 0],
      [1025, 1],
      [2048, 1],
      [2049, 2]
    ] as const) {
      let taskRuns = 0
      let timer: ReturnType<typeof setTimeout> | undefined
      const scheduleTask = (): void => {
        timer = setTimeout(() => {
          taskRuns++
          scheduleTask()
        }, 0)
      }
      scheduleTask()
      expect(await store.getMany(keys(count))).toHaveLength(count)
      clearTimeout(timer)
      expect(taskRuns, `${count} keys`).toBe(turns)
    }
  })

  test('reads all keys concurrently from a database without synchronous reads', async () => {
    const database = withoutSyncReads(new FaultyLevel())
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k/3', 'v', 1))
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const readKeys: string[] = []
    const { get } = database
    database.get = (async (key: Uint8Array, options: object) => {
      readKeys.push(new TextDecoder().decode(key.subarray(1)))
      await gate
      return get.call(database, key, options)
    }) as typeof get
    const reading = store.getMany(keys(5))
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    expect(readKeys).toEqual(['/k/0', '/k/1', '/k/2', '/k/3', '/k/4'])
    release()
    expect((await reading).map((found) => found?.rank[0])).toEqual([undefined, undefined, undefined, 1, undefined])
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
