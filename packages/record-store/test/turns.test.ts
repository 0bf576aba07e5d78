import { createStore } from '@recordkit/record-store'
import type { StoreEntry } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { MapBackend } from '@recordkit/record-store/internal'
import { record, startTime, text } from './records.ts'

describe('the calls of one turn of the event loop', () => {
  test('reach the backend as one read and one write', async () => {
    const backend = new MapBackend()
    const store = createStore(backend, { clock: () => startTime })
    const keys = Array.from({ length: 64 }, (_, index) => `/k/${index}`)
    await Promise.all(keys.map((key) => store.put(record(key, 'a', 1))))
    expect(backend.calls.map(({ type, keys: { length } }) => [type, length])).toEqual([
      ['read', 64],
      ['write', 64]
    ])
    backend.calls.length = 0
    const found = await Promise.all(keys.map((key) => store.get(text(key))))
    expect(found.every((stored) => stored !== undefined)).toBe(true)
    expect(backend.calls.map(({ type, keys: { length } }) => [type, length])).toEqual([['read', 64]])
  })

  test('are repeated one by one when another process was faster with one of the keys', async () => {
    const entries: MapBackend['entries'] = new Map()
    const second = createStore(new MapBackend(entries), { clock: () => startTime })
    const backend = new MapBackend(entries)
    const read = backend.read.bind(backend)
    backend.read = async (keys) => {
      const result = await read(keys)
      if (keys.length === 3) await second.put(record('/b', 'second', 2))
      return result
    }
    const first = createStore(backend, { clock: () => startTime })
    const results = await Promise.all(['/a', '/b', '/c'].map((key) => first.put(record(key, 'first', 1))))
    expect(results.map(({ status }) => status)).toEqual(['stored', 'stale', 'stored'])
    expect((await first.get(text('/b')))?.value).toEqual(text('second'))
  })

  test('reach a backend without atomic batches one key per write', async () => {
    const backend = new MapBackend()
    Object.assign(backend.capabilities, { atomicBatch: false })
    const store = createStore(backend, { clock: () => startTime })
    await store.batch([
      { type: 'put', record: record('/a', 'a', 1) },
      { type: 'put', record: record('/b', 'b', 1) }
    ])
    expect(backend.calls.filter(({ type }) => type === 'write').map(({ keys }) => keys.length)).toEqual([1, 1])
  })

  test('reach a backend that collects calls itself as they come', async () => {
    const backend = Object.assign(new MapBackend(), { collectsCalls: true })
    const store = createStore(backend, { clock: () => startTime })
    await Promise.all(['/a', '/b'].map((key) => store.put(record(key, 'a', 1))))
    expect(backend.calls.map(({ type, keys }) => [type, keys.length])).toEqual([
      ['read', 1],
      ['read', 1],
      ['write', 1],
      ['write', 1]
    ])
  })
})

test('a slow process with the newest record gets it stored among processes that refresh the old one', async () => {
  const entries: MapBackend['entries'] = new Map()
  let now = startTime
  const fast = createStore(new MapBackend(entries), { clock: () => now })
  const slowBackend = new MapBackend(entries)
  const read = slowBackend.read.bind(slowBackend)
  slowBackend.read = async (keys) => {
    const result = await read(keys)
    // between the slow read and the slow write, the fast process receives the old record again
    now += 10_000_000n
    await fast.put(record('/k', 'old', 1, { timeReceived: now }))
    return result
  }
  const slow = createStore(slowBackend, { clock: () => now, random: () => 0 })
  await fast.put(record('/k', 'old', 1))
  for (let round = 0; round < 5; round++) {
    const put = await slow.put(record('/k', `new ${round}`, 2 + round, { timeReceived: now }))
    expect(put.status).toBe('stored')
    await fast.put(record('/k', `new ${round}`, 2 + round, { timeReceived: now }))
  }
})

for (const timeout of [30_000, Number.POSITIVE_INFINITY]) {
  for (const collectsCalls of [true, false]) {
    test(`waits for promises of another library (${collectsCalls ? 'one call' : 'one turn'} at a time, timeout ${timeout})`, async () => {
      const wrapped = <Result>(promise: Promise<Result>): Promise<Result> =>
        // oxlint-disable-next-line unicorn/no-thenable -- as such a library makes them
        ({ then: promise.then.bind(promise) }) as unknown as Promise<Result>
      class OtherPromises extends MapBackend {
        readonly collectsCalls = collectsCalls
        override read(...parameters: Parameters<MapBackend['read']>): Promise<StoreEntry[]> {
          return wrapped(super.read(...parameters))
        }
        override write(...parameters: Parameters<MapBackend['write']>): Promise<boolean> {
          return wrapped(super.write(...parameters))
        }
      }
      const store = createStore(new OtherPromises(), { timeout })
      expect((await store.put(record('/k', 'a', 1))).status).toBe('stored')
      expect((await store.put(record('/k', 'b', 0))).status).toBe('stale')
      expect((await store.get(text('/k')))?.value).toEqual(text('a'))
      await store.close()
    })
  }
}
