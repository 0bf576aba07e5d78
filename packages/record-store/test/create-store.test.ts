import { describe, expect, test, vi } from 'vitest'
import { createStore } from '@recordkit/record-store'
import { day } from '@recordkit/testing'
import { RecordError } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type {
  EntryKind,
  HighWaterMark,
  ScanRange,
  StoreBackend,
  StoreChange,
  StoredRecord,
  StoreEntry,
  StoreStats
} from '@recordkit/record-store'
import { rank } from './records.ts'

const now = 1000n * day

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function record(key: string, order: number, more: Partial<StoredRecord> = {}): StoredRecord {
  return { key: bytes(key), value: bytes('v'), rank: rank(order, 'v'), timeReceived: now, ...more }
}

/** A backend in a map. Tests spy on its calls, delay them and make them fail. */
class Backend implements StoreBackend {
  readonly capabilities = {
    durable: false,
    expiryIndex: true,
    snapshot: false,
    multiProcess: false,
    persistent: false,
    atomicBatch: true
  }
  readonly entries = new Map<string, StoreEntry>()

  read(keys: readonly Uint8Array[]): StoreEntry[] | Promise<StoreEntry[]> {
    return keys.map((key) => this.entries.get(mapKey(key)) ?? {})
  }

  write(changes: readonly StoreChange[]): boolean | Promise<boolean> {
    for (const { key, next } of changes) this.entries.set(mapKey(key), next)
    return true
  }

  scan(_kind: EntryKind, _range: ScanRange): Iterable<StoreEntry> {
    return this.entries.values()
  }

  expired(_now: bigint, limit: number): Uint8Array[] {
    const keys: Uint8Array[] = []
    for (const { record: stored, mark } of this.entries.values()) {
      if (stored?.expires !== undefined && stored.expires < now) keys.push(stored.key)
      else if (mark !== undefined && mark.until < now) keys.push(mark.key)
    }
    return keys.slice(0, limit)
  }

  stats(): StoreStats {
    return { entries: this.entries.size, bytes: 0, marks: 0, publications: 0 }
  }

  close(): void | Promise<void> {}
}

const clock = (): bigint => now

/** A promise and the functions that settle it. */
function pending<Value>(): {
  promise: Promise<Value>
  resolve: (value: Value) => void
  reject: (error: Error) => void
} {
  let resolve: (value: Value) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

/** Waits until everything that waits for promises alone has run. */
async function flushMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

describe('a store calls its backend only when needed', () => {
  test('reads many keys in one call, and reads nothing for no keys or an invalid key', async () => {
    const backend = new Backend()
    const read = vi.spyOn(backend, 'read')
    const store = createStore(backend, { clock })
    expect(await store.getMany([])).toEqual([])
    expect(await store.batch([])).toEqual([])
    expect(read).toHaveBeenCalledTimes(0)
    await store.getMany([bytes('/a'), bytes('/b'), bytes('/a')])
    expect(read.mock.calls).toEqual([[[bytes('/a'), bytes('/b'), bytes('/a')]]])
    await expect(store.getMany([bytes('/a'), bytes('')])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(read).toHaveBeenCalledTimes(1)
  })

  test('writes all changes in one call, and makes no call when nothing changes', async () => {
    const backend = new Backend()
    const write = vi.spyOn(backend, 'write')
    const store = createStore(backend, { clock })
    await store.put(record('/a', 5))
    expect(write).toHaveBeenCalledTimes(1)
    await store.put(record('/a', 5))
    await store.put(record('/a', 4))
    await store.delete(bytes('/b'))
    await store.delete(bytes('/a'), { ifRank: rank(1, 'other') })
    expect(write).toHaveBeenCalledTimes(1)
    await store.batch([
      { type: 'put', record: record('/a', 4) },
      { type: 'put', record: record('/b', 1) },
      { type: 'delete', key: bytes('/c') },
      { type: 'put', record: record('/d', 1) },
      { type: 'put', record: record('/d', 2) }
    ])
    expect(write).toHaveBeenCalledTimes(2)
    expect(write.mock.calls[1]?.[0].map(({ key, next }) => [key, next.record?.rank])).toEqual([
      [bytes('/b'), rank(1, 'v')],
      [bytes('/d'), rank(2, 'v')]
    ])
  })

  test('passes a limit only when the query has one, and does not scan an empty range', async () => {
    const backend = new Backend()
    const scan = vi.spyOn(backend, 'scan')
    const store = createStore(backend, { clock })
    const all = async (query: Parameters<typeof store.iterate>[0]): Promise<void> => {
      for await (const _ of store.iterate(query));
    }
    await all({ limit: 0 })
    await all({ start: bytes('/b'), end: bytes('/a') })
    expect(scan).toHaveBeenCalledTimes(0)
    await all({})
    await all({ limit: 3, reverse: true, start: bytes('/a') })
    for await (const _ of store.marks({ prefix: bytes('/a') }));
    expect(scan.mock.calls).toEqual([
      ['records', { reverse: false }],
      ['records', { reverse: true, limit: 3, start: bytes('/a') }],
      ['marks', { reverse: false, start: bytes('/a'), end: bytes('/b') }]
    ])
    expect('limit' in (scan.mock.calls[0]?.[1] ?? {})).toBe(false)
  })
})

test('a store returns a frozen copy of the capabilities of its backend', () => {
  const backend = new Backend()
  const { capabilities } = createStore(backend)
  expect(capabilities).toEqual(backend.capabilities)
  expect(capabilities).not.toBe(backend.capabilities)
  expect(Object.isFrozen(capabilities)).toBe(true)
})

describe('a write that conflicts with another process', () => {
  test('is decided again on the changed entry', async () => {
    const backend = new Backend()
    const store = createStore(backend, { clock })
    const write = vi.spyOn(backend, 'write').mockImplementationOnce(() => {
      backend.entries.set(mapKey(bytes('/a')), { record: record('/a', 7) })
      return false
    })
    expect(await store.put(record('/a', 5))).toEqual({ status: 'stale', previous: record('/a', 7) })
    expect(write).toHaveBeenCalledTimes(1)
  })

  test('fails with STORE_CONTENDED after 64 attempts', async () => {
    const backend = new Backend()
    const store = createStore(backend, { clock, random: () => 0 })
    const write = vi.spyOn(backend, 'write').mockReturnValue(false)
    await expect(store.put(record('/a', 5))).rejects.toMatchObject({ code: 'STORE_CONTENDED' })
    expect(write).toHaveBeenCalledTimes(64)
    write.mockRestore()
    expect((await store.put(record('/a', 5))).status).toBe('stored')
  })

  test('is not attempted again after the signal aborts', async () => {
    const backend = new Backend()
    const store = createStore(backend, { clock })
    const controller = new AbortController()
    const reason = new Error('aborted')
    const write = vi.spyOn(backend, 'write').mockImplementation(() => {
      controller.abort(reason)
      return false
    })
    await expect(store.put(record('/a', 5), { signal: controller.signal })).rejects.toBe(reason)
    await flushMicrotasks()
    expect(write).toHaveBeenCalledTimes(1)
  })
})

describe('a call whose signal aborts', () => {
  test('rejects immediately and writes nothing when it aborts during the read', async () => {
    const backend = new Backend()
    const reading = pending<StoreEntry[]>()
    vi.spyOn(backend, 'read').mockReturnValueOnce(reading.promise)
    const write = vi.spyOn(backend, 'write')
    const store = createStore(backend, { clock })
    const controller = new AbortController()
    const reason = new Error('aborted')
    const put = store.put(record('/a', 5), { signal: controller.signal })
    await flushMicrotasks()
    controller.abort(reason)
    await expect(put).rejects.toBe(reason)
    reading.resolve([{}])
    await flushMicrotasks()
    expect(write).toHaveBeenCalledTimes(0)
    // the lock of its key is released
    expect((await store.put(record('/a', 5))).status).toBe('stored')
  })

  test('rejects immediately when it aborts before the backend has returned', async () => {
    const backend = new Backend()
    const controller = new AbortController()
    const reason = new Error('aborted')
    vi.spyOn(backend, 'read').mockImplementation(() => {
      controller.abort(reason)
      return pending<StoreEntry[]>().promise
    })
    await expect(createStore(backend).get(bytes('/a'), { signal: controller.signal })).rejects.toBe(reason)
  })

  test('waits for the result when it aborts during the write', async () => {
    const backend = new Backend()
    const writing = pending<boolean>()
    vi.spyOn(backend, 'write').mockReturnValueOnce(writing.promise)
    const store = createStore(backend, { clock })
    const controller = new AbortController()
    const put = store.put(record('/a', 5), { signal: controller.signal })
    await flushMicrotasks()
    controller.abort(new Error('too late'))
    let settled = false
    void put.then(() => (settled = true))
    await flushMicrotasks()
    expect(settled).toBe(false)
    writing.resolve(true)
    expect((await put).status).toBe('stored')
  })
})

describe('a sweep', () => {
  test('removes all expired records, at most 256 at a time', async () => {
    const backend = new Backend()
    for (let index = 0; index < 700; index++)
      backend.entries.set(mapKey(bytes(`/${index}`)), { record: record(`/${index}`, 1, { expires: 1n }) })
    const expired = vi.spyOn(backend, 'expired')
    const store = createStore(backend, { clock })
    expect(await store.sweep()).toBe(700)
    for (const [, limit] of expired.mock.calls) expect(limit).toBeLessThanOrEqual(256)
    expect(await store.sweep()).toBe(0)
  })

  test('removes no more records than its limit, and requests no more from the backend', async () => {
    const backend = new Backend()
    for (let index = 0; index < 20; index++)
      backend.entries.set(mapKey(bytes(`/${index}`)), { record: record(`/${index}`, 1, { expires: 1n }) })
    const expired = vi.spyOn(backend, 'expired')
    const store = createStore(backend, { clock })
    expect(await store.sweep({ limit: 0 })).toBe(0)
    expect(expired).toHaveBeenCalledTimes(0)
    expect(await store.sweep({ limit: 7 })).toBe(7)
    expect(expired.mock.calls).toEqual([[now, 7]])
    expect(await store.sweep({ limit: 100 })).toBe(13)
  })

  test('stops at its limit when the limit is not a multiple of 256', async () => {
    const backend = new Backend()
    for (let index = 0; index < 700; index++)
      backend.entries.set(mapKey(bytes(`/${index}`)), { record: record(`/${index}`, 1, { expires: 1n }) })
    const store = createStore(backend, { clock })
    expect(await store.sweep({ limit: 300 })).toBe(300)
    expect(await store.sweep()).toBe(400)
  })

  test('counts removed records and does not count removed marks', async () => {
    const backend = new Backend()
    for (const key of ['/a', '/b', '/c'])
      backend.entries.set(mapKey(bytes(key)), { mark: { key: bytes(key), rank: bytes('r'), until: now - 1n } })
    for (const key of ['/d', '/e']) backend.entries.set(mapKey(bytes(key)), { record: record(key, 1, { expires: 1n }) })
    expect(await createStore(backend, { clock }).sweep({ limit: 2 })).toBe(2)
    expect([...backend.entries.values()].map(({ mark }) => mark?.key)).toEqual([
      undefined,
      undefined,
      undefined,
      bytes('/d'),
      bytes('/e')
    ])
  })

  test('continues after keys that the backend reports as expired and that do not exist', async () => {
    const backend = new Backend()
    const missing = Array.from({ length: 300 }, (_, index) => bytes(`/gone/${index}`))
    backend.entries.set(mapKey(bytes('/last')), { record: record('/last', 1, { expires: 1n }) })
    vi.spyOn(backend, 'expired').mockImplementation((_now, limit) => {
      const exists = backend.entries.get(mapKey(bytes('/last')))?.record !== undefined
      return [...missing, ...(exists ? [bytes('/last')] : [])].slice(0, limit)
    })
    expect(await createStore(backend, { clock }).sweep()).toBe(1)
  })

  test('does not remove entries that cannot be decoded', async () => {
    const backend = new Backend()
    const entry = { corrupt: new Error('damaged'), record: record('/a', 1, { expires: 1n }) }
    backend.entries.set(mapKey(bytes('/a')), entry)
    expect(await createStore(backend, { clock }).sweep()).toBe(0)
    expect(backend.entries.get(mapKey(bytes('/a')))).toBe(entry)
  })
})

describe('an entry that cannot be decoded', () => {
  const damaged = new Error('damaged')

  test('throws STORE_CORRUPT with its cause, or the STORE_CORRUPT error of the backend', async () => {
    const backend = new Backend()
    const own = new RecordError('STORE_CORRUPT', 'message of the backend')
    backend.entries.set(mapKey(bytes('/a')), { corrupt: damaged })
    backend.entries.set(mapKey(bytes('/b')), { corrupt: own })
    const store = createStore(backend, { clock })
    await expect(store.get(bytes('/a'))).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      cause: damaged,
      message: expect.stringContaining('damaged') as string
    })
    await expect(store.mark(bytes('/a'))).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    await expect(store.get(bytes('/b'))).rejects.toBe(own)
  })

  test('is reported to onCorrupt and counts as absent', async () => {
    const backend = new Backend()
    backend.entries.set(mapKey(bytes('/a')), { corrupt: damaged })
    backend.entries.set(mapKey(bytes('/b')), { record: record('/b', 1) })
    // its decoded part is not returned either
    backend.entries.set(mapKey(bytes('/c')), { corrupt: damaged, record: record('/c', 1) })
    const reported: RecordError[] = []
    const store = createStore(backend, { clock, onCorrupt: (error) => reported.push(error) })
    expect(await store.getMany([bytes('/a'), bytes('/b')])).toEqual([undefined, record('/b', 1)])
    expect(await store.has(bytes('/c'))).toBe(false)
    expect(await store.mark(bytes('/a'))).toBeUndefined()
    const found: StoredRecord[] = []
    for await (const each of store.iterate()) found.push(each)
    expect(found).toEqual([record('/b', 1)])
    expect(reported.map(({ code, cause }) => [code, cause])).toEqual(
      Array.from({ length: 5 }, () => ['STORE_CORRUPT', damaged])
    )
  })
})

describe('closing a store', () => {
  test('waits for running calls, closes the backend once, and rejects when that fails', async () => {
    const backend = new Backend()
    const reading = pending<StoreEntry[]>()
    vi.spyOn(backend, 'read').mockReturnValueOnce(reading.promise)
    const cause = new Error('cannot close')
    const close = vi.spyOn(backend, 'close').mockImplementation(() => {
      throw cause
    })
    const store = createStore(backend, { clock })
    const get = store.get(bytes('/a'))
    const closing = store.close()
    expect(store.close()).toBe(closing)
    expect(store[Symbol.asyncDispose]()).toBe(closing)
    closing.catch(() => {})
    await flushMicrotasks()
    expect(close).toHaveBeenCalledTimes(0)
    await expect(store.get(bytes('/b'))).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    reading.resolve([{ record: record('/a', 1) }])
    expect(await get).toEqual(record('/a', 1))
    await expect(closing).rejects.toMatchObject({ code: 'STORE_IO', cause })
    expect(close).toHaveBeenCalledTimes(1)
  })

  test('waits for the read of an aborted call', async () => {
    const backend = new Backend()
    const reading = pending<StoreEntry[]>()
    vi.spyOn(backend, 'read').mockReturnValueOnce(reading.promise)
    const close = vi.spyOn(backend, 'close')
    const store = createStore(backend, { clock })
    const controller = new AbortController()
    const get = store.get(bytes('/a'), { signal: controller.signal })
    controller.abort(new Error('aborted'))
    await expect(get).rejects.toThrow('aborted')
    const closing = store.close()
    await flushMicrotasks()
    expect(close).toHaveBeenCalledTimes(0)
    reading.reject(new Error('ignored'))
    await closing
    expect(close).toHaveBeenCalledTimes(1)
  })

  test('closes the iterators of the backend before the backend', async () => {
    const backend = new Backend()
    for (const key of ['/a', '/b']) backend.entries.set(mapKey(bytes(key)), { record: record(key, 1) })
    const order: string[] = []
    vi.spyOn(backend, 'scan').mockImplementation(function* () {
      try {
        yield* backend.entries.values()
      } finally {
        order.push('iterator')
      }
    } as () => Iterable<StoreEntry>)
    vi.spyOn(backend, 'close').mockImplementation(() => {
      order.push('backend')
    })
    const store = createStore(backend, { clock })
    const iteration = store.iterate()
    expect((await iteration.next()).value).toEqual(record('/a', 1))
    await store.close()
    expect(order).toEqual(['iterator', 'backend'])
    await expect(iteration.next()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })
})

describe('an iteration', () => {
  /** Counts how many iterators of the backend were closed. */
  function countReturns(backend: Backend): { returned: () => number } {
    let returned = 0
    vi.spyOn(backend, 'scan').mockImplementation(function* () {
      try {
        yield* backend.entries.values()
      } finally {
        returned++
      }
    } as () => Iterable<StoreEntry>)
    return { returned: () => returned }
  }

  function filledBackend(): Backend {
    const backend = new Backend()
    for (const key of ['/a', '/b', '/c']) backend.entries.set(mapKey(bytes(key)), { record: record(key, 1) })
    return backend
  }

  test('closes the iterator of the backend when it returns the last record of its limit', async () => {
    const backend = filledBackend()
    const { returned } = countReturns(backend)
    const iteration = createStore(backend, { clock }).iterate({ limit: 2 })
    await iteration.next()
    expect(returned()).toBe(0)
    expect((await iteration.next()).value).toEqual(record('/b', 1))
    expect(returned()).toBe(1)
    expect(await iteration.next()).toEqual({ done: true, value: undefined })
    expect(returned()).toBe(1)
  })

  test('does not scan a closed backend', async () => {
    const backend = filledBackend()
    const scan = vi.spyOn(backend, 'scan')
    const store = createStore(backend, { clock })
    const iteration = store.iterate()
    await store.close()
    await expect(iteration.next()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    expect(scan).toHaveBeenCalledTimes(0)
  })

  test('ends when it is disposed, before or after its first step', async () => {
    const backend = filledBackend()
    const { returned } = countReturns(backend)
    const store = createStore(backend, { clock })
    const started = store.iterate()
    await started.next()
    await (started as AsyncIterableIterator<StoredRecord> & AsyncDisposable)[Symbol.asyncDispose]()
    expect(returned()).toBe(1)
    expect(await started.next()).toEqual({ done: true, value: undefined })
    const fresh = store.iterate()
    expect(await fresh.return?.()).toEqual({ done: true, value: undefined })
    expect(await fresh.next()).toEqual({ done: true, value: undefined })
    expect(returned()).toBe(1)
  })

  test('does not count skipped records against its limit', async () => {
    const backend = filledBackend()
    backend.entries.set(mapKey(bytes('/a')), { record: record('/a', 1, { expires: 1n }) })
    const found: StoredRecord[] = []
    for await (const each of createStore(backend, { clock }).iterate({ limit: 2 })) found.push(each)
    expect(found).toEqual([record('/b', 1), record('/c', 1)])
  })

  test('runs concurrent steps one after another', async () => {
    const backend = filledBackend()
    const iteration = createStore(backend, { clock }).iterate()
    const steps = await Promise.all([iteration.next(), iteration.next(), iteration.return?.(), iteration.next()])
    expect(steps).toEqual([
      { done: false, value: record('/a', 1) },
      { done: false, value: record('/b', 1) },
      { done: true, value: undefined },
      { done: true, value: undefined }
    ])
  })

  test('throws an error of the backend once, as STORE_IO, also when closing the iterator fails', async () => {
    const backend = filledBackend()
    const cause = new Error('read failed')
    const iterator = {
      next: (): IteratorResult<StoreEntry> => {
        throw cause
      },
      return: (): IteratorResult<StoreEntry> => {
        throw new Error('cannot be closed either')
      }
    }
    vi.spyOn(backend, 'scan').mockReturnValue({ [Symbol.iterator]: () => iterator })
    const iteration = createStore(backend, { clock }).iterate()
    await expect(iteration.next()).rejects.toMatchObject({ code: 'STORE_IO', cause })
    expect(await iteration.next()).toEqual({ done: true, value: undefined })
    // a scan that cannot start
    vi.spyOn(backend, 'scan').mockImplementation(() => {
      throw cause
    })
    await expect(createStore(backend, { clock }).iterate().next()).rejects.toMatchObject({ code: 'STORE_IO', cause })
  })

  test('rejects when its signal aborts while the backend does not respond', async () => {
    const backend = filledBackend()
    const hanging = { next: () => pending<IteratorResult<StoreEntry>>().promise }
    vi.spyOn(backend, 'scan').mockReturnValue({ [Symbol.asyncIterator]: () => hanging } as never)
    const controller = new AbortController()
    const reason = new Error('aborted')
    const step = createStore(backend, { clock }).iterate({}, { signal: controller.signal }).next()
    await flushMicrotasks()
    controller.abort(reason)
    await expect(step).rejects.toBe(reason)
  })

  test('rejects with STORE_CLOSED when the store is closed during a step', async () => {
    const backend = filledBackend()
    const waiting = pending<IteratorResult<StoreEntry>>()
    const iterator = { next: () => waiting.promise }
    vi.spyOn(backend, 'scan').mockReturnValue({ [Symbol.asyncIterator]: () => iterator } as never)
    const store = createStore(backend, { clock })
    const step = store.iterate().next()
    step.catch(() => {})
    await flushMicrotasks()
    const closing = store.close()
    waiting.resolve({ done: false, value: { record: record('/a', 1) } })
    await expect(step).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    await closing
  })
})

test('a store keeps no reference to an iteration that has ended', async () => {
  const added = vi.spyOn(Set.prototype, 'add')
  try {
    const backend = new Backend()
    backend.entries.set(mapKey(bytes('/a')), { record: record('/a', 1) })
    const store = createStore(backend, { clock })
    for (const end of [0, 1, 2]) {
      added.mockClear()
      const iteration = store.iterate()
      await iteration.next()
      const sets = added.mock.contexts.filter((_set, call) => added.mock.calls[call]?.[0] === iteration)
      expect(sets.map((set) => (set as Set<unknown>).size)).toEqual([1])
      if (end === 0) await iteration.return?.()
      else if (end === 1) await iteration.next()
      else await store.close()
      expect(sets.map((set) => (set as Set<unknown>).size)).toEqual([0])
    }
  } finally {
    added.mockRestore()
  }
})

test('a mark is returned up to and including its last instant', async () => {
  const backend = new Backend()
  for (const [key, until] of [
    ['/a', now],
    ['/b', now - 1n]
  ] as const)
    backend.entries.set(mapKey(bytes(key)), { mark: { key: bytes(key), rank: bytes('r'), until } })
  const store = createStore(backend, { clock })
  expect((await store.mark(bytes('/a')))?.until).toBe(now)
  expect(await store.mark(bytes('/b'))).toBeUndefined()
  const found: HighWaterMark[] = []
  for await (const mark of store.marks()) found.push(mark)
  expect(found.map(({ key }) => key)).toEqual([bytes('/a')])
})

test('an iteration rejects a signal of the wrong type', async () => {
  const store = createStore(new Backend(), { clock })
  for (const signal of [null, 7, {}])
    await expect(store.iterate({}, { signal: signal as never }).next()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT'
    })
})

test('a call removes its listener from its signal', async () => {
  const backend = new Backend()
  const store = createStore(backend, { clock })
  const { signal } = new AbortController()
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  await store.put(record('/a', 1), { signal })
  await store.get(bytes('/a'), { signal })
  vi.spyOn(backend, 'read').mockImplementation(() => {
    throw new Error('read failed')
  })
  await expect(store.get(bytes('/a'), { signal })).rejects.toMatchObject({ code: 'STORE_IO' })
  expect(added).toHaveBeenCalledTimes(3)
  expect(removed.mock.calls.map(([type, listener]) => [type, listener])).toEqual(
    added.mock.calls.map(([type, listener]) => [type, listener])
  )
})

test('a value that a backend throws becomes the cause of STORE_IO, and a RecordError is rethrown unchanged', async () => {
  const backend = new Backend()
  vi.spyOn(backend, 'stats').mockImplementation(() => {
    throw 'out of memory'
  })
  await expect(createStore(backend).stats()).rejects.toMatchObject({
    code: 'STORE_IO',
    cause: 'out of memory',
    message: expect.stringContaining('out of memory') as string
  })
  const own = new RecordError('STORE_CORRUPT', 'message of the backend')
  vi.spyOn(backend, 'stats').mockImplementation(() => {
    throw own
  })
  await expect(createStore(backend).stats()).rejects.toBe(own)
})

test('a store names the limit that it rejects, and shows its value', async () => {
  for (const [value, shown] of [
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    [5n, 'the bigint 5n'],
    ['5', 'a string']
  ] as const) {
    const error = (name: string): unknown =>
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: `${name} is ${shown}; a whole number of at least 0 is expected`
      })
    for (const name of ['key', 'value']) {
      expect(() => createStore(new Backend(), { limits: { [name]: value as number } })).toThrow(error(`limits.${name}`))
    }
    await expect(createStore(new Backend()).sweep({ limit: value as number })).rejects.toEqual(error('limit'))
  }
  const store = createStore(new Backend(), { limits: { key: undefined, value: 1 } })
  await expect(store.put(record('/a', 1, { value: bytes('ab') }))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})
