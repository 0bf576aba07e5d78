import { createStore } from '@recordkit/record-store'
import type { StoreAccounts, StoreChange, StoredRecord, StoreOptions } from '@recordkit/record-store'
import { MapBackend, MemoryAccounts } from '@recordkit/record-store/internal'
import { describe, expect, test } from 'vitest'
import { record, startTime, text } from './records.ts'

const keys = Array.from({ length: 20 }, (_, index) => `/x/${index}`)

/** A backend that keeps accounts, each of whose answers arrives a few microtasks after it was computed. */
class AccountedBackend extends MapBackend {
  readonly #memory = new MemoryAccounts()
  readonly accounts: StoreAccounts = {
    totals: () => later(this.#memory.totals()),
    sizes: (names) => later(this.#memory.sizes(names)),
    largestGroups: (measure, limit) => later(this.#memory.largestGroups(measure, limit)),
    oldest: (kind, group, limit) => later(this.#memory.oldest(kind, group, limit))
  }

  override async write(changes: readonly StoreChange[]): Promise<boolean> {
    const isWritten = await super.write(changes)
    if (isWritten) for (const { key, next } of changes) this.#memory.set(key, next)
    return isWritten
  }
}

async function later<Result>(result: Result): Promise<Result> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  return result
}

/** Puts one record after another without waiting for earlier ones; returns the numbers of `stored` and of `quota`. */
async function putTogether(
  backend: MapBackend,
  options: StoreOptions,
  more: Partial<StoredRecord>
): Promise<[number, number]> {
  const store = createStore(backend, { clock: () => startTime, ...options })
  const puts: Promise<string>[] = []
  for (const key of keys) {
    puts.push(store.put(record(key, 'a', 1, more)).then(({ status }) => status))
    for (let turn = 0; turn < 3; turn++) await Promise.resolve()
  }
  const statuses = await Promise.all(puts)
  return [
    statuses.filter((status) => status === 'stored').length,
    statuses.filter((status) => status === 'quota').length
  ]
}

for (const [name, open] of [
  ['a backend without accounts', () => new MapBackend()],
  ['a backend whose accounts answer later', () => new AccountedBackend()]
] as const) {
  describe(`concurrent puts into ${name}`, () => {
    test('add no more records of a group than it may have', async () => {
      const bounds = { maxRecords: 100, maxRecordsPerGroup: 5 }
      expect(await putTogether(open(), bounds, { sender: text('s') })).toEqual([5, 15])
    })

    test('add no more records of an author than it may have', async () => {
      const bounds = { maxRecords: 100, maxRecordsPerAuthor: 5 }
      expect(await putTogether(open(), bounds, { author: text('a') })).toEqual([5, 15])
    })

    test('leave no more records in a namespace than it may have', async () => {
      const backend = open()
      await putTogether(backend, { maxRecords: 100, maxRecordsPerNamespace: 5 }, {})
      expect(backend.stats().entries).toBe(5)
    })

    test('publish at most nine tenths of the store, and touches too', async () => {
      const backend = open()
      const store = createStore(backend, { clock: () => startTime, maxRecords: 20 })
      const publish = async (key: string): Promise<unknown> => {
        const publication = { key: text(key), network: true }
        return store.put(record(key, 'a', 1), { publication })
      }
      await Promise.all(keys.slice(0, 10).map((key) => store.put(record(key, 'a', 1))))
      const touched = await Promise.allSettled([
        ...keys.slice(10).map(publish),
        ...keys.slice(0, 10).map((key) => store.touch(text(key), { publication: { key: text(key), network: true } }))
      ])
      expect(backend.stats().publications).toBe(18)
      expect(touched.filter(({ status }) => status === 'rejected')).toHaveLength(2)
    })

    test('leave no count behind: after deletes there is as much space as before', async () => {
      const store = createStore(open(), { clock: () => startTime, maxRecords: 100, maxRecordsPerGroup: 5 })
      for (const order of [1, 2]) {
        const puts = keys.map((key) => store.put(record(key, `${order}`, order, { sender: text('s') })))
        const statuses = (await Promise.all(puts)).map(({ status }) => status)
        expect(statuses.filter((status) => status === 'stored')).toHaveLength(5)
        await Promise.all(keys.map((key) => store.delete(text(key))))
      }
    })
  })
}
