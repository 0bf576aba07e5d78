import type { RecordStore, StoreQuery } from '@recordkit/record-store'
import { check, collect, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, publicationOf, rankOf, record, text } from './store-case.ts'

async function publishedKeys(store: RecordStore, query?: StoreQuery): Promise<string[]> {
  return (await collect(store.publications(query))).map(({ key }) => new TextDecoder().decode(key))
}

/** Publications, and touches of existing entries. */
export const publicationCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('publications/stays', 'keeps a publication when its record is refreshed or replaced', async ({ open }) => {
    const store = await open()
    await store.put(record('/k', 'one', 1), { publication: publicationOf('/k') })
    await store.put(record('/k', 'one', 1))
    same(await store.publication(text('/k')), publicationOf('/k'), 'after a refresh')
    await store.put(record('/k', 'two', 2, { sender: Uint8Array.of(1) }))
    same(await store.publication(text('/k')), publicationOf('/k'), 'after a replacement')
    await store.put(record('/k', 'low', 1))
    same(await store.publication(text('/k')), publicationOf('/k'), 'after a stale put')
  }),
  must('publications/put', 'writes a publication with a record that is stored or refreshed only', async ({ open }) => {
    const store = await open()
    const changed = publicationOf('/k', { network: false })
    await store.put(record('/k', 'two', 2))
    await store.put(record('/k', 'one', 1), { publication: changed })
    same(await store.publication(text('/k')), undefined, 'after a stale put')
    await store.put(record('/k', 'three', 3), { publication: changed, ifRank: null })
    same(await store.publication(text('/k')), undefined, 'after a conflict')
    await store.put(record('/k', 'two', 2), { publication: publicationOf('/k') })
    same(await store.publication(text('/k')), publicationOf('/k'), 'after a refresh')
    await store.put(record('/k', 'three', 3), { publication: changed })
    same(await store.publication(text('/k')), changed, 'after a replacement')
    await store.put(record('/k', 'three', 3), { publication: null })
    same(await store.publication(text('/k')), undefined, 'after null')
  }),
  must('publications/outlives', 'keeps a publication when its record expires and is swept', async ({ open, clock }) => {
    const store = await open()
    await store.put(record('/k', 'v', 1, { expires: clock.now + 1n }), { publication: publicationOf('/k') })
    clock.now += 2n
    same(await store.publication(text('/k')), publicationOf('/k'), 'before a sweep')
    same(await store.sweep(), 0, 'swept records')
    same(await store.publication(text('/k')), publicationOf('/k'), 'after a sweep')
    same(await publishedKeys(store), ['/k'], 'publications')
    same((await store.put(record('/k', 'w', 2))).status, 'stored', 'status of the next put')
    same(await store.publication(text('/k')), publicationOf('/k'), 'after the next put')
  }),
  must(
    'publications/lapsed',
    'keeps a lapsed record while its key is published: hidden, except from an iteration with `expired`',
    async ({ open, clock }) => {
      const store = await open()
      const lapsing = record('/k', 'v', 1, { expires: clock.now + 1n })
      await store.put(lapsing, { publication: publicationOf('/k') })
      await store.put(record('/other', 'v', 1, { expires: clock.now + 1n }))
      clock.now += 2n
      same(await store.sweep(), 1, 'swept records')
      same(await store.get(text('/k')), undefined, 'get')
      same(await collect(store.iterate()), [], 'iterate')
      same(await collect(store.iterate({ expired: true })), [lapsing], 'iterate with expired')
      same(await store.touch(text('/k'), { ifRank: null, publication: null }), true, 'touch')
      same(await store.sweep(), 1, 'swept records of a key that is not published any more')
      same(await collect(store.iterate({ expired: true })), [], 'iterate with expired after that')
      same((await store.mark(text('/k')))?.rank, lapsing.rank, 'rank of the mark')
    }
  ),
  must('publications/list', 'lists publications in byte order of their keys within a query', async ({ open }) => {
    const store = await open()
    const keys = ['/a/1', '/a/2', '/b/1', '/b/2', '/c']
    for (const key of [...keys].reverse()) await store.put(record(key, 'v', 1), { publication: publicationOf(key) })
    await store.put(record('/a/3', 'not published', 1))
    same(await publishedKeys(store), keys, 'all')
    same(await publishedKeys(store, { prefix: text('/b') }), ['/b/1', '/b/2'], 'by prefix')
    same(await publishedKeys(store, { reverse: true, limit: 2 }), ['/c', '/b/2'], 'in reverse')
    same(await publishedKeys(store, { after: text('/a/2'), limit: 1 }), ['/b/1'], 'after a key')
    same(await publishedKeys(store, { start: text('/a/2'), end: text('/b/2') }), ['/a/2', '/b/1'], 'in a range')
    same(await publishedKeys(store, { limit: 0 }), [], 'limit 0')
    await store.touch(text('/a/3'), { publication: publicationOf('/a/3') })
    await store.touch(text('/b/1'), { publication: null })
    same(await publishedKeys(store), ['/a/1', '/a/2', '/a/3', '/b/2', '/c'], 'after touches')
  }),
  must('touch/times', 'changes the given times of a record and nothing else', async ({ open, clock }) => {
    const store = await open()
    const stored = record('/k', 'v', 1, {
      expires: clock.now + 10n,
      sender: Uint8Array.of(1),
      author: Uint8Array.of(2)
    })
    await store.put(stored, { publication: publicationOf('/k') })
    same(await store.touch(stored.key, { timeReceived: clock.now + 5n }), true, 'touch of timeReceived')
    same(await store.get(stored.key), { ...stored, timeReceived: clock.now + 5n }, 'get')
    same(await store.touch(stored.key, { expires: clock.now + 5n }), true, 'touch of expires')
    const touched = { ...stored, timeReceived: clock.now + 5n, expires: clock.now + 5n }
    same(await store.get(stored.key), touched, 'get after a shorter expiry')
    same(await store.publication(stored.key), publicationOf('/k'), 'publication')
    clock.now += 6n
    same(await store.get(stored.key), undefined, 'get after the new expiry')
    same(await store.sweep(), 0, 'swept records')
  }),
  must('touch/longer', 'sweeps a touched record by its new expiry', async ({ open, clock }) => {
    const store = await open()
    await store.put(record('/k', 'v', 1, { expires: clock.now + 10n }))
    await store.touch(text('/k'), { expires: clock.now + 100n })
    clock.now += 50n
    same(await store.sweep(), 0, 'swept records')
    same(await store.has(text('/k')), true, 'has')
    clock.now += 100n
    same(await store.sweep(), 1, 'records swept later')
  }),
  must('touch/absent', 'never creates an entry by a touch', async ({ open, clock }) => {
    const store = await open()
    const changes = { timeReceived: clock.now, expires: clock.now + 10n, publication: publicationOf('/k') }
    same(await store.touch(text('/k'), changes), false, 'touch of an absent key')
    same(await store.touch(text('/k'), { ...changes, ifRank: null }), false, 'touch of an absent key with null')
    same(await store.stats(), { entries: 0, bytes: 0, marks: 0, publications: 0 }, 'stats')
    same(await store.publication(text('/k')), undefined, 'publication')
    await store.put(record('/k', 'v', 1))
    await store.delete(text('/k'))
    same(await store.touch(text('/k'), changes), false, 'touch of a mark')
    same(await store.get(text('/k')), undefined, 'get after a delete')
    same(await collect(store.publications()), [], 'publications after a delete')
  }),
  must('touch/expired', 'does not bring an expired record back by a touch', async ({ open, clock }) => {
    for (const swept of [false, true]) {
      const store = await open()
      await store.put(record('/k', 'v', 1, { expires: clock.now + 1n }))
      clock.now += 2n
      if (swept) await store.sweep()
      same(await store.touch(text('/k'), { expires: clock.now + 100n }), false, 'touch')
      same(await store.get(text('/k')), undefined, 'get')
    }
  }),
  must(
    'touch/publication',
    'changes and removes a publication by a touch, with or without a record',
    async (context) => {
      const { open, clock } = context
      const store = await open()
      const stored = record('/k', 'v', 1, { expires: clock.now + 10n })
      await store.put(stored)
      same(await store.touch(stored.key, { publication: publicationOf('/k') }), true, 'touch')
      same(await store.publication(stored.key), publicationOf('/k'), 'publication')
      same(await store.get(stored.key), stored, 'record')
      clock.now += 11n
      const published = publicationOf('/k', { published: clock.now })
      same(await store.touch(stored.key, { publication: published }), true, 'touch after the expiry')
      same(await store.publication(stored.key), published, 'publication after the expiry')
      await store.sweep()
      same(await store.touch(stored.key, { expires: clock.now + 10n }), true, 'touch of the times after a sweep')
      same(await store.get(stored.key), undefined, 'get')
      same(await store.publication(stored.key), published, 'publication after a sweep')
      same(await store.touch(stored.key, { publication: null }), true, 'touch with null')
      same(await store.publication(stored.key), undefined, 'publication after null')
      same(await store.touch(stored.key, { publication: published }), false, 'touch of a mark')
      same((await store.stats()).publications, 0, 'publications of stats')
    }
  ),
  must('touch/rank', 'touches a record only if it has the rank of the condition', async ({ open, clock }) => {
    const store = await open()
    const stored = record('/k', 'v', 2)
    await store.put(stored)
    for (const ifRank of [rankOf(1, 'v'), rankOf(2, 'w'), null])
      same(
        await store.touch(stored.key, { ifRank, timeReceived: clock.now + 9n, publication: publicationOf('/k') }),
        false,
        'touch'
      )
    same(await store.get(stored.key), stored, 'record')
    same(await store.publication(stored.key), undefined, 'publication')
    same(
      await store.touch(stored.key, { ifRank: stored.rank, timeReceived: clock.now + 9n }),
      true,
      'touch with its rank'
    )
  }),
  must('touch/deleted', 'leaves a record deleted that is touched at the same time', async ({ open, clock }) => {
    const store = await open()
    for (let round = 0; round < 20; round++) {
      const stored = record(`/k/${round}`, 'v', 1)
      await store.put(stored)
      const touch = (): Promise<boolean> =>
        store.touch(stored.key, { expires: clock.now + 100n, publication: publicationOf(stored.key) })
      const [deleted] = await Promise.all([store.delete(stored.key), touch(), touch()])
      check(deleted, 'a delete beside touches reports that there was no record')
      same(await store.get(stored.key), undefined, 'get')
      same(await store.publication(stored.key), undefined, 'publication')
    }
  }),
  must(
    'touch/shared',
    'leaves a record deleted that another store touches at the same time',
    async ({ open, share, clock }) => {
      const one = await open()
      const two = await share(one)
      for (let round = 0; round < 20; round++) {
        const stored = record(`/k/${round}`, 'v', 1)
        await one.put(stored)
        await Promise.all([
          one.delete(stored.key),
          two.touch(stored.key, { expires: clock.now + 100n, publication: publicationOf(stored.key) })
        ])
        same(await two.get(stored.key), undefined, 'get')
        same(await two.publication(stored.key), undefined, 'publication')
      }
    },
    ['multiProcess', 'share']
  )
])
