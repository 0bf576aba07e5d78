import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { RecordView } from '../src/record-view.ts'
import { Watchers } from '../src/watchers.ts'

const bytes = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 4 }).map((list) => Uint8Array.from(list))

test('a record reaches the watchers of its key and of its prefixes once each, and no watcher that was removed', async () => {
  const watched = fc.oneof(
    bytes.map((key) => ({ key })),
    bytes.map((prefix) => ({ prefix }))
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ watched, removed: fc.boolean() }), { maxLength: 20 }),
      bytes,
      async (all, key) => {
        const watchers = new Watchers()
        const added = all.map((options) => ({ ...options, watcher: watchers.open(options.watched, undefined) }))
        for (const { watcher, removed } of added) {
          if (!removed) continue
          watcher.remove()
          watcher.remove()
        }
        expect(watchers.size).toBe(added.filter(({ removed }) => !removed).length)
        const record = recordOf(...key)
        watchers.notify(record)
        watchers.end()
        for (const { watcher, removed, watched: target } of added) {
          const matches =
            'key' in target
              ? target.key.join() === key.join()
              : target.prefix.join() === key.slice(0, target.prefix.length).join()
          expect(await (removed ? undefined : watcher.next())).toEqual(matches && !removed ? record : undefined)
          if (!removed) expect(await watcher.next()).toBe(undefined)
        }
      }
    )
  )
})

const key = Uint8Array.of(7)
const recordOf = (...path: number[]): RecordView => sizedRecord(0, ...path)
const sizedRecord = (size: number, ...path: number[]): RecordView =>
  ({ key: Uint8Array.of(...path), value: new Uint8Array(size) }) as RecordView

test('a watcher returns the latest record of each key, in the order of their arrival', async () => {
  const watchers = new Watchers()
  const watcher = watchers.open({ prefix: key }, undefined)
  const [one, two, three] = [recordOf(7, 1), recordOf(7, 2), recordOf(7, 1)]
  for (const record of [one, two, three]) watchers.notify(record)
  expect(await watcher.next()).toBe(two)
  expect(await watcher.next()).toBe(three)
  watcher.end()
  expect(await watcher.next()).toBeUndefined()
})

test('at most 1024 records wait for a watcher, and the one that waits longest is dropped', async () => {
  const watchers = new Watchers()
  const watcher = watchers.open({ prefix: key }, undefined)
  for (let number = 0; number < 1026; number++) watchers.notify(recordOf(7, number >> 8, number & 255))
  watchers.end()
  let count = 0
  for (let record = await watcher.next(); record !== undefined; record = await watcher.next()) {
    if (count === 0) expect(record.key).toEqual(Uint8Array.of(7, 0, 2))
    count++
  }
  expect(count).toBe(1024)
})

/** The numbers of the records that wait: the last bytes of their keys. */
async function waiting(watcher: { next(): Promise<RecordView | undefined> }): Promise<number[]> {
  const numbers: number[] = []
  for (let record = await watcher.next(); record !== undefined; record = await watcher.next())
    numbers.push(record.key.at(-1) as number)
  return numbers
}

test('at most 4 MiB of records wait for a watcher, and one in any case', async () => {
  const watchers = new Watchers()
  const [slow, large] = [watchers.open({ prefix: key }, undefined), watchers.open({ key: Uint8Array.of(8) }, undefined)]
  for (let number = 0; number < 250; number++) watchers.notify(sizedRecord(65_536, 7, number))
  watchers.notify(sizedRecord(4_000_000, 8))
  watchers.end()
  const numbers = await waiting(slow)
  expect(numbers).toEqual(Array.from({ length: 31 }, (_, index) => 219 + index))
  expect(await waiting(large)).toEqual([8])
})

test('watchers within an equal share of 16 MiB lose nothing to watchers that have more', async () => {
  const watchers = new Watchers()
  const small = watchers.open({ prefix: Uint8Array.of(100) }, undefined)
  for (let number = 0; number < 10; number++) watchers.notify(sizedRecord(1_000, 100, number))
  const slow = Array.from({ length: 9 }, (_, index) => watchers.open({ prefix: Uint8Array.of(index) }, undefined))
  for (let number = 0; number < 40; number++)
    for (let index = 0; index < 9; index++) watchers.notify(sizedRecord(65_536, index, number))
  watchers.end()
  expect(await waiting(small)).toHaveLength(10)
  const counts = await Promise.all(slow.map(async (watcher) => (await waiting(watcher)).length))
  expect(Math.min(...counts)).toBeGreaterThan(10)
  expect(counts.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(127)
})

test('a record that waits for many watchers counts once, and records of watchers that left do not count', async () => {
  const watchers = new Watchers()
  for (let round = 0; round < 3; round++) {
    const many = Array.from({ length: 1_000 }, () => watchers.open({ prefix: key }, undefined))
    for (let number = 0; number < 10; number++) watchers.notify(sizedRecord(65_536, 7, number))
    expect(await many[0]?.next()).toMatchObject({ key: Uint8Array.of(7, 0) })
    expect(await many[999]?.next()).toMatchObject({ key: Uint8Array.of(7, 0) })
    for (const watcher of many) watcher.remove()
  }
  const slow = Array.from({ length: 4 }, (_, index) => watchers.open({ prefix: Uint8Array.of(index) }, undefined))
  for (let number = 0; number < 30; number++)
    for (let index = 0; index < 4; index++) watchers.notify(sizedRecord(65_536, index, number))
  watchers.end()
  for (const watcher of slow) expect(await waiting(watcher)).toHaveLength(30)
})

test('a waiting watcher continues with a record, with the end and with its signal', async () => {
  const watchers = new Watchers()
  const watcher = watchers.open({ key }, undefined)
  const waiting = watcher.next()
  const record = recordOf(7)
  watchers.notify(record)
  expect(await waiting).toBe(record)
  const ended = watcher.next()
  watchers.end()
  expect(await ended).toBeUndefined()
  const controller = new AbortController()
  const aborted = watchers.open({ key }, controller.signal).next()
  controller.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
})

test('an aborted signal adds no watcher, and a removed watcher leaves no listener on its signal', () => {
  const watchers = new Watchers()
  expect(() => watchers.open({ key }, AbortSignal.abort(new Error('enough')))).toThrow('enough')
  expect(watchers.size).toBe(0)
  const { signal } = new AbortController()
  const listening = new Set<unknown>()
  signal.addEventListener = (type: string, listener: unknown) => void listening.add(`${type} ${String(listener)}`)
  signal.removeEventListener = (type: string, listener: unknown) => void listening.delete(`${type} ${String(listener)}`)
  const watcher = watchers.open({ key }, signal)
  expect(listening.size).toBe(1)
  watcher.remove()
  expect(listening.size).toBe(0)
})

test('removing one of two watchers of the same target does not affect the other', async () => {
  for (const watched of [{ key }, { prefix: key }]) {
    const watchers = new Watchers()
    const [first, second] = [watchers.open(watched, undefined), watchers.open(watched, undefined)]
    first.remove()
    const record = recordOf(7)
    watchers.notify(record)
    expect(await second.next()).toBe(record)
    expect(watchers.size).toBe(1)
  }
})

test('a record is delivered without a look at the watchers of other keys, also when the records that wait exceed their bound', () => {
  const watchers = new Watchers()
  // each keeps its one record, which is more than all together may have
  const keys = Array.from({ length: 10_000 }, (_, number) => [number >> 8, number & 255] as const)
  const open = keys.map((key) => watchers.open({ key: Uint8Array.from(key) }, undefined))
  const drops = vi.spyOn(Object.getPrototypeOf(open[0]) as { dropOldest(): boolean }, 'dropOldest')
  try {
    for (const key of keys) watchers.notify(recordOf(...key))
    expect(watchers.waiting).toBe(keys.length)
    expect(drops).not.toHaveBeenCalled()
    const [first] = open
    watchers.notify(recordOf(0, 0))
    expect(drops).not.toHaveBeenCalled()
    const several = watchers.open({ prefix: Uint8Array.of(0) }, undefined)
    watchers.notify(recordOf(0, 1))
    watchers.notify(recordOf(0, 2))
    expect(drops).toHaveBeenCalled()
    expect([several.bytes > 0, (first?.bytes ?? 0) > 0]).toEqual([true, true])
  } finally {
    drops.mockRestore()
  }
})
