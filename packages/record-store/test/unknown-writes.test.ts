import { createStore } from '@recordkit/record-store'
import { RecordError } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import { FakeTimer, flush } from './fake-timer.ts'
import { MapBackend } from '@recordkit/record-store/internal'
import { record, startTime, text } from './records.ts'

describe('a write whose result is lost', () => {
  test('is STORE_UNKNOWN, and the same put again finds out that it happened', async () => {
    const backend = new MapBackend()
    const store = createStore(backend, { clock: () => startTime })
    backend.fail('after write', new Error('connection reset'))
    await expect(store.put(record('/k', 'a', 1), { ifRank: null })).rejects.toMatchObject({
      code: 'STORE_UNKNOWN',
      message: expect.stringContaining('connection reset') as unknown
    })
    backend.fail('after write', undefined)
    expect((await store.put(record('/k', 'a', 1), { ifRank: null })).status).toBe('refreshed')
  })

  test('is STORE_UNKNOWN for batches and deletes too', async () => {
    const backend = new MapBackend()
    const store = createStore(backend, { clock: () => startTime })
    await store.put(record('/k', 'a', 1))
    backend.fail('after write', new Error('connection reset'))
    await expect(store.delete(text('/k'))).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    await expect(store.batch([{ type: 'put', record: record('/j', 'a', 1) }])).rejects.toMatchObject({
      code: 'STORE_UNKNOWN'
    })
    expect(await store.has(text('/k'))).toBe(false)
  })

  test('is STORE_UNKNOWN after an earlier key of the same batch was written alone', async () => {
    const backend = new MapBackend()
    Object.assign(backend.capabilities, { atomicBatch: false })
    const store = createStore(backend, { clock: () => startTime })
    const operations = ['/a', '/b'].map((key) => ({ type: 'put', record: record(key, 'a', 1) }) as const)
    const write = backend.write.bind(backend)
    backend.write = async (changes) => {
      const isWritten = await write(changes)
      backend.fail('before write', new RecordError('STORE_IO', 'the disk is full'))
      return isWritten
    }
    await expect(store.batch(operations)).rejects.toMatchObject({
      code: 'STORE_UNKNOWN',
      message: '1 of 2 keys were written; then the storage failed: the disk is full'
    })
    backend.fail('before write', undefined)
    const results = await store.batch(operations)
    expect(results.map((result) => 'status' in result && result.status)).toEqual(['refreshed', 'stored'])
  })

  test('is STORE_IO when the backend says that nothing was changed', async () => {
    const backend = new MapBackend()
    const store = createStore(backend, { clock: () => startTime })
    backend.fail('before write', new RecordError('STORE_IO', 'the disk is full'))
    await expect(store.put(record('/k', 'a', 1))).rejects.toMatchObject({ code: 'STORE_IO' })
    backend.fail('read', new Error('bad sector'))
    await expect(store.get(text('/k'))).rejects.toMatchObject({ code: 'STORE_IO' })
  })
})

describe('a medium that does not answer', () => {
  test('ends a write with STORE_UNKNOWN after the timeout', async () => {
    const backend = new MapBackend()
    const timer = new FakeTimer()
    const store = createStore(backend, { clock: () => startTime, setTimer: timer.setTimer, timeout: 1000 })
    backend.fail('before write', 'hang')
    const put = store.put(record('/k', 'a', 1)).catch((error: unknown) => error)
    await timer.advance(1000)
    expect(await put).toMatchObject({ code: 'STORE_UNKNOWN', message: expect.stringContaining('1000 ms') as unknown })
  })

  test('ends a read with TIMEOUT after the timeout', async () => {
    const backend = new MapBackend()
    const timer = new FakeTimer()
    const store = createStore(backend, { setTimer: timer.setTimer, timeout: 1000 })
    backend.fail('read', 'hang')
    const get = store.get(text('/k')).catch((error: unknown) => error)
    await timer.advance(1000)
    expect(await get).toMatchObject({ code: 'TIMEOUT' })
  })

  test('delays the next put of the key by the timeout only', async () => {
    const backend = new MapBackend()
    const timer = new FakeTimer()
    const store = createStore(backend, { clock: () => startTime, setTimer: timer.setTimer, timeout: 1000 })
    backend.fail('before write', 'hang')
    const first = store.put(record('/k', 'a', 1)).catch((error: unknown) => error)
    await flush()
    const second = store.put(record('/k', 'b', 2))
    await flush()
    backend.fail('before write', undefined)
    await timer.advance(1000)
    expect(await first).toMatchObject({ code: 'STORE_UNKNOWN' })
    expect((await second).status).toBe('stored')
  })

  test('ends a call whose signal is aborted during the write by the timeout', async () => {
    const backend = new MapBackend()
    const timer = new FakeTimer()
    const store = createStore(backend, { clock: () => startTime, setTimer: timer.setTimer, timeout: 1000 })
    backend.fail('before write', 'hang')
    const abort = new AbortController()
    const put = store.put(record('/k', 'a', 1), { signal: abort.signal }).catch((error: unknown) => error)
    await flush()
    abort.abort(new Error('the caller left'))
    await timer.advance(1000)
    expect(await put).toMatchObject({ code: 'STORE_UNKNOWN' })
  })

  test('does not keep close from ending', async () => {
    const backend = new MapBackend()
    const timer = new FakeTimer()
    const store = createStore(backend, { clock: () => startTime, setTimer: timer.setTimer, timeout: 1000 })
    backend.fail('before write', 'hang')
    const put = store.put(record('/k', 'a', 1)).catch((error: unknown) => error)
    await flush()
    const closed = store.close()
    await timer.advance(1000)
    await closed
    expect(await put).toMatchObject({ code: 'STORE_UNKNOWN' })
  })

  test('leaves no timer behind when it answers', async () => {
    const timer = new FakeTimer()
    const store = createStore(new MapBackend(), { clock: () => startTime, setTimer: timer.setTimer })
    await store.put(record('/k', 'a', 1))
    await store.get(text('/k'))
    await store.close()
    expect(timer.waiting).toBe(0)
  })
})
