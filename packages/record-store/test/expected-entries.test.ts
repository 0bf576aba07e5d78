import { createStore } from '@recordkit/record-store'
import type { RecordStore, StoreAccounts, StoreBounds, StoreChange, StoreEntry } from '@recordkit/record-store'
import { MapBackend, MemoryAccounts } from '@recordkit/record-store/internal'
import { expect, test } from 'vitest'
import { record, startTime, text } from './records.ts'

/** A backend that expects what a test says, and counts what it is asked. */
class ExpectingBackend extends MapBackend {
  readonly #memory = new MemoryAccounts()
  readonly messages: string[] = []
  expected: StoreEntry = {}
  returnsEntries = true
  readonly accounts: StoreAccounts = {
    totals: async () => this.#memory.totals(),
    sizes: async (names) => this.#memory.sizes(names),
    largestGroups: async (measure, limit) => this.#memory.largestGroups(measure, limit),
    oldest: async (kind, group, limit) => this.#memory.oldest(kind, group, limit)
  }

  override read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    this.messages.push('read')
    return super.read(keys)
  }

  override async write(changes: readonly StoreChange[]): Promise<boolean> {
    const isWritten = await super.write(changes)
    if (isWritten) for (const { key, next } of changes) this.#memory.set(key, next)
    return isWritten
  }

  expect(keys: readonly Uint8Array[]): StoreEntry[] {
    return keys.map(() => this.expected)
  }

  async writeOrRead(changes: readonly StoreChange[]): Promise<boolean | StoreEntry[]> {
    this.messages.push('write')
    if (await this.write(changes)) return true
    return this.returnsEntries && super.read(changes.map(({ key }) => key))
  }
}

/** A store that knows that most of it is free. */
async function open(bounds: StoreBounds = {}): Promise<{ backend: ExpectingBackend; store: RecordStore }> {
  const backend = new ExpectingBackend()
  const store = createStore(backend, { clock: () => startTime, ...bounds })
  await store.put(record('/first', 'v', 1))
  backend.messages.length = 0
  return { backend, store }
}

test('puts a record under a new key with one message', async () => {
  const { backend, store } = await open()
  expect((await store.put(record('/k', 'v', 1))).status).toBe('stored')
  expect(backend.messages).toEqual(['write'])
})

test('puts a record over an expected entry with one message', async () => {
  const { backend, store } = await open()
  await store.put(record('/k', 'v', 1))
  const [entry] = await backend.read([text('/k')])
  backend.expected = entry as StoreEntry
  backend.messages.length = 0
  const { status, previous } = await store.put(record('/k', 'w', 2))
  expect([status, previous?.value]).toEqual(['stored', text('v')])
  expect(backend.messages).toEqual(['write'])
})

test('decides on the entry that is there when another one was expected, with the entry of the refused write', async () => {
  const { backend, store } = await open()
  await store.put(record('/k', 'v', 2))
  backend.messages.length = 0
  const lower = await store.put(record('/k', 'u', 1))
  expect([lower.status, lower.previous?.value]).toEqual(['stale', text('v')])
  expect(backend.messages).toEqual(['write'])
  const higher = await store.put(record('/k', 'w', 3))
  expect([higher.status, higher.previous?.value]).toEqual(['stored', text('v')])
  expect(backend.messages).toEqual(['write', 'write', 'write'])
  expect((await store.get(text('/k')))?.value).toEqual(text('w'))
})

test('reads when a refused write returns no entries', async () => {
  const { backend, store } = await open()
  await store.put(record('/k', 'v', 2))
  backend.messages.length = 0
  backend.returnsEntries = false
  expect((await store.put(record('/k', 'u', 1))).status).toBe('stale')
  expect(backend.messages).toEqual(['write', 'read'])
})

test('refuses nothing because of an expected entry', async () => {
  const { backend, store } = await open()
  await store.put(record('/high', 'v', 9))
  const [entry] = await backend.read([text('/high')])
  // an entry that is not there any more
  backend.expected = { ...entry, record: { ...record('/k', 'v', 9) } }
  backend.messages.length = 0
  expect((await store.put(record('/k', 'v', 1), { ifRank: null })).status).toBe('stored')
  expect(backend.messages).toEqual(['read', 'write'])
})

test('expects nothing of damaged entries and those of newer versions', async () => {
  const { backend, store } = await open()
  backend.expected = { corrupt: new Error('damaged') }
  expect((await store.put(record('/k', 'v', 1))).status).toBe('stored')
  expect(backend.messages).toEqual(['read', 'write'])
})

test('reads before a put while half of the store is used, which may need space that another entry takes', async () => {
  const { backend, store } = await open({ maxRecords: 1 })
  expect((await store.put(record('/k', 'v', 1))).status).toBe('stored')
  expect(backend.messages[0]).toBe('read')
  expect((await store.stats()).entries).toBe(1)
})

test('reads before a put whose group, author or namespace has a bound', async () => {
  for (const bounds of [{ maxRecordsPerGroup: 5 }, { maxRecordsPerAuthor: 5 }, { maxRecordsPerNamespace: 5 }]) {
    const { backend, store } = await open(bounds)
    await store.put(record('/k', 'v', 1))
    expect(backend.messages).toEqual(['read', 'write'])
  }
})
