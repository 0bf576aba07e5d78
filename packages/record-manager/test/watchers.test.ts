import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RecordView } from '../src/record-view.ts'
import { Watchers } from '../src/watchers.ts'

const bytes = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 4 }).map((list) => Uint8Array.from(list))

test('a record is told to those who watch its key or a beginning of it, once each, and to nobody who left', async () => {
  const watched = fc.oneof(
    bytes.map((key) => ({ key })),
    bytes.map((prefix) => ({ prefix }))
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ watched, leaves: fc.boolean() }), { maxLength: 20 }),
      bytes,
      async (all, key) => {
        const watchers = new Watchers()
        const opened = all.map((one) => ({ ...one, watcher: watchers.open(one.watched, undefined) }))
        for (const { watcher, leaves } of opened) {
          if (!leaves) continue
          watcher.leave()
          watcher.leave()
        }
        expect(watchers.size).toBe(opened.filter(({ leaves }) => !leaves).length)
        const record = { key } as RecordView
        watchers.notify(record)
        watchers.end()
        for (const { watcher, leaves, watched: what } of opened) {
          const concerned =
            'key' in what
              ? what.key.join() === key.join()
              : what.prefix.join() === key.slice(0, what.prefix.length).join()
          expect(await (leaves ? undefined : watcher.next())).toBe(concerned && !leaves ? record : undefined)
          if (!leaves) expect(await watcher.next()).toBe(undefined)
        }
      }
    )
  )
})

const key = Uint8Array.of(7)
const recordOf = (...path: number[]): RecordView => ({ key: Uint8Array.of(...path) }) as RecordView

test('of one key only the latest waits, and those told of earlier come first', async () => {
  const watchers = new Watchers()
  const watcher = watchers.open({ prefix: key }, undefined)
  const [one, two, three] = [recordOf(7, 1), recordOf(7, 2), recordOf(7, 1)]
  for (const record of [one, two, three]) watchers.notify(record)
  expect(await watcher.next()).toBe(two)
  expect(await watcher.next()).toBe(three)
  watcher.end()
  expect(await watcher.next()).toBeUndefined()
})

test('1,024 records wait for one who does not read; what has waited longest is passed over', async () => {
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

test('who waits is woken by a record, by the end and by the signal', async () => {
  const watchers = new Watchers()
  const told = watchers.open({ key }, undefined)
  const waiting = told.next()
  const record = recordOf(7)
  watchers.notify(record)
  expect(await waiting).toBe(record)
  const ended = told.next()
  watchers.end()
  expect(await ended).toBeUndefined()
  const controller = new AbortController()
  const aborted = watchers.open({ key }, controller.signal).next()
  controller.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
})

test('a signal that has aborted opens nothing, and one that outlives its watcher holds nothing', () => {
  const watchers = new Watchers()
  expect(() => watchers.open({ key }, AbortSignal.abort(new Error('enough')))).toThrow('enough')
  expect(watchers.size).toBe(0)
  const { signal } = new AbortController()
  const listening = new Set<unknown>()
  signal.addEventListener = (type: string, listener: unknown) => void listening.add(`${type} ${String(listener)}`)
  signal.removeEventListener = (type: string, listener: unknown) => void listening.delete(`${type} ${String(listener)}`)
  const watcher = watchers.open({ key }, signal)
  expect(listening.size).toBe(1)
  watcher.leave()
  expect(listening.size).toBe(0)
})

test('who leaves one of two that watch the same leaves the other one alone', async () => {
  for (const watched of [{ key }, { prefix: key }]) {
    const watchers = new Watchers()
    const [first, second] = [watchers.open(watched, undefined), watchers.open(watched, undefined)]
    first.leave()
    const record = recordOf(7)
    watchers.notify(record)
    expect(await second.next()).toBe(record)
    expect(watchers.size).toBe(1)
  }
})
