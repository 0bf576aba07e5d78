import { describe, expect, test, vi } from 'vitest'
import { createStore } from '@recordkit/record-store'
import { day } from '@recordkit/testing'
import { RecordError } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type {
  HighWaterMark,
  ScanRange,
  StoreBackend,
  StoreChange,
  StoredRecord,
  StoreEntry
} from '@recordkit/record-store'

const now = 1000n * day

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function record(key: string, rank: number, more: Partial<StoredRecord> = {}): StoredRecord {
  return { key: bytes(key), value: bytes('v'), rank: Uint8Array.of(rank), timeReceived: now, ...more }
}

/** A backend in a map whose every call can be watched, held up and made to fail. */
class Backend implements StoreBackend {
  readonly capabilities = {
    durable: false,
    expiryIndex: true,
    snapshot: false,
    multiProcess: false,
    persistent: false
  }
  readonly entries = new Map<string, StoreEntry>()

  read(keys: readonly Uint8Array[]): StoreEntry[] | Promise<StoreEntry[]> {
    return keys.map((key) => this.entries.get(mapKey(key)) ?? {})
  }

  write(changes: readonly StoreChange[]): boolean | Promise<boolean> {
    for (const { key, next } of changes) this.entries.set(mapKey(key), next)
    return true
  }

  scan(_kind: 'records' | 'marks', _range: ScanRange): Iterable<StoreEntry> {
    return this.entries.values()
  }

  expired(_now: bigint, limit: number): Uint8Array[] {
    const keys: Uint8Array[] = []
    for (const { record: held, mark } of this.entries.values()) {
      if (held?.expires !== undefined && held.expires < now) keys.push(held.key)
      else if (mark !== undefined && mark.until < now) keys.push(mark.key)
    }
    return keys.slice(0, limit)
  }

  excessMarks(_limit: number): readonly HighWaterMark[] {
    return []
  }

  stats(): { entries: number; bytes: number; marks: number } {
    return { entries: this.entries.size, bytes: 0, marks: 0 }
  }

  close(): void | Promise<void> {}
}

const clock = (): bigint => now

/** A promise that ends when it is told to. */
function pending<Value>(): {
  promise: Promise<Value>
  resolve: (value: Value) => void
  reject: (error: Error) => void
} {
  let resolve: (value: Value) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** Lets everything that waits for nothing but turns go on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

describe('a guarded store asks its backend for no more than it needs', () => {
  test('nothing for no keys, one read for many, and none for what is refused', async () => {
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

  test('no write where nothing changes, one for all that does', async () => {
    const backend = new Backend()
    const write = vi.spyOn(backend, 'write')
    const store = createStore(backend, { clock })
    await store.put(record('/a', 5))
    expect(write).toHaveBeenCalledTimes(1)
    await store.put(record('/a', 5))
    await store.put(record('/a', 4))
    await store.delete(bytes('/b'))
    await store.delete(bytes('/a'), { ifValue: bytes('other') })
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
      [bytes('/b'), Uint8Array.of(1)],
      [bytes('/d'), Uint8Array.of(2)]
    ])
  })

  test('a limit where there is one, and no scan where nothing can be', async () => {
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

test('what the backend can do is said as it is, and cannot be changed', () => {
  const backend = new Backend()
  const { capabilities } = createStore(backend)
  expect(capabilities).toEqual(backend.capabilities)
  expect(capabilities).not.toBe(backend.capabilities)
  expect(Object.isFrozen(capabilities)).toBe(true)
})

describe('a write that another process came before', () => {
  test('is decided anew on what is there by then', async () => {
    const backend = new Backend()
    const store = createStore(backend, { clock })
    const write = vi.spyOn(backend, 'write').mockImplementationOnce(() => {
      backend.entries.set(mapKey(bytes('/a')), { record: record('/a', 7) })
      return false
    })
    expect(await store.put(record('/a', 5))).toEqual({ status: 'stale', previous: record('/a', 7) })
    expect(write).toHaveBeenCalledTimes(1)
  })

  test('is given up with STORE_CONTENDED after 16 times', async () => {
    const backend = new Backend()
    const store = createStore(backend, { clock })
    const write = vi.spyOn(backend, 'write').mockReturnValue(false)
    await expect(store.put(record('/a', 5))).rejects.toMatchObject({ code: 'STORE_CONTENDED' })
    expect(write).toHaveBeenCalledTimes(16)
    write.mockRestore()
    expect((await store.put(record('/a', 5))).status).toBe('stored')
  })

  test('may be left when the signal aborts', async () => {
    const backend = new Backend()
    const store = createStore(backend, { clock })
    const controller = new AbortController()
    const reason = new Error('enough')
    const write = vi.spyOn(backend, 'write').mockImplementation(() => {
      controller.abort(reason)
      return false
    })
    await expect(store.put(record('/a', 5), { signal: controller.signal })).rejects.toBe(reason)
    await turns()
    expect(write).toHaveBeenCalledTimes(1)
  })
})

describe('a call whose signal aborts', () => {
  test('writes nothing when that is while it reads, and leaves at once', async () => {
    const backend = new Backend()
    const reading = pending<StoreEntry[]>()
    vi.spyOn(backend, 'read').mockReturnValueOnce(reading.promise)
    const write = vi.spyOn(backend, 'write')
    const store = createStore(backend, { clock })
    const controller = new AbortController()
    const reason = new Error('enough')
    const put = store.put(record('/a', 5), { signal: controller.signal })
    await turns()
    controller.abort(reason)
    await expect(put).rejects.toBe(reason)
    reading.resolve([{}])
    await turns()
    expect(write).toHaveBeenCalledTimes(0)
    // and its key is free
    expect((await store.put(record('/a', 5))).status).toBe('stored')
  })

  test('leaves at once when that is before the backend has answered at all', async () => {
    const backend = new Backend()
    const controller = new AbortController()
    const reason = new Error('enough')
    vi.spyOn(backend, 'read').mockImplementation(() => {
      controller.abort(reason)
      return pending<StoreEntry[]>().promise
    })
    await expect(createStore(backend).get(bytes('/a'), { signal: controller.signal })).rejects.toBe(reason)
  })

  test('waits for what becomes of what is being written', async () => {
    const backend = new Backend()
    const writing = pending<boolean>()
    vi.spyOn(backend, 'write').mockReturnValueOnce(writing.promise)
    const store = createStore(backend, { clock })
    const controller = new AbortController()
    const put = store.put(record('/a', 5), { signal: controller.signal })
    await turns()
    controller.abort(new Error('too late'))
    let settled = false
    void put.then(() => (settled = true))
    await turns()
    expect(settled).toBe(false)
    writing.resolve(true)
    expect((await put).status).toBe('stored')
  })
})

describe('a sweep', () => {
  test('goes through many in parts, to the last', async () => {
    const backend = new Backend()
    for (let index = 0; index < 700; index++)
      backend.entries.set(mapKey(bytes(`/${index}`)), { record: record(`/${index}`, 1, { expires: 1n }) })
    const expired = vi.spyOn(backend, 'expired')
    const store = createStore(backend, { clock })
    expect(await store.sweep()).toBe(700)
    for (const [, limit] of expired.mock.calls) expect(limit).toBeLessThanOrEqual(256)
    expect(await store.sweep()).toBe(0)
  })

  test('takes no more than it is asked to, and asks for no more', async () => {
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

  test('ends in the middle of a part where that is what it was asked for', async () => {
    const backend = new Backend()
    for (let index = 0; index < 700; index++)
      backend.entries.set(mapKey(bytes(`/${index}`)), { record: record(`/${index}`, 1, { expires: 1n }) })
    const store = createStore(backend, { clock })
    expect(await store.sweep({ limit: 300 })).toBe(300)
    expect(await store.sweep()).toBe(400)
  })

  test('counts the records that go, and lets marks go with them', async () => {
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

  test('looks behind keys that are named and have nothing to go', async () => {
    const backend = new Backend()
    const named = Array.from({ length: 300 }, (_, index) => bytes(`/gone/${index}`))
    backend.entries.set(mapKey(bytes('/last')), { record: record('/last', 1, { expires: 1n }) })
    vi.spyOn(backend, 'expired').mockImplementation((_now, limit) => {
      const there = backend.entries.get(mapKey(bytes('/last')))?.record !== undefined
      return [...named, ...(there ? [bytes('/last')] : [])].slice(0, limit)
    })
    expect(await createStore(backend, { clock }).sweep()).toBe(1)
  })

  test('leaves what cannot be read', async () => {
    const backend = new Backend()
    const entry = { corrupt: new Error('damaged'), record: record('/a', 1, { expires: 1n }) }
    backend.entries.set(mapKey(bytes('/a')), entry)
    expect(await createStore(backend, { clock }).sweep()).toBe(0)
    expect(backend.entries.get(mapKey(bytes('/a')))).toBe(entry)
  })
})

describe('marks that are too many', () => {
  const surplus: HighWaterMark = { key: bytes('/old'), rank: Uint8Array.of(1), until: now + day }

  test('are asked for after a write that adds one, and at no other time', async () => {
    const backend = new Backend()
    const asked = vi.spyOn(backend, 'excessMarks')
    const store = createStore(backend, { clock })
    await store.put(record('/a', 1))
    await store.put(record('/a', 2))
    expect(asked).toHaveBeenCalledTimes(0)
    await store.delete(bytes('/a'))
    expect(asked.mock.calls).toEqual([[256]])
    await store.put(record('/a', 2))
    await store.delete(bytes('/b'))
    expect(asked).toHaveBeenCalledTimes(1)
    // nor after one that sets a mark in place of another
    backend.entries.set(mapKey(bytes('/c')), { record: record('/c', 1), mark: { ...surplus, key: bytes('/c') } })
    expect(await store.delete(bytes('/c'))).toBe(true)
    expect(asked).toHaveBeenCalledTimes(1)
  })

  test('go until the backend names no more', async () => {
    const backend = new Backend()
    const marks = ['/m/1', '/m/2', '/m/3'].map((key): HighWaterMark => ({ ...surplus, key: bytes(key) }))
    for (const mark of marks) backend.entries.set(mapKey(mark.key), { mark })
    const asked = vi.spyOn(backend, 'excessMarks')
    asked.mockReturnValueOnce(marks.slice(0, 2)).mockReturnValueOnce(marks.slice(2))
    const store = createStore(backend, { clock })
    await store.put(record('/a', 1))
    await store.delete(bytes('/a'))
    for (const { key } of marks) expect(backend.entries.get(mapKey(key))).toEqual({})
    expect(asked).toHaveBeenCalledTimes(3)
  })

  test('that are there no more are not asked for again', async () => {
    const backend = new Backend()
    const asked = vi.spyOn(backend, 'excessMarks').mockReturnValue([surplus])
    const store = createStore(backend, { clock })
    await store.put(record('/a', 1))
    await store.delete(bytes('/a'))
    expect(asked).toHaveBeenCalledTimes(1)
  })

  test('go, those that are still what was named', async () => {
    const backend = new Backend()
    const key = mapKey(surplus.key)
    const store = createStore(backend, { clock })
    const leave = async (): Promise<void> => {
      await store.put(record('/a', 1))
      await store.delete(bytes('/a'))
    }
    for (const moved of [
      { ...surplus, until: surplus.until + 1n },
      { ...surplus, rank: Uint8Array.of(2) }
    ]) {
      backend.entries.set(key, { mark: moved })
      vi.spyOn(backend, 'excessMarks').mockReturnValueOnce([surplus])
      await leave()
      expect(backend.entries.get(key)).toEqual({ mark: moved })
    }
    // a record under the key stays
    backend.entries.set(key, { mark: surplus, record: record('/old', 3) })
    vi.spyOn(backend, 'excessMarks').mockReturnValueOnce([surplus])
    await leave()
    expect(backend.entries.get(key)).toEqual({ record: record('/old', 3) })
  })

  test('do not fail the write that was done when they cannot go', async () => {
    const backend = new Backend()
    const store = createStore(backend, { clock })
    await store.put(record('/a', 1))
    vi.spyOn(backend, 'excessMarks').mockImplementation(() => {
      throw new Error('no room')
    })
    expect(await store.delete(bytes('/a'))).toBe(true)
    // and others are tried again
    const again = vi.spyOn(backend, 'excessMarks').mockReturnValue([])
    await store.put(record('/b', 1))
    expect(await store.delete(bytes('/b'))).toBe(true)
    expect(again).toHaveBeenCalled()
  })
})

describe('what cannot be read', () => {
  const damaged = new Error('damaged')

  test('throws STORE_CORRUPT with its cause, or the error that it says', async () => {
    const backend = new Backend()
    const own = new RecordError('STORE_CORRUPT', 'own words')
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

  test('is told and passed over where somebody asks to be told', async () => {
    const backend = new Backend()
    backend.entries.set(mapKey(bytes('/a')), { corrupt: damaged })
    backend.entries.set(mapKey(bytes('/b')), { record: record('/b', 1) })
    // nor is what could be read of it handed out
    backend.entries.set(mapKey(bytes('/c')), { corrupt: damaged, record: record('/c', 1) })
    const told: RecordError[] = []
    const store = createStore(backend, { clock, onCorrupt: (error) => told.push(error) })
    expect(await store.getMany([bytes('/a'), bytes('/b')])).toEqual([undefined, record('/b', 1)])
    expect(await store.has(bytes('/c'))).toBe(false)
    expect(await store.mark(bytes('/a'))).toBeUndefined()
    const found: StoredRecord[] = []
    for await (const each of store.iterate()) found.push(each)
    expect(found).toEqual([record('/b', 1)])
    expect(told.map(({ code, cause }) => [code, cause])).toEqual(
      Array.from({ length: 5 }, () => ['STORE_CORRUPT', damaged])
    )
  })
})

describe('closing', () => {
  test('waits for what runs, closes the backend once, and says how that went', async () => {
    const backend = new Backend()
    const reading = pending<StoreEntry[]>()
    vi.spyOn(backend, 'read').mockReturnValueOnce(reading.promise)
    const cause = new Error('cannot')
    const close = vi.spyOn(backend, 'close').mockImplementation(() => {
      throw cause
    })
    const store = createStore(backend, { clock })
    const get = store.get(bytes('/a'))
    const closing = store.close()
    expect(store.close()).toBe(closing)
    expect(store[Symbol.asyncDispose]()).toBe(closing)
    closing.catch(() => {})
    await turns()
    expect(close).toHaveBeenCalledTimes(0)
    await expect(store.get(bytes('/b'))).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    reading.resolve([{ record: record('/a', 1) }])
    expect(await get).toEqual(record('/a', 1))
    await expect(closing).rejects.toMatchObject({ code: 'STORE_IO', cause })
    expect(close).toHaveBeenCalledTimes(1)
  })

  test('waits for a read that its caller gave up', async () => {
    const backend = new Backend()
    const reading = pending<StoreEntry[]>()
    vi.spyOn(backend, 'read').mockReturnValueOnce(reading.promise)
    const close = vi.spyOn(backend, 'close')
    const store = createStore(backend, { clock })
    const controller = new AbortController()
    const get = store.get(bytes('/a'), { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(get).rejects.toThrow('enough')
    const closing = store.close()
    await turns()
    expect(close).toHaveBeenCalledTimes(0)
    reading.reject(new Error('nobody hears this'))
    await closing
    expect(close).toHaveBeenCalledTimes(1)
  })

  test("ends iterations, and closes the backend's iterators before the backend", async () => {
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
  function iterated(backend: Backend): { returned: () => number } {
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

  function filled(): Backend {
    const backend = new Backend()
    for (const key of ['/a', '/b', '/c']) backend.entries.set(mapKey(bytes(key)), { record: record(key, 1) })
    return backend
  }

  test("closes the backend's iterator with the last record that was asked for", async () => {
    const backend = filled()
    const { returned } = iterated(backend)
    const iteration = createStore(backend, { clock }).iterate({ limit: 2 })
    await iteration.next()
    expect(returned()).toBe(0)
    expect((await iteration.next()).value).toEqual(record('/b', 1))
    expect(returned()).toBe(1)
    expect(await iteration.next()).toEqual({ done: true, value: undefined })
    expect(returned()).toBe(1)
  })

  test('asks a backend that is closed for nothing', async () => {
    const backend = filled()
    const scan = vi.spyOn(backend, 'scan')
    const store = createStore(backend, { clock })
    const iteration = store.iterate()
    await store.close()
    await expect(iteration.next()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    expect(scan).toHaveBeenCalledTimes(0)
  })

  test('ends when it is disposed of, begun or not', async () => {
    const backend = filled()
    const { returned } = iterated(backend)
    const store = createStore(backend, { clock })
    const begun = store.iterate()
    await begun.next()
    await (begun as AsyncIterableIterator<StoredRecord> & AsyncDisposable)[Symbol.asyncDispose]()
    expect(returned()).toBe(1)
    expect(await begun.next()).toEqual({ done: true, value: undefined })
    const fresh = store.iterate()
    expect(await fresh.return?.()).toEqual({ done: true, value: undefined })
    expect(await fresh.next()).toEqual({ done: true, value: undefined })
    expect(returned()).toBe(1)
  })

  test('counts what it gives, and not what it passes over', async () => {
    const backend = filled()
    backend.entries.set(mapKey(bytes('/a')), { record: record('/a', 1, { expires: 1n }) })
    const found: StoredRecord[] = []
    for await (const each of createStore(backend, { clock }).iterate({ limit: 2 })) found.push(each)
    expect(found).toEqual([record('/b', 1), record('/c', 1)])
  })

  test('takes one step at a time, however many are asked for at once', async () => {
    const backend = filled()
    const iteration = createStore(backend, { clock }).iterate()
    const steps = await Promise.all([iteration.next(), iteration.next(), iteration.return?.(), iteration.next()])
    expect(steps).toEqual([
      { done: false, value: record('/a', 1) },
      { done: false, value: record('/b', 1) },
      { done: true, value: undefined },
      { done: true, value: undefined }
    ])
  })

  test('throws what the backend does, once, as STORE_IO, whatever closing it says', async () => {
    const backend = filled()
    const cause = new Error('torn')
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
    // one that cannot even begin
    vi.spyOn(backend, 'scan').mockImplementation(() => {
      throw cause
    })
    await expect(createStore(backend, { clock }).iterate().next()).rejects.toMatchObject({ code: 'STORE_IO', cause })
  })

  test('leaves a backend that hangs when its signal aborts', async () => {
    const backend = filled()
    const hanging = { next: () => pending<IteratorResult<StoreEntry>>().promise }
    vi.spyOn(backend, 'scan').mockReturnValue({ [Symbol.asyncIterator]: () => hanging } as never)
    const controller = new AbortController()
    const reason = new Error('enough')
    const step = createStore(backend, { clock }).iterate({}, { signal: controller.signal }).next()
    await turns()
    controller.abort(reason)
    await expect(step).rejects.toBe(reason)
  })

  test('says that the store was closed while it waited', async () => {
    const backend = filled()
    const waiting = pending<IteratorResult<StoreEntry>>()
    const iterator = { next: () => waiting.promise }
    vi.spyOn(backend, 'scan').mockReturnValue({ [Symbol.asyncIterator]: () => iterator } as never)
    const store = createStore(backend, { clock })
    const step = store.iterate().next()
    step.catch(() => {})
    await turns()
    const closing = store.close()
    waiting.resolve({ done: false, value: { record: record('/a', 1) } })
    await expect(step).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    await closing
  })
})

test('an iteration that has ended is not kept', async () => {
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

test('marks are there up to their last instant', async () => {
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

test('an iteration refuses what is no signal', async () => {
  const store = createStore(new Backend(), { clock })
  for (const signal of [null, 7, {}])
    await expect(store.iterate({}, { signal: signal as never }).next()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT'
    })
})

test('a call leaves no listener on a signal that outlives it', async () => {
  const backend = new Backend()
  const store = createStore(backend, { clock })
  const { signal } = new AbortController()
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  await store.put(record('/a', 1), { signal })
  await store.get(bytes('/a'), { signal })
  vi.spyOn(backend, 'read').mockImplementation(() => {
    throw new Error('torn')
  })
  await expect(store.get(bytes('/a'), { signal })).rejects.toMatchObject({ code: 'STORE_IO' })
  expect(added).toHaveBeenCalledTimes(3)
  expect(removed.mock.calls.map(([type, listener]) => [type, listener])).toEqual(
    added.mock.calls.map(([type, listener]) => [type, listener])
  )
})

test('what a backend throws that is no error is said as it is', async () => {
  const backend = new Backend()
  vi.spyOn(backend, 'stats').mockImplementation(() => {
    throw 'no more'
  })
  await expect(createStore(backend).stats()).rejects.toMatchObject({
    code: 'STORE_IO',
    cause: 'no more',
    message: expect.stringContaining('no more') as string
  })
  const own = new RecordError('STORE_CORRUPT', 'own words')
  vi.spyOn(backend, 'stats').mockImplementation(() => {
    throw own
  })
  await expect(createStore(backend).stats()).rejects.toBe(own)
})
