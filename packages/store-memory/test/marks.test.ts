import { collect } from '@recordkit/record-conformance'
import type { StoreQuery } from '@recordkit/record-store'
import { markLifetime } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { MemoryRecordStore } from '../src/index.ts'
import { bytes, record, second } from './records.ts'

/** Puts a record and deletes it: its mark stays. */
async function leave(store: MemoryRecordStore, key: string, more: Parameters<typeof record>[1] = {}): Promise<void> {
  await store.put(record(key, more))
  await store.delete(bytes(key))
}

async function keysOfMarks(store: MemoryRecordStore, query?: StoreQuery): Promise<string[]> {
  return (await collect(store.marks(query))).map(({ key }) => new TextDecoder().decode(key))
}

describe('marks', () => {
  test('are bounded in number, the one set longest ago goes first', async () => {
    const store = new MemoryRecordStore({ maxMarks: 3 })
    for (const key of ['/a', '/b', '/c', '/a', '/d', '/e']) await leave(store, key)
    expect(await keysOfMarks(store)).toEqual(['/a', '/d', '/e'])
    expect((await store.stats()).marks).toBe(3)
  })

  test('of a sender that floods go before those that others left', async () => {
    const store = new MemoryRecordStore({ maxMarks: 10 })
    await leave(store, '/honest', { from: 'a', rank: Uint8Array.of(2) })
    for (let index = 0; index < 100; index++) await leave(store, `/flood/${index}`, { from: 'b' })
    expect((await store.put(record('/honest', { from: 'b' }))).status).toBe('stale')
    expect((await store.stats()).marks).toBe(10)
  })

  test('take no more than a quarter of the bytes', async () => {
    const store = new MemoryRecordStore({ maxBytes: 4000 })
    for (let index = 0; index < 100; index++) await leave(store, `/${'long'.repeat(20)}/${index}`)
    const total = (await collect(store.marks())).reduce((sum, { key, rank }) => sum + key.length + rank.length, 0)
    expect(total).toBeLessThanOrEqual(1000)
    expect(total).toBeGreaterThan(800)
  })

  test('are not pushed out early by one that an author made to last', async () => {
    const store = new MemoryRecordStore({ maxMarks: 2, clock: () => second })
    await leave(store, '/far', { expires: 2n ** 63n })
    for (const key of ['/b', '/c']) await leave(store, key, { expires: 2n * second })
    expect(await keysOfMarks(store)).toEqual(['/b', '/c'])
  })

  test('take a quarter of the bytes and no byte more, digests among them', async () => {
    for (const [digest, size] of [
      [undefined, 3],
      [new Uint8Array(32), 35]
    ] as const) {
      const store = new MemoryRecordStore({ maxBytes: 4 * 2 * size })
      for (const key of ['/a', '/b']) await leave(store, key, digest === undefined ? {} : { digest })
      expect(await keysOfMarks(store)).toEqual(['/a', '/b'])
      await leave(store, '/c')
      expect(await keysOfMarks(store)).toEqual(['/b', '/c'])
    }
  })

  test('that are set again take their room once', async () => {
    const store = new MemoryRecordStore({ maxMarks: 2, maxBytes: 4 * 6, clock: () => second })
    await leave(store, '/a')
    // one that stays beside each record that comes in its place, as it outlives what that will leave
    await leave(store, '/b', { expires: 2n ** 63n })
    for (let round = 0; round < 10; round++) {
      await leave(store, '/b')
      expect(await keysOfMarks(store)).toEqual(['/a', '/b'])
    }
    // and leave with all of it
    await leave(store, '/c')
    await leave(store, '/d')
    expect(await keysOfMarks(store)).toEqual(['/c', '/d'])
  })

  test('make room for the record that comes in their place', async () => {
    const store = new MemoryRecordStore({ clock: () => second })
    await leave(store, '/a')
    expect((await store.stats()).marks).toBe(1)
    await store.put(record('/a'))
    expect((await store.stats()).marks).toBe(0)
    expect(await keysOfMarks(store)).toEqual([])
  })

  test('are there up to their last instant, for whoever asks', async () => {
    let now = second
    const store = new MemoryRecordStore({ clock: () => now })
    await leave(store, '/a')
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

  test('of what came since the last iteration are in the next one', async () => {
    const store = new MemoryRecordStore()
    for (const key of ['/b', '/a', '/c']) {
      await leave(store, key)
      expect(await keysOfMarks(store)).toContain(key)
    }
    expect(await keysOfMarks(store)).toEqual(['/a', '/b', '/c'])
  })

  test('that went since the last iteration are not in the way of finding others', async () => {
    let now = second
    // a key so long that its bytes are given back when it goes
    const long = `/b${'b'.repeat(4000)}`
    const store = new MemoryRecordStore({ limits: { key: 5000 }, clock: () => now })
    await leave(store, long)
    now++
    for (const key of ['/a', '/c']) await leave(store, key)
    expect(await keysOfMarks(store)).toEqual(['/a', long, '/c'])
    now += markLifetime
    await store.sweep()
    expect(await keysOfMarks(store, { prefix: bytes('/c') })).toEqual(['/c'])
  })

  test('handed back by a put that was refused are copies', async () => {
    const store = new MemoryRecordStore()
    await leave(store, '/a', { rank: Uint8Array.of(5) })
    const { mark } = await store.put(record('/a', { rank: Uint8Array.of(4) }))
    expect(mark?.rank).toEqual(Uint8Array.of(5))
    mark?.rank.fill(0)
    mark?.key.fill(0)
    expect((await store.mark(bytes('/a')))?.rank).toEqual(Uint8Array.of(5))
  })
})
