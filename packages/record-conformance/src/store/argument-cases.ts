import type { RecordStore } from '@recordkit/record-store'
import { collect, rejects, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, publicationOf, record, text } from './store-case.ts'

/** Values that are not Uint8Arrays. */
function invalidBytes(): unknown[] {
  return [undefined, null, 'text', 7, {}, [1, 2], new ArrayBuffer(4), new Uint16Array(2)]
}

function invalidKeys(): unknown[] {
  return [...invalidBytes(), new Uint8Array(0), new Uint8Array(1025)]
}

async function checkUnchanged(store: RecordStore): Promise<void> {
  same(await store.stats(), { entries: 1, bytes: 36, marks: 0, publications: 0 }, 'stats afterwards')
}

/** Opens a store that contains one record. */
async function openWithRecord(open: () => Promise<RecordStore>): Promise<RecordStore> {
  const store = await open()
  await store.put(record('/k', 'v', 1))
  return store
}

/** Passes a value of the wrong type. */
const wrong = (value: unknown): never => value as never

/** Arguments of the wrong type or size: an error with a code, and nothing changed. */
export const argumentCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('arguments/key', 'rejects invalid keys', async ({ open }) => {
    const store = await openWithRecord(open)
    for (const key of invalidKeys()) {
      await rejects(() => store.get(wrong(key)), 'INVALID_ARGUMENT', 'get')
      await rejects(() => store.has(wrong(key)), 'INVALID_ARGUMENT', 'has')
      await rejects(() => store.getMany([text('/k'), wrong(key)]), 'INVALID_ARGUMENT', 'getMany')
      await rejects(() => store.delete(wrong(key)), 'INVALID_ARGUMENT', 'delete')
      await rejects(() => store.mark(wrong(key)), 'INVALID_ARGUMENT', 'mark')
      await rejects(() => store.touch(wrong(key), { expires: 1n }), 'INVALID_ARGUMENT', 'touch')
      await rejects(() => store.publication(wrong(key)), 'INVALID_ARGUMENT', 'publication')
      await rejects(() => store.put({ ...record('/x', 'v', 1), key: wrong(key) }), 'INVALID_ARGUMENT', 'put')
    }
    await rejects(() => store.getMany(wrong(undefined)), 'INVALID_ARGUMENT', 'getMany of undefined')
    await checkUnchanged(store)
  }),
  must('arguments/record', 'rejects invalid records', async ({ open }) => {
    const store = await openWithRecord(open)
    const good = record('/x', 'v', 1)
    for (const given of [undefined, null, 7, 'text', {}])
      await rejects(() => store.put(wrong(given)), 'INVALID_ARGUMENT', 'put')
    for (const value of invalidBytes()) {
      await rejects(() => store.put({ ...good, value: wrong(value) }), 'INVALID_ARGUMENT', 'put with an invalid value')
      await rejects(() => store.put({ ...good, rank: wrong(value) }), 'INVALID_ARGUMENT', 'put with an invalid rank')
      if (value === undefined) continue
      await rejects(
        () => store.put({ ...good, author: wrong(value) }),
        'INVALID_ARGUMENT',
        'put with an invalid author'
      )
      await rejects(
        () => store.put({ ...good, sender: wrong(value) }),
        'INVALID_ARGUMENT',
        'put with an invalid sender'
      )
    }
    for (const time of [undefined, null, 7, '7', -1n, new Date(0)]) {
      await rejects(
        () => store.put({ ...good, timeReceived: wrong(time) }),
        'INVALID_ARGUMENT',
        'put with an invalid timeReceived'
      )
      if (time === undefined) continue
      await rejects(
        () => store.put({ ...good, expires: wrong(time) }),
        'INVALID_ARGUMENT',
        'put with an invalid expires'
      )
    }
    await checkUnchanged(store)
  }),
  must('arguments/publication', 'rejects invalid publications and conditions', async ({ open }) => {
    const store = await openWithRecord(open)
    const good = publicationOf('/k')
    const publications: unknown[] = [
      7,
      'text',
      {},
      publicationOf('/other'),
      { ...good, network: undefined },
      { ...good, network: 'yes' },
      { ...good, lifetime: 7 },
      { ...good, ttl: -1n },
      { ...good, published: '7' }
    ]
    for (const value of invalidBytes().filter((given) => given !== undefined))
      publications.push({ ...good, key: value }, { ...good, signer: value }, { ...good, options: value })
    for (const publication of publications) {
      const changes = { publication: wrong(publication) }
      await rejects(() => store.put(record('/k', 'w', 2), changes), 'INVALID_ARGUMENT', 'put')
      await rejects(() => store.touch(text('/k'), changes), 'INVALID_ARGUMENT', 'touch')
      await rejects(
        () => store.batch([{ type: 'put', record: record('/k', 'w', 2), ...changes }]),
        'INVALID_ARGUMENT',
        'batch'
      )
    }
    for (const ifRank of [7, 'text', {}, [1], new Uint8Array(64)]) {
      const condition = { ifRank: wrong(ifRank) }
      await rejects(() => store.put(record('/k', 'w', 2), condition), 'INVALID_ARGUMENT', 'put')
      await rejects(() => store.touch(text('/k'), { ...condition, expires: 1n }), 'INVALID_ARGUMENT', 'touch')
      await rejects(() => store.delete(text('/k'), condition), 'INVALID_ARGUMENT', 'delete')
    }
    for (const time of [7, '7', -1n]) {
      await rejects(() => store.touch(text('/k'), { expires: wrong(time) }), 'INVALID_ARGUMENT', 'touch')
      await rejects(() => store.touch(text('/k'), { timeReceived: wrong(time) }), 'INVALID_ARGUMENT', 'touch')
    }
    await checkUnchanged(store)
  }),
  must('arguments/size', 'rejects values and ranks outside of their limits', async ({ open }) => {
    const store = await openWithRecord(open)
    const good = record('/x', 'v', 1)
    await rejects(() => store.put({ ...good, value: new Uint8Array(65_537) }), 'INVALID_ARGUMENT', 'put')
    for (const size of [0, 1, 31, 64])
      await rejects(
        () => store.put({ ...good, rank: new Uint8Array(size) }),
        'INVALID_ARGUMENT',
        `rank of ${size} bytes`
      )
    await checkUnchanged(store)
  }),
  must('arguments/limits', 'applies the limits that it was opened with', async ({ open }) => {
    const store = await open({ key: 8, value: 16 })
    same((await store.put(record('/eightby', new Uint8Array(16), 1))).status, 'stored', 'status at the limits')
    await rejects(() => store.put(record('/nineby-', 'v', 1, { value: new Uint8Array(17) })), 'INVALID_ARGUMENT', 'put')
    await rejects(() => store.put(record('/ninebyte', 'v', 1)), 'INVALID_ARGUMENT', 'put')
    await rejects(() => store.get(text('/ninebyte')), 'INVALID_ARGUMENT', 'get')
  }),
  must('arguments/batch', 'rejects invalid batches', async ({ open }) => {
    const store = await openWithRecord(open)
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
      [{ type: 'delete' }],
      [{ type: 'touch' }]
    ]) {
      await rejects(() => store.batch(wrong(operations)), 'INVALID_ARGUMENT', 'batch')
    }
    await checkUnchanged(store)
  }),
  must('arguments/query', 'rejects invalid queries', async ({ open }) => {
    const store = await openWithRecord(open)
    const queries: unknown[] = [
      null,
      7,
      'text',
      { limit: -1 },
      { limit: 1.5 },
      { limit: Number.NaN },
      { limit: '3' },
      { reverse: 1 },
      { expired: 1 }
    ]
    for (const name of ['prefix', 'start', 'end', 'after']) queries.push({ [name]: 'text' }, { [name]: null })
    for (const query of queries) {
      await rejects(() => collect(store.iterate(wrong(query))), 'INVALID_ARGUMENT', 'iterate')
      await rejects(() => collect(store.marks(wrong(query))), 'INVALID_ARGUMENT', 'marks')
      await rejects(() => collect(store.publications(wrong(query))), 'INVALID_ARGUMENT', 'publications')
    }
    await rejects(() => store.sweep({ limit: -1 }), 'INVALID_ARGUMENT', 'sweep')
    await checkUnchanged(store)
  }),
  must('arguments/signal', 'rejects invalid signals', async ({ open }) => {
    const store = await openWithRecord(open)
    for (const signal of [null, 7, {}, 'text']) {
      await rejects(() => store.get(text('/k'), { signal: wrong(signal) }), 'INVALID_ARGUMENT', 'get')
      await rejects(() => store.put(record('/x', 'v', 1), { signal: wrong(signal) }), 'INVALID_ARGUMENT', 'put')
      await rejects(() => collect(store.iterate({}, { signal: wrong(signal) })), 'INVALID_ARGUMENT', 'iterate')
      await rejects(() => collect(store.marks({}, { signal: wrong(signal) })), 'INVALID_ARGUMENT', 'marks')
      await rejects(
        () => collect(store.publications({}, { signal: wrong(signal) })),
        'INVALID_ARGUMENT',
        'publications'
      )
      await rejects(() => store.touch(text('/k'), { expires: 1n, signal: wrong(signal) }), 'INVALID_ARGUMENT', 'touch')
    }
    await checkUnchanged(store)
  })
])
