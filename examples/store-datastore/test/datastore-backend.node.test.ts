import type { EntryContent, StoredRecord, StoreEntry } from '@recordkit/record-store'
import { createStore, encodeStoreEntry } from '@recordkit/record-store'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore/key'
import { expect, test } from 'vitest'
import { DatastoreBackend } from '../src/datastore-backend.ts'

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const key = text('/k')
const name = new Key('/recordkit/2f6b')
const publication = { key, network: true }
const mark = { key, rank: new Uint8Array(33), until: 100n }

async function collect<Item>(source: AsyncIterable<Item> | Iterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of source) items.push(item)
  return items
}

function record(order: number, more: Partial<StoredRecord> = {}): StoredRecord {
  return { key, value: text('v'), rank: new Uint8Array(33).fill(order, 0, 1), timeReceived: 0n, ...more }
}

async function read(backend: DatastoreBackend): Promise<StoreEntry> {
  return (await backend.read([key]))[0] as StoreEntry
}

test('a write is refused when any part of the entry differs from what was read', async () => {
  const contents: EntryContent[] = [
    { record: record(1) },
    { record: record(1, { timeReceived: 1n }) },
    { mark },
    { publication },
    { record: record(1), mark, publication },
    {}
  ]
  for (const first of contents) {
    for (const second of contents) {
      if (first === second) continue
      const backend = new DatastoreBackend(new MemoryDatastore())
      await backend.write([{ key, previous: await read(backend), next: first }])
      const entry = await read(backend)
      expect(await backend.write([{ key, previous: entry, next: second }])).toBe(true)
      const after = await read(backend)
      expect(await backend.write([{ key, previous: entry, next: { record: record(9) } }])).toBe(false)
      expect(await read(backend)).toEqual(after)
    }
  }
})

test('every damaged entry that is replaced stays under the prefix of the quarantine', async () => {
  const datastore = new MemoryDatastore()
  const store = createStore(new DatastoreBackend(datastore))
  await store.put(record(1))
  const damaged = [7, 8, 9].map((byte) => Uint8Array.of(encodeStoreEntry(key, {})[0] as number, byte))
  for (const bytes of damaged) {
    await datastore.put(name, bytes)
    expect((await store.put(record(1))).status).toBe('stored')
  }
  const kept = (await collect(datastore.query({ prefix: '/recordkit-quarantine/2f6b' }))).map((pair) => pair.value[1])
  expect(new Set(kept)).toEqual(new Set([7, 8, 9]))
  expect(await store.stats()).toMatchObject({ entries: 1 })
  expect(await collect(store.iterate())).toHaveLength(1)
})

test('an error of the datastore is STORE_IO before it is told to change the entry, and STORE_UNKNOWN after', async () => {
  const cause = new Error('connection lost')
  const datastore = new MemoryDatastore()
  const store = createStore(new DatastoreBackend(datastore))
  const { get, put } = datastore
  let reads = 0
  datastore.get = (...args) => {
    if (++reads === 2) throw cause
    return get.apply(datastore, args)
  }
  await expect(store.put(record(1))).rejects.toMatchObject({ code: 'STORE_IO', cause })
  expect(await store.has(key)).toBe(false)
  datastore.put = async (...args) => {
    await put.apply(datastore, args)
    throw cause
  }
  await expect(store.put(record(1))).rejects.toMatchObject({ code: 'STORE_UNKNOWN', cause })
  datastore.put = put
  expect((await store.put(record(1))).status).toBe('refreshed')
})

test('a write that hangs holds no other key, and a later write of its key compares with what it wrote', async () => {
  const timers = new Set<() => void>()
  const datastore = new MemoryDatastore()
  const store = createStore(new DatastoreBackend(datastore), {
    setTimer: (run) => {
      timers.add(run)
      return () => timers.delete(run)
    }
  })
  const { put } = datastore
  let [onStart, openGate] = [(): void => {}, (): void => {}]
  const started = new Promise<void>((resolve) => {
    onStart = resolve
  })
  const gate = new Promise<void>((resolve) => {
    openGate = resolve
  })
  datastore.put = async (...args) => {
    onStart()
    await gate
    return put.apply(datastore, args)
  }
  const first = store.put(record(20))
  await started
  for (const run of timers) run()
  await expect(first).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
  datastore.put = put
  expect((await store.put({ ...record(1), key: text('/other') })).status).toBe('stored')
  const second = store.put(record(1))
  openGate()
  expect((await second).status).toBe('stale')
  expect((await store.get(key))?.rank[0]).toBe(20)
})
