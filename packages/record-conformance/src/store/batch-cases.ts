import type { StoreOperation } from '@recordkit/record-store'
import { check, rejects, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, orderOf, publicationOf, rankOf, record, text } from './store-case.ts'

function put(key: string, value: string, rank: number): StoreOperation {
  return { type: 'put', record: record(key, value, rank) }
}

/** Batches: in order, all or nothing. */
export const batchCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('batch/order', 'shows later operations of a batch the result of earlier ones', async ({ open }) => {
    const store = await open()
    const results = await store.batch([
      put('/k', 'one', 1),
      put('/k', 'two', 2),
      { type: 'delete', key: text('/k'), ifRank: rankOf(1, 'one') },
      { type: 'delete', key: text('/k'), ifRank: rankOf(2, 'two') },
      put('/k', 'low', 1),
      put('/k', 'three', 3),
      { type: 'delete', key: text('/none') }
    ])
    same(
      results.map((result) => ('status' in result ? result.status : 'deleted' in result && result.deleted)),
      ['stored', 'stored', false, true, 'stale', 'stored', false],
      'results'
    )
    same((await store.get(text('/k')))?.value, text('three'), 'value')
  }),
  must('batch/changes', 'applies the conditions, publications and touches of a batch', async ({ open, clock }) => {
    const store = await open()
    const first = record('/k', 'one', 1)
    const results = await store.batch([
      { type: 'touch', key: first.key, publication: publicationOf('/k') },
      { type: 'put', record: first, ifRank: null, publication: publicationOf('/k') },
      { type: 'put', record: record('/k', 'two', 2), ifRank: null },
      { type: 'put', record: record('/k', 'three', 3), ifRank: first.rank },
      { type: 'touch', key: first.key, ifRank: first.rank, expires: clock.now },
      { type: 'touch', key: first.key, ifRank: rankOf(3, 'three'), expires: clock.now + 5n }
    ])
    same(
      results.map((result) => ('status' in result ? result.status : 'touched' in result && result.touched)),
      [false, 'stored', 'conflict', 'stored', false, true],
      'results'
    )
    same(await store.get(first.key), record('/k', 'three', 3, { expires: clock.now + 5n }), 'record')
    same(await store.publication(first.key), publicationOf('/k'), 'publication')
  }),
  must('batch/stale', 'continues a batch after a stale put', async ({ open }) => {
    const store = await open()
    await store.put(record('/a', 'high', 9))
    const results = await store.batch([put('/a', 'low', 1), put('/b', 'v', 1)])
    same(
      results.map((result) => 'status' in result && result.status),
      ['stale', 'stored'],
      'statuses'
    )
    same(await store.has(text('/b')), true, 'has /b')
  }),
  must('batch/invalid', 'changes nothing when one operation of a batch is invalid', async ({ open }) => {
    const store = await open()
    await store.put(record('/d', 'v', 1))
    const wrong = { type: 'put', record: { key: 'text' } } as unknown as StoreOperation
    const operations: StoreOperation[] = [
      put('/a', 'v', 1),
      { type: 'delete', key: text('/d') },
      wrong,
      put('/b', 'v', 1)
    ]
    await rejects(() => store.batch(operations), 'INVALID_ARGUMENT', 'batch')
    same(await store.getMany([text('/a'), text('/b')]), [undefined, undefined], 'records of the batch')
    same(await store.has(text('/d')), true, 'has /d')
    same((await store.stats()).marks, 0, 'marks')
  }),
  must('batch/empty', 'accepts an empty batch', async ({ open }) => {
    const store = await open()
    same(await store.batch([]), [], 'results')
  }),
  must('batch/large', 'accepts a batch of a thousand operations', async ({ open }) => {
    const store = await open()
    const operations = Array.from({ length: 1000 }, (_, index) => put(`/k/${index}`, `v${index}`, 1))
    const results = await store.batch(operations)
    same(results.length, 1000, 'results')
    same((await store.stats()).entries, 1000, 'entries')
    same((await store.get(text('/k/777')))?.value, text('v777'), 'value')
  }),
  must(
    'batch/crossing',
    'does not deadlock when batches contain the same keys in different orders',
    async ({ open }) => {
      const store = await open()
      const keys = ['/a', '/b', '/c', '/d']
      const batches = Array.from({ length: 32 }, (_, round) => {
        const order = [...keys.slice(round % 4), ...keys.slice(0, round % 4)]
        return store.batch((round % 2 === 0 ? order : order.reverse()).map((key) => put(key, `v${round}`, round)))
      })
      await Promise.all(batches)
      for (const key of keys) same(orderOf((await store.get(text(key)))?.rank), Uint8Array.of(31), `rank under ${key}`)
    }
  ),
  must(
    'batch/isolated',
    'never shows a partially applied batch',
    async ({ open }) => {
      const store = await open()
      await store.batch([put('/a', 'v0', 0), put('/b', 'v0', 0)])
      let done = false
      const write = async (): Promise<void> => {
        try {
          for (let round = 1; round < 50; round++) {
            await store.batch([put('/a', `v${round}`, round), put('/b', `v${round}`, round)])
          }
        } finally {
          done = true
        }
      }
      const writing = write()
      // awaited at the end; until then a failure must not count as an unhandled rejection
      writing.catch(() => {})
      for (let round = 0; !done && round < 10_000; round++) {
        // reads at another moment of a write in each round
        for (let turn = 0; turn < round % 17; turn++) await Promise.resolve()
        const [first, second] = round % 2 === 0 ? (['/a', '/b'] as const) : (['/b', '/a'] as const)
        const before = (await store.get(text(first)))?.rank[0] ?? -1
        const after = (await store.get(text(second)))?.rank[0] ?? -1
        check(
          after >= before,
          `${first} has rank ${before}, and ${second} of the same batch is read later with rank ${after}`
        )
      }
      await writing
    },
    ['atomicBatch']
  )
])
