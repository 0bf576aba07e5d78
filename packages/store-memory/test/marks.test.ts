import { collect } from '@recordkit/record-conformance/internal'
import type { StoreQuery } from '@recordkit/record-store'
import { markLifetime } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { MemoryRecordStore } from '../src/index.ts'
import { bytes, rankOf, record, second } from './records.ts'

/** Puts a record and deletes it, which leaves its mark. */
async function leaveMark(
  store: MemoryRecordStore,
  key: string,
  more: Parameters<typeof record>[1] = {}
): Promise<void> {
  await store.put(record(key, more))
  await store.delete(bytes(key))
}

async function keysOfMarks(store: MemoryRecordStore, query?: StoreQuery): Promise<string[]> {
  return (await collect(store.marks(query))).map(({ key }) => new TextDecoder().decode(key))
}

describe('marks of a memory store', () => {
  test('are limited in number: the mark that was set longest ago is removed first', async () => {
    const store = new MemoryRecordStore({ maxMarks: 3 })
    for (const key of ['/a', '/b', '/c', '/a', '/d', '/e']) await leaveMark(store, key)
    expect(await keysOfMarks(store)).toEqual(['/a', '/d', '/e'])
    expect((await store.stats()).marks).toBe(3)
  })

  test('of a sender that floods the store are removed before those of other senders', async () => {
    const store = new MemoryRecordStore({ maxMarks: 10 })
    await leaveMark(store, '/honest', { from: 'a', order: 2 })
    for (let index = 0; index < 100; index++) await leaveMark(store, `/flood/${index}`, { from: 'b' })
    expect((await store.put(record('/honest', { from: 'b' }))).status).toBe('stale')
    expect((await store.stats()).marks).toBe(10)
  })

  test('use at most a quarter of maxBytes', async () => {
    const store = new MemoryRecordStore({ maxBytes: 4000 })
    for (let index = 0; index < 100; index++) await leaveMark(store, `/${'long'.repeat(20)}/${index}`)
    const total = (await collect(store.marks())).reduce((sum, { key, rank }) => sum + key.length + rank.length, 0)
    expect(total).toBeLessThanOrEqual(1000)
    expect(total).toBeGreaterThan(800)
  })

  test('are not removed before an older mark that lasts longer', async () => {
    const store = new MemoryRecordStore({ maxMarks: 2, clock: () => second })
    await leaveMark(store, '/far', { expires: 2n ** 63n })
    for (const key of ['/b', '/c']) await leaveMark(store, key, { expires: 2n * second })
    expect(await keysOfMarks(store)).toEqual(['/b', '/c'])
  })

  test('use exactly a quarter of maxBytes at most', async () => {
    const store = new MemoryRecordStore({ maxBytes: 4 * 2 * (2 + 33) })
    for (const key of ['/a', '/b']) await leaveMark(store, key)
    expect(await keysOfMarks(store)).toEqual(['/a', '/b'])
    await leaveMark(store, '/c')
    expect(await keysOfMarks(store)).toEqual(['/b', '/c'])
  })

  test('are counted once when they are set again', async () => {
    const store = new MemoryRecordStore({ maxMarks: 2, maxBytes: 4 * 2 * (2 + 33), clock: () => second })
    await leaveMark(store, '/a')
    // this mark is kept beside later records, as it outlives the marks that they leave
    await leaveMark(store, '/b', { expires: 2n ** 63n })
    for (let round = 0; round < 10; round++) {
      await leaveMark(store, '/b')
      expect(await keysOfMarks(store)).toEqual(['/a', '/b'])
    }
    // all of its bytes are released
    await leaveMark(store, '/c')
    await leaveMark(store, '/d')
    expect(await keysOfMarks(store)).toEqual(['/c', '/d'])
  })

  test('are removed when a record is stored under their key', async () => {
    const store = new MemoryRecordStore({ clock: () => second })
    await leaveMark(store, '/a')
    expect((await store.stats()).marks).toBe(1)
    await store.put(record('/a'))
    expect((await store.stats()).marks).toBe(0)
    expect(await keysOfMarks(store)).toEqual([])
  })

  test('are returned up to and including their last instant, swept or not', async () => {
    let now = second
    const store = new MemoryRecordStore({ clock: () => now })
    await leaveMark(store, '/a')
    now += markLifetime
    await store.sweep()
    expect((await store.mark(bytes('/a')))?.until).toBe(now)
    expect(await keysOfMarks(store)).toEqual(['/a'])
    now++
    expect(await store.mark(bytes('/a'))).toBeUndefined()
    expect(await keysOfMarks(store)).toEqual([])
    expect((await store.stats()).marks).toBe(1)
    await store.sweep()
    expect((await store.stats()).marks).toBe(0)
  })

  test('that were added since the last iteration are included in the next one', async () => {
    const store = new MemoryRecordStore()
    for (const key of ['/b', '/a', '/c']) {
      await leaveMark(store, key)
      expect(await keysOfMarks(store)).toContain(key)
    }
    expect(await keysOfMarks(store)).toEqual(['/a', '/b', '/c'])
  })

  test('that were removed since the last iteration do not affect the next one', async () => {
    let now = second
    // a key so long that its bytes are released when its mark is removed
    const long = `/b${'b'.repeat(4000)}`
    const store = new MemoryRecordStore({ limits: { key: 5000 }, clock: () => now })
    await leaveMark(store, long)
    now++
    for (const key of ['/a', '/c']) await leaveMark(store, key)
    expect(await keysOfMarks(store)).toEqual(['/a', long, '/c'])
    now += markLifetime
    await store.sweep()
    expect(await keysOfMarks(store, { prefix: bytes('/c') })).toEqual(['/c'])
  })

  test('in the result of a stale put are copies', async () => {
    const store = new MemoryRecordStore()
    await leaveMark(store, '/a', { order: 5 })
    const { mark } = await store.put(record('/a', { order: 4 }))
    expect(mark?.rank).toEqual(rankOf(5))
    mark?.rank.fill(0)
    mark?.key.fill(0)
    expect((await store.mark(bytes('/a')))?.rank).toEqual(rankOf(5))
  })
})
