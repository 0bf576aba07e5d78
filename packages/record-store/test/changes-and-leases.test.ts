import { createStore } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { flush } from './fake-timer.ts'
import { MapBackend } from '@recordkit/record-store/internal'
import { record, startTime, text } from './records.ts'

describe('changes', () => {
  test('reports every key that changes from the first step on, once until it is read', async () => {
    const store = createStore(new MapBackend(), { clock: () => startTime })
    const changes = store.changes()
    const first = changes.next()
    await flush()
    await store.put(record('/a', 'a', 1))
    expect((await first).value).toEqual(text('/a'))
    await store.put(record('/b', 'b', 1))
    await store.put(record('/b', 'c', 2))
    await store.delete(text('/a'))
    expect((await changes.next()).value).toEqual(text('/b'))
    expect((await changes.next()).value).toEqual(text('/a'))
    await store.put(record('/b', 'stale', 1))
    const next = changes.next()
    await store.close()
    expect(await next).toEqual({ done: true, value: undefined })
  })

  test('ends with the reason of its signal', async () => {
    const store = createStore(new MapBackend())
    const abort = new AbortController()
    const next = store.changes({ signal: abort.signal }).next()
    await flush()
    const reason = new Error('the caller left')
    abort.abort(reason)
    await expect(next).rejects.toBe(reason)
  })

  test('includes what the backend reports from other processes', async () => {
    const backend = Object.assign(new MapBackend(), {
      async *changes() {
        yield text('/from another process')
        await new Promise(() => {})
      }
    })
    const store = createStore(backend)
    const changes = store.changes()
    expect((await changes.next()).value).toEqual(text('/from another process'))
  })
})

describe('lease', () => {
  test('is held by one holder until it is released or ends', async () => {
    let now = startTime
    const store = createStore(new MapBackend(), { clock: () => now })
    const lease = await store.lease('republisher', 1000)
    expect(lease).toBeDefined()
    expect(await store.lease('republisher', 1000)).toBeUndefined()
    expect(await store.lease('sweeper', 1000)).toBeDefined()
    now += 900_000_000n
    expect(await lease?.renew(1000)).toBe(true)
    now += 900_000_000n
    expect(await store.lease('republisher', 1000)).toBeUndefined()
    await lease?.release()
    const second = await store.lease('republisher', 1000)
    expect(second).toBeDefined()
    now += 1_001_000_000n
    expect(await store.lease('republisher', 1000)).toBeDefined()
    expect(await second?.renew(1000)).toBe(false)
  })

  test('without a name or with a time that is not above 0 is INVALID_ARGUMENT', async () => {
    const store = createStore(new MapBackend())
    await expect(store.lease('', 1000)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(store.lease('a', -1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const lease = await store.lease('a', 1000)
    await expect(lease?.renew(Number.NaN)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await store.lease('a', 1000)).toBeUndefined()
  })
})
