import { MemoryLevel } from 'memory-level'
import { describe, expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { readingLater } from './databases.ts'
import { FaultyLevel } from './faulty-level.ts'
import { record, text } from './records.ts'

function keys(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => text(`/k/${index}`))
}

describe('reading many keys', () => {
  test('gives other work its turn after every 1024 of them, and no sooner', async () => {
    const store = await LevelRecordStore.open(new MemoryLevel())
    for (const [count, turns] of [
      [1024, 0],
      [1025, 1],
      [2048, 1],
      [2049, 2]
    ] as const) {
      let taken = 0
      let timer: ReturnType<typeof setTimeout> | undefined
      const takeTurn = (): void => {
        timer = setTimeout(() => {
          taken++
          takeTurn()
        }, 0)
      }
      takeTurn()
      expect(await store.getMany(keys(count))).toHaveLength(count)
      clearTimeout(timer)
      expect(taken, `${count} keys`).toBe(turns)
    }
  })

  test('asks a database that reads later for all of them at once', async () => {
    const database = readingLater(new FaultyLevel())
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k/3', 'v', 1))
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const asked: string[] = []
    const { get } = database
    database.get = (async (key: Uint8Array, options: object) => {
      asked.push(new TextDecoder().decode(key.subarray(1)))
      await gate
      return get.call(database, key, options)
    }) as typeof get
    const reading = store.getMany(keys(5))
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    expect(asked).toEqual(['/k/0', '/k/1', '/k/2', '/k/3', '/k/4'])
    release()
    expect((await reading).map((found) => found?.rank[0])).toEqual([undefined, undefined, undefined, 1, undefined])
  })
})

test('a mark is looked for only where there may be one', async () => {
  const database = new FaultyLevel()
  const store = await LevelRecordStore.open(database)
  const spaces: (number | undefined)[] = []
  database.onRead = (key) => spaces.push(key[0])
  await store.put(record('/k', 'v', 1))
  await store.get(text('/k'))
  await store.get(text('/absent'))
  expect(spaces.splice(0)).toEqual([1, 1, 1])
  await store.delete(text('/k'))
  expect(spaces.splice(0)).toEqual([1])
  // from now on there may be one under every key that has no record
  await store.get(text('/absent'))
  expect(spaces.splice(0)).toEqual([1, 2])
  await store.put(record('/other', 'v', 1))
  expect(spaces.splice(0)).toEqual([1, 2])
  // but a record says whether it has one beside it
  await store.get(text('/other'))
  expect(spaces).toEqual([1])
})

test('no iterator of the database stays open, however a reading ends', async () => {
  const database = new FaultyLevel()
  const store = await LevelRecordStore.open(database)
  for (const key of ['/a', '/b', '/c']) await store.put(record(key, 'v', 1))
  let [opened, left] = [0, 0]
  const { iterator } = database
  database.iterator = ((options: object) => {
    opened++
    left++
    const made = iterator.call(database, options)
    const { close } = made
    made.close = async () => {
      left--
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
  expect([opened, left]).toEqual([3, 0])
})
