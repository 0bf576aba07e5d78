import { check, collect, same } from '../assert.ts'
import type { StoreCase, StoreRequirement } from './store-case.ts'
import { cases, must, orderOf, rankOf, record, text } from './store-case.ts'

const shared: readonly StoreRequirement[] = ['multiProcess', 'share']

/** Two stores on the same data, as in two processes. */
export const sharedCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must(
    'shared/visible',
    'shows the writes of another store on the same data',
    async ({ open, share }) => {
      const one = await open()
      const two = await share(one)
      await one.put(record('/k', 'v', 1))
      same((await two.get(text('/k')))?.value, text('v'), 'value')
      await two.delete(text('/k'))
      same(await one.get(text('/k')), undefined, 'get')
      same(orderOf((await one.mark(text('/k')))?.rank), Uint8Array.of(1), 'rank of the mark')
      same((await collect(one.marks())).length, 1, 'marks')
    },
    shared
  ),
  must(
    'shared/rank',
    'ends with the highest rank after 64 concurrent puts through two stores',
    async ({ open, share }) => {
      const one = await open()
      const two = await share(one)
      const ranks = Array.from({ length: 64 }, (_, index) => (index * 37) % 64)
      const puts = ranks.map((rank, index) => (index % 2 === 0 ? one : two).put(record('/k', `v${rank}`, rank)))
      const results = await Promise.all(puts)
      for (const store of [one, two])
        same(orderOf((await store.get(text('/k')))?.rank), Uint8Array.of(63), 'remaining rank')
      same(results.filter(({ previous }) => previous === undefined).length, 1, 'puts without a previous record')
      same((await one.stats()).entries, 1, 'entries')
    },
    shared
  ),
  must(
    'shared/delete',
    'deletes for only one of two stores, and never a newer record',
    async ({ open, share }) => {
      const one = await open()
      const two = await share(one)
      for (let round = 0; round < 10; round++) {
        const key = text(`/k/${round}`)
        await one.put(record(key, 'old', 1))
        const [first, second, put] = await Promise.all([
          one.delete(key, { ifRank: rankOf(1, 'old') }),
          two.delete(key, { ifRank: rankOf(1, 'old') }),
          two.put(record(key, 'new', 2))
        ])
        check(!(first && second), 'both stores report that they deleted the record')
        same(put.status, 'stored', 'status of the put')
        same((await one.get(key))?.value, text('new'), 'remaining value')
      }
    },
    shared
  ),
  must(
    'shared/batch',
    'applies concurrent batches of two stores one after another',
    async ({ open, share }) => {
      const one = await open()
      const two = await share(one)
      const keys = ['/a', '/b', '/c']
      const batches = Array.from({ length: 16 }, (_, round) =>
        (round % 2 === 0 ? one : two).batch(
          (round % 4 < 2 ? keys : [...keys].reverse()).map((key) => ({
            type: 'put',
            record: record(key, `v${round}`, round)
          }))
        )
      )
      await Promise.all(batches)
      for (const key of keys) same(orderOf((await two.get(text(key)))?.rank), Uint8Array.of(15), `rank under ${key}`)
    },
    shared
  )
])
