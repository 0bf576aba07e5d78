import type { RecordStore } from '@recordkit/record-store'
import { collect, rejects, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, record, text } from './store-case.ts'

function noBytes(): unknown[] {
  return [undefined, null, 'text', 7, {}, [1, 2], new ArrayBuffer(4), new Uint16Array(2)]
}

function noKeys(): unknown[] {
  return [...noBytes(), new Uint8Array(0), new Uint8Array(1025)]
}

async function unchanged(store: RecordStore): Promise<void> {
  same(await store.stats(), { entries: 1, bytes: 4, marks: 0 }, 'stats after all that')
}

async function opened(open: () => Promise<RecordStore>): Promise<RecordStore> {
  const store = await open()
  await store.put(record('/k', 'v', 1))
  return store
}

// what is handed in is wrong on purpose: the types are looked away from in one place
const wrong = (value: unknown): never => value as never

/** Wrong types and sizes: an error with a code, and nothing changed. */
export const argumentCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('arguments/key', 'refuses what is no key', async ({ open }) => {
    const store = await opened(open)
    for (const key of noKeys()) {
      await rejects(() => store.get(wrong(key)), 'INVALID_ARGUMENT', 'get')
      await rejects(() => store.has(wrong(key)), 'INVALID_ARGUMENT', 'has')
      await rejects(() => store.getMany([text('/k'), wrong(key)]), 'INVALID_ARGUMENT', 'getMany')
      await rejects(() => store.delete(wrong(key)), 'INVALID_ARGUMENT', 'delete')
      await rejects(() => store.mark(wrong(key)), 'INVALID_ARGUMENT', 'mark')
      await rejects(() => store.put({ ...record('/x', 'v', 1), key: wrong(key) }), 'INVALID_ARGUMENT', 'put')
    }
    await rejects(() => store.getMany(wrong(undefined)), 'INVALID_ARGUMENT', 'getMany of nothing')
    await unchanged(store)
  }),
  must('arguments/record', 'refuses what is no record', async ({ open }) => {
    const store = await opened(open)
    const good = record('/x', 'v', 1)
    for (const given of [undefined, null, 7, 'text', {}])
      await rejects(() => store.put(wrong(given)), 'INVALID_ARGUMENT', 'put')
    for (const value of noBytes()) {
      await rejects(() => store.put({ ...good, value: wrong(value) }), 'INVALID_ARGUMENT', 'put with such a value')
      await rejects(() => store.put({ ...good, rank: wrong(value) }), 'INVALID_ARGUMENT', 'put with such a rank')
      if (value === undefined) continue
      await rejects(() => store.put({ ...good, digest: wrong(value) }), 'INVALID_ARGUMENT', 'put with such a digest')
      await rejects(() => store.put({ ...good, author: wrong(value) }), 'INVALID_ARGUMENT', 'put with such an author')
      await rejects(() => store.put({ ...good, sender: wrong(value) }), 'INVALID_ARGUMENT', 'put with such a sender')
    }
    for (const time of [undefined, null, 7, '7', -1n, 2n ** 64n, new Date(0)]) {
      await rejects(() => store.put({ ...good, timeReceived: wrong(time) }), 'INVALID_ARGUMENT', 'put received then')
      if (time === undefined) continue
      await rejects(() => store.put({ ...good, expires: wrong(time) }), 'INVALID_ARGUMENT', 'put expiring then')
    }
    await rejects(() => store.put({ ...good, local: wrong('yes') }), 'INVALID_ARGUMENT', 'put with such a local')
    await unchanged(store)
  }),
  must('arguments/size', 'refuses values and ranks above their limits', async ({ open }) => {
    const store = await opened(open)
    const good = record('/x', 'v', 1)
    await rejects(() => store.put({ ...good, value: new Uint8Array(65_537) }), 'INVALID_ARGUMENT', 'put')
    await rejects(() => store.put({ ...good, rank: new Uint8Array(65) }), 'INVALID_ARGUMENT', 'put')
    await unchanged(store)
  }),
  must('arguments/limits', 'goes by the limits it is opened with', async ({ open }) => {
    const store = await open({ key: 8, value: 16 })
    same((await store.put(record('/eightby', new Uint8Array(16), 1))).status, 'stored', 'outcome at the limits')
    await rejects(() => store.put(record('/nineby-', 'v', 1, { value: new Uint8Array(17) })), 'INVALID_ARGUMENT', 'put')
    await rejects(() => store.put(record('/ninebyte', 'v', 1)), 'INVALID_ARGUMENT', 'put')
    await rejects(() => store.get(text('/ninebyte')), 'INVALID_ARGUMENT', 'get')
  }),
  must('arguments/batch', 'refuses what is no batch', async ({ open }) => {
    const store = await opened(open)
    for (const operations of [
      undefined,
      null,
      {},
      'text',
      [undefined],
      [null],
      [7],
      [{}],
      [{ type: 'get' }],
      [{ type: 'put' }],
      [{ type: 'delete' }]
    ]) {
      await rejects(() => store.batch(wrong(operations)), 'INVALID_ARGUMENT', 'batch')
    }
    await unchanged(store)
  }),
  must('arguments/query', 'refuses what is no query', async ({ open }) => {
    const store = await opened(open)
    const queries: unknown[] = [
      null,
      7,
      'text',
      { limit: -1 },
      { limit: 1.5 },
      { limit: Number.NaN },
      { limit: '3' },
      { reverse: 1 }
    ]
    for (const name of ['prefix', 'start', 'end', 'after']) queries.push({ [name]: 'text' }, { [name]: null })
    for (const query of queries) {
      await rejects(() => collect(store.iterate(wrong(query))), 'INVALID_ARGUMENT', 'iterate')
      await rejects(() => collect(store.marks(wrong(query))), 'INVALID_ARGUMENT', 'marks')
    }
    await rejects(() => store.sweep({ limit: -1 }), 'INVALID_ARGUMENT', 'sweep')
    await rejects(() => store.delete(text('/k'), { ifValue: wrong('v') }), 'INVALID_ARGUMENT', 'delete')
    await unchanged(store)
  }),
  must('arguments/signal', 'refuses what is no signal', async ({ open }) => {
    const store = await opened(open)
    for (const signal of [null, 7, {}, 'text']) {
      await rejects(() => store.get(text('/k'), { signal: wrong(signal) }), 'INVALID_ARGUMENT', 'get')
      await rejects(() => store.put(record('/x', 'v', 1), { signal: wrong(signal) }), 'INVALID_ARGUMENT', 'put')
      await rejects(() => collect(store.iterate({}, { signal: wrong(signal) })), 'INVALID_ARGUMENT', 'iterate')
      await rejects(() => collect(store.marks({}, { signal: wrong(signal) })), 'INVALID_ARGUMENT', 'marks')
    }
    await unchanged(store)
  })
])
