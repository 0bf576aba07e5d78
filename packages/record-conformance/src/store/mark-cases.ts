import { markLifetime } from '@recordkit/record-store'
import { check, collect, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, orderOf, rankOf, record, text } from './store-case.ts'

/** ns */
const day = 86_400_000_000_000n

/** High-water marks. */
export const markCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('marks/delete', 'keeps the mark of a deleted record for 30 days', async ({ open, clock }) => {
    const store = await open()
    await store.put(record('/k', 'v', 5))
    same(await store.mark(text('/k')), undefined, 'mark beside an unexpired record')
    await store.delete(text('/k'))
    const mark = { key: text('/k'), rank: rankOf(5, 'v'), until: clock.now + markLifetime }
    same(await store.mark(text('/k')), mark, 'mark')
    same(await collect(store.marks()), [mark], 'marks')
  }),
  must('marks/stale', 'refuses a record that ranks below a mark and returns the mark', async ({ open, clock }) => {
    const store = await open()
    await store.put(record('/k', 'v', 5))
    await store.delete(text('/k'))
    const mark = { key: text('/k'), rank: rankOf(5, 'v'), until: clock.now + markLifetime }
    same(await store.put(record('/k', 'z', 4)), { status: 'stale', mark }, 'put')
    same(await store.get(text('/k')), undefined, 'get')
  }),
  must('marks/equal', 'stores a record that ranks at or above a mark', async ({ open }) => {
    const store = await open()
    await store.put(record('/k', 'v', 5))
    await store.delete(text('/k'))
    same((await store.put(record('/k', 'a', 5))).status, 'stale', 'status of a lower identity at equal order')
    same(await store.put(record('/k', 'v', 5)), { status: 'stored' }, 'put of the same record')
    await store.delete(text('/k'))
    same(await store.put(record('/k', 'a', 6)), { status: 'stored' }, 'put at a higher rank')
    same((await store.put(record('/k', 'z', 5))).status, 'stale', 'status of a lower rank')
  }),
  must('marks/rising', 'never lowers a mark', async ({ open }) => {
    const store = await open()
    for (const rank of [3, 5, 9]) {
      await store.put(record('/k', 'v', rank))
      await store.delete(text('/k'))
      same(orderOf((await store.mark(text('/k')))?.rank), Uint8Array.of(rank), 'rank of the mark')
    }
    same((await store.put(record('/k', 'v', 8))).status, 'stale', 'status')
  }),
  must('marks/end', 'ignores a mark after its last instant, swept or not', async ({ open, clock }) => {
    const store = await open()
    for (const key of ['/a', '/b']) {
      await store.put(record(key, 'v', 5))
      await store.delete(text(key))
    }
    clock.now += markLifetime
    same((await store.put(record('/a', 'v', 4))).status, 'stale', 'status at the last instant')
    clock.now += 1n
    same(await store.mark(text('/a')), undefined, 'mark')
    same(await collect(store.marks()), [], 'marks')
    same((await store.put(record('/a', 'v', 4))).status, 'stored', 'status after the last instant')
    await store.sweep()
    same((await store.stats()).marks, 0, 'marks after a sweep')
    same((await store.put(record('/b', 'v', 4))).status, 'stored', 'status after a sweep')
  }),
  must(
    'marks/own-expiry',
    'keeps a mark until the expiry of its record when that is later',
    async ({ open, clock }) => {
      const store = await open()
      const expires = clock.now + 365n * day
      await store.put(record('/k', 'v', 5, { expires }))
      await store.delete(text('/k'))
      same((await store.mark(text('/k')))?.until, expires, 'until')
      clock.now = expires
      await store.sweep()
      same((await store.put(record('/k', 'v', 4))).status, 'stale', 'status at the last instant')
    }
  ),
  must(
    'marks/replaced',
    'refuses a replaced record after its short-lived successor has expired',
    async ({ open, clock }) => {
      const store = await open()
      const long = record('/k', 'long', 1, { expires: clock.now + 365n * day })
      await store.put(long)
      await store.put(record('/k', 'short', 2, { expires: clock.now + day }))
      clock.now += 2n * day
      await store.sweep()
      clock.now += markLifetime + day
      await store.sweep()
      same((await store.put(long)).status, 'stale', 'status')
    }
  ),
  must('marks/expired', 'treats an expired record as its mark, swept or not', async ({ open, clock }) => {
    for (const swept of [false, true]) {
      const store = await open()
      const expires = clock.now + 10n
      const expired = record('/k', 'mm', 5, { expires })
      for (const key of ['/lower', '/same', '/equal', '/higher']) await store.put({ ...expired, key: text(key) })
      clock.now += 11n
      if (swept) same(await store.sweep(), 4, 'swept records')
      const mark = await store.mark(text('/lower'))
      check(mark !== undefined, 'an expired record has no mark')
      same(mark.rank, expired.rank, 'rank of the mark')
      const lower = await store.put(record('/lower', 'zz', 4))
      same({ ...lower, mark: undefined }, { status: 'stale' }, 'a lower rank')
      same(lower.mark?.rank, expired.rank, 'rank of the returned mark')
      same(
        await store.put({ ...expired, key: text('/same'), expires: clock.now + 9n }),
        { status: 'stored' },
        'the same bytes'
      )
      same((await store.put(record('/equal', 'aa', 5))).status, 'stale', 'status of a lower identity')
      same(await store.put(record('/equal', 'zz', 5)), { status: 'stored' }, 'a higher identity at equal order')
      same(await store.put(record('/higher', 'aa', 6)), { status: 'stored' }, 'a higher rank')
      clock.now = expires - 10n
    }
  }),
  must('marks/query', 'iterates over marks in byte order within a query', async ({ open }) => {
    const store = await open()
    const keys = ['/a/1', '/a/2', '/b/1', '/b/2', '/c']
    for (const key of [...keys].reverse()) {
      await store.put(record(key, 'v', 1))
      await store.delete(text(key))
    }
    await store.put(record('/live', 'v', 1))
    const found = async (query: Parameters<typeof store.marks>[0]): Promise<string[]> =>
      (await collect(store.marks(query))).map(({ key }) => new TextDecoder().decode(key))
    same(await found({}), keys, 'all')
    same(await found({ prefix: text('/b') }), ['/b/1', '/b/2'], 'by prefix')
    same(await found({ reverse: true, limit: 2 }), ['/c', '/b/2'], 'in reverse')
    same(await found({ after: text('/a/2'), limit: 1 }), ['/b/1'], 'after a key')
  }),
  must('marks/concurrent', 'keeps the highest mark after 64 concurrent puts and deletes', async ({ open }) => {
    const store = await open()
    const calls = Array.from({ length: 64 }, (_, index) =>
      index % 4 === 3 ? store.delete(text('/k')) : store.put(record('/k', `v${index}`, (index * 29) % 64))
    )
    await Promise.all(calls)
    await store.delete(text('/k'))
    const highest = Math.max(...Array.from({ length: 64 }, (_, index) => (index % 4 === 3 ? 0 : (index * 29) % 64)))
    same(orderOf((await store.mark(text('/k')))?.rank), Uint8Array.of(highest), 'rank of the mark')
    same((await store.put(record('/k', 'v', highest - 1))).status, 'stale', 'status')
  })
])
