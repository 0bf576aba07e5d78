import { check, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, publicationOf, rankOf, record, text } from './store-case.ts'

/** Conditional puts. The tests come in this order: the same record, `ifRank`, then mark and rank. */
export const conditionCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must(
    'condition/rank',
    'stores a record only if the stored record has the rank of the condition',
    async ({ open }) => {
      const store = await open()
      const first = record('/k', 'one', 1)
      const second = record('/k', 'two', 2)
      await store.put(first)
      same(await store.put(second, { ifRank: first.rank }), { status: 'stored', previous: first }, 'with its rank')
      same(
        await store.put(record('/k', 'three', 3), { ifRank: first.rank }),
        { status: 'conflict', previous: second },
        'with another rank'
      )
      same(
        await store.put(record('/k', 'three', 3), { ifRank: rankOf(2, 'other') }),
        { status: 'conflict', previous: second },
        'with the order of the stored record and another identity'
      )
      same(await store.get(text('/k')), second, 'get')
    }
  ),
  must('condition/null', 'stores a record under the condition null only if there is no valid one', async (context) => {
    const { open, clock } = context
    const store = await open()
    const first = record('/k', 'one', 1, { expires: clock.now + 10n })
    same(await store.put(first, { ifRank: null }), { status: 'stored' }, 'without a record')
    same(
      await store.put(record('/k', 'two', 2), { ifRank: null }),
      { status: 'conflict', previous: first },
      'beside one'
    )
    clock.now += 11n
    same((await store.put(record('/k', 'two', 2), { ifRank: null })).status, 'stored', 'status over an expired record')
    await store.delete(text('/k'))
    same((await store.put(record('/k', 'two', 2), { ifRank: null })).status, 'stored', 'status beside a mark')
  }),
  must(
    'condition/absent',
    'reports a conflict when the condition is a rank and there is no valid record',
    async (context) => {
      const { open, clock } = context
      const store = await open()
      const given = record('/k', 'one', 1, { expires: clock.now + 10n })
      same(await store.put(given, { ifRank: given.rank }), { status: 'conflict' }, 'without a record')
      await store.put(given)
      clock.now += 11n
      same(
        (await store.put(record('/k', 'two', 2), { ifRank: given.rank })).status,
        'conflict',
        'status over an expired record'
      )
    }
  ),
  must('condition/same', 'refreshes the same record whatever the condition says', async ({ open }) => {
    const store = await open()
    const given = record('/k', 'one', 1)
    await store.put(given)
    for (const ifRank of [null, rankOf(9, 'other'), given.rank]) {
      same((await store.put(given, { ifRank })).status, 'refreshed', 'status')
    }
  }),
  must('condition/before-mark', 'tests the condition before the mark', async ({ open }) => {
    const store = await open()
    await store.put(record('/k', 'high', 5))
    await store.delete(text('/k'))
    same(
      (await store.put(record('/k', 'low', 4), { ifRank: rankOf(1, 'x') })).status,
      'conflict',
      'status below the mark'
    )
    same(
      (await store.put(record('/k', 'low', 4), { ifRank: null })).status,
      'stale',
      'status when the condition is met'
    )
  }),
  must('condition/before-rank', 'tests the condition before the rank', async ({ open }) => {
    const store = await open()
    const stored = record('/k', 'high', 5)
    await store.put(stored)
    const low = record('/k', 'low', 4)
    same((await store.put(low, { ifRank: rankOf(1, 'x') })).status, 'conflict', 'status of a lower rank')
    same((await store.put(low, { ifRank: null })).status, 'conflict', 'status with null')
    same((await store.put(low, { ifRank: stored.rank })).status, 'stale', 'status when the condition is met')
    same(await store.get(text('/k')), stored, 'get')
  }),
  must('condition/unchanged', 'changes nothing when a put is a conflict', async ({ open }) => {
    const store = await open()
    const stored = record('/k', 'one', 1)
    await store.put(stored)
    const before = await store.stats()
    const put = store.put(record('/k', 'two', 2), { ifRank: null, publication: publicationOf('/k') })
    same((await put).status, 'conflict', 'status')
    same(await store.get(text('/k')), stored, 'record')
    same(await store.publication(text('/k')), undefined, 'publication')
    same(await store.stats(), before, 'stats')
  }),
  must('condition/concurrent', 'lets exactly one of 64 writers win that saw the same record', async ({ open }) => {
    const store = await open()
    const first = record('/k', 'first', 1)
    await store.put(first)
    const puts = Array.from({ length: 64 }, (_, index) =>
      store.put(record('/k', `writer ${index}`, 2), { ifRank: first.rank })
    )
    const statuses = (await Promise.all(puts)).map(({ status }) => status)
    same(statuses.filter((status) => status === 'stored').length, 1, 'stored puts')
    same(statuses.filter((status) => status === 'conflict').length, 63, 'conflicts')
  }),
  must(
    'condition/shared',
    'lets exactly one of 64 writers win that saw the same record, through two stores',
    async ({ open, share }) => {
      const one = await open()
      const two = await share(one)
      for (let round = 0; round < 5; round++) {
        const key = `/k/${round}`
        const first = record(key, 'first', 1)
        await one.put(first)
        const puts = Array.from({ length: 64 }, (_, index) =>
          (index % 2 === 0 ? one : two).put(record(key, `writer ${index}`, 2), { ifRank: first.rank })
        )
        const statuses = (await Promise.all(puts)).map(({ status }) => status)
        const stored = statuses.filter((status) => status === 'stored').length
        check(stored === 1, `${stored} of 64 conditional puts of one rank were stored; expected one`)
      }
    },
    ['multiProcess', 'share']
  )
])
