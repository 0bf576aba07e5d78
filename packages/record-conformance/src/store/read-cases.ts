import { same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, publicationOf, record, text } from './store-case.ts'

/** Reads, capabilities and statistics. */
export const readCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('read/missing', 'returns undefined or false for a missing key', async ({ open }) => {
    const store = await open()
    same(await store.get(text('/none')), undefined, 'get')
    same(await store.publication(text('/none')), undefined, 'publication')
    same(await store.has(text('/none')), false, 'has')
    same(await store.mark(text('/none')), undefined, 'mark')
    same(await store.delete(text('/none')), false, 'delete')
  }),
  must(
    'read/many',
    'returns the records of many keys in order, including repeated and missing keys',
    async ({ open }) => {
      const store = await open()
      const a = record('/a', '1', 1)
      const b = record('/b', '2', 1)
      await store.put(a)
      await store.put(b)
      same(await store.getMany([]), [], 'no keys')
      same(await store.getMany([b.key, text('/c'), a.key, b.key]), [b, undefined, a, b], 'four keys')
    }
  ),
  must('read/thousands', 'returns the records of 1,500 keys that are read together', async ({ open }) => {
    const store = await open()
    const keys = Array.from({ length: 1500 }, (_, index) => text(`/k/${index}`))
    for (let start = 0; start < keys.length; start += 500) {
      const page = keys.slice(start, start + 500)
      await store.batch(page.map((key) => ({ type: 'put', record: record(key, key, 1) })))
    }
    const values = (found: readonly ({ readonly value: Uint8Array } | undefined)[]): (Uint8Array | undefined)[] =>
      found.map((each) => each?.value)
    same(values(await store.getMany(keys)), keys, 'values of getMany')
    same(values(await Promise.all(keys.map((key) => store.get(key)))), keys, 'values of concurrent gets')
  }),
  must('read/own-write', 'returns a record as soon as its put has resolved', async ({ open }) => {
    const store = await open()
    for (let round = 0; round < 20; round++) {
      await store.put(record('/own', Uint8Array.of(round), round))
      same((await store.get(text('/own')))?.value, Uint8Array.of(round), 'value')
      same(await store.has(text('/own')), true, 'has')
    }
  }),
  must('read/capabilities', 'declares the capabilities of the factory', async ({ open, factory }) => {
    const store = await open()
    same(store.capabilities, factory.capabilities, 'capabilities')
  }),
  must('stats/counts', 'counts records, their bytes, and marks', async ({ open, clock }) => {
    const store = await open()
    same(await store.stats(), { entries: 0, bytes: 0, marks: 0, publications: 0 }, 'empty')
    await store.put(record('/a', 'four', 1))
    await store.put(record('/bc', '', Uint8Array.of(1, 2), { expires: clock.now + 5n }))
    same(await store.stats(), { entries: 2, bytes: 76, marks: 0, publications: 0 }, 'after two puts')
    await store.put(record('/a', 'fourteen', 2))
    await store.put(record('/a', 'stale', 1))
    same(
      await store.stats(),
      { entries: 2, bytes: 80, marks: 0, publications: 0 },
      'after a replacement and a stale put'
    )
    await store.delete(text('/a'))
    same(await store.stats(), { entries: 1, bytes: 37, marks: 1, publications: 0 }, 'after a delete')
    clock.now += 6n
    await store.sweep()
    same(await store.stats(), { entries: 0, bytes: 0, marks: 2, publications: 0 }, 'after a sweep')
  }),
  must('stats/publications', 'counts publications, with and without their records', async ({ open, clock }) => {
    const store = await open()
    const count = async (): Promise<number> => (await store.stats()).publications
    for (const key of ['/a', '/b', '/c'])
      await store.put(record(key, 'v', 1, { expires: clock.now + 5n }), { publication: publicationOf(key) })
    same(await count(), 3, 'after three puts')
    await store.put(record('/a', 'w', 2), { publication: publicationOf('/a', { network: false }) })
    same(await count(), 3, 'after a replacement')
    await store.touch(text('/a'), { publication: null })
    same(await count(), 2, 'after a removal')
    clock.now += 6n
    await store.sweep()
    same(await store.stats(), { entries: 3, bytes: 108, marks: 0, publications: 2 }, 'after a sweep')
    await store.delete(text('/b'))
    same(await count(), 1, 'after a delete')
  }),
  must('stats/concurrent', 'counts correctly after concurrent writes', async ({ open }) => {
    const store = await open()
    const puts = Array.from({ length: 64 }, (_, index) => store.put(record(`/k/${index % 16}`, 'v', index >> 4)))
    await Promise.all(puts)
    same((await store.stats()).entries, 16, 'entries')
    await Promise.all(Array.from({ length: 16 }, (_, index) => store.delete(text(`/k/${index}`))))
    const { entries, bytes, marks } = await store.stats()
    same({ entries, bytes, marks }, { entries: 0, bytes: 0, marks: 16 }, 'after deleting all')
  })
])
