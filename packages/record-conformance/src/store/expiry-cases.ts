import { collect, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, record, text } from './store-case.ts'

/** Expired records are never returned, whether they were swept or not. */
export const expiryCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('expiry/last-instant', 'returns a record up to and including its last instant', async ({ open, clock }) => {
    const store = await open()
    const kept = record('/k', 'v', 1, { expires: clock.now + 10n })
    await store.put(kept)
    clock.now += 10n
    same(await store.get(kept.key), kept, 'get at the last instant')
    clock.now += 1n
    same(await store.get(kept.key), undefined, 'get')
    same(await store.has(kept.key), false, 'has')
    same(await store.getMany([kept.key]), [undefined], 'getMany')
    same(await collect(store.iterate()), [], 'iterate')
    same(await store.delete(kept.key), false, 'delete')
  }),
  must('expiry/none', 'keeps a record without expiry', async ({ open, clock }) => {
    const store = await open()
    await store.put(record('/k', 'v', 1))
    clock.now += 10n ** 18n
    same(await store.sweep(), 0, 'swept records')
    same(await store.has(text('/k')), true, 'has')
  }),
  must('expiry/sweep', 'sweeps expired records only', async ({ open, clock }) => {
    const store = await open()
    for (let index = 0; index < 10; index++) {
      await store.put(record(`/k/${index}`, 'v', 1, { expires: clock.now + BigInt(index) * 10n }))
    }
    await store.put(record('/k/10', 'v', 1))
    clock.now += 45n
    same(await store.sweep(), 5, 'swept records')
    const { entries, marks } = await store.stats()
    same({ entries, marks }, { entries: 6, marks: 5 }, 'stats')
    same(await store.sweep(), 0, 'records swept again')
  }),
  must(
    'expiry/sweep-limit',
    'sweeps at most as many records as requested, earliest expiry first',
    async ({ open, clock }) => {
      const store = await open()
      for (const index of [3, 1, 4, 0, 2]) {
        await store.put(record(`/k/${index}`, 'v', 1, { expires: clock.now + BigInt(index) }))
      }
      clock.now += 100n
      same(await store.sweep({ limit: 2 }), 2, 'swept records')
      same(
        (await collect(store.marks())).map(({ key }) => new TextDecoder().decode(key)),
        ['/k/0', '/k/1'],
        'marks'
      )
      same(await store.sweep({ limit: 0 }), 0, 'records swept with limit 0')
      same(await store.sweep(), 3, 'records swept without a limit')
    }
  ),
  must('expiry/sweep-many', 'sweeps a thousand records', async ({ open, clock }) => {
    const store = await open()
    const expires = clock.now + 5n
    await store.batch(
      Array.from({ length: 1000 }, (_, index) => ({ type: 'put', record: record(`/k/${index}`, 'v', 1, { expires }) }))
    )
    clock.now += 6n
    same(await store.sweep(), 1000, 'swept records')
    same(await store.stats(), { entries: 0, bytes: 0, marks: 1000, publications: 0 }, 'stats')
  }),
  must(
    'expiry/moved',
    'uses the current expiry of a record that was refreshed or replaced',
    async ({ open, clock }) => {
      const store = await open()
      await store.put(record('/refreshed', 'v', 1, { expires: clock.now + 10n }))
      await store.put(record('/refreshed', 'v', 1, { expires: clock.now + 100n }))
      await store.put(record('/replaced', 'v', 1, { expires: clock.now + 10n }))
      await store.put(record('/replaced', 'v', 2))
      await store.put(record('/shorter', 'v', 1, { expires: clock.now + 100n }))
      await store.put(record('/shorter', 'v', 2, { expires: clock.now + 10n }))
      clock.now += 50n
      same(await store.sweep(), 1, 'swept records')
      same(await store.has(text('/refreshed')), true, 'has /refreshed')
      same(await store.has(text('/replaced')), true, 'has /replaced')
      clock.now += 100n
      same(await store.sweep(), 1, 'records swept later')
    }
  ),
  must('expiry/sweep-race', 'never sweeps a record that was put during the sweep', async ({ open, clock }) => {
    const store = await open()
    const count = 50
    for (let index = 0; index < count; index++) {
      await store.put(record(`/k/${index}`, 'v', 1, { expires: clock.now + 1n }))
    }
    clock.now += 2n
    const puts = Array.from({ length: count }, (_, index) => store.put(record(`/k/${index}`, 'v', 2)))
    await Promise.all([store.sweep(), ...puts, store.sweep()])
    for (let index = 0; index < count; index++) same(await store.has(text(`/k/${index}`)), true, `has /k/${index}`)
  }),
  must('expiry/past', 'treats a record that has expired before its put as its mark', async ({ open, clock }) => {
    const store = await open()
    await store.put(record('/k', 'v', 5, { expires: clock.now - 1n }))
    same(await store.get(text('/k')), undefined, 'get')
    same((await store.put(record('/k', 'v', 4))).status, 'stale', 'status of a lower rank')
  })
])
