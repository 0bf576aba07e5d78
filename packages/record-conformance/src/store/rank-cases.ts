import { compareBytes } from '@recordkit/record-types'
import { check, collect, same } from '../assert.ts'
import type { StoredRecord } from '@recordkit/record-store'
import type { StoreCase } from './store-case.ts'
import { cases, must, orderOf, publicationOf, rankOf, record, startTime, text } from './store-case.ts'

/** ns */
const second = 1_000_000_000n

/** The put rule: a put never replaces a record by a lower one. */
export const rankCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must(
    'rank/higher',
    'replaces a record by one with a higher rank and returns the replaced record',
    async ({ open }) => {
      const store = await open()
      const low = record('/k', 'zz', 1)
      const high = record('/k', 'aa', 2)
      await store.put(low)
      same(await store.put(high), { status: 'stored', previous: low }, 'put')
      same(await store.get(high.key), high, 'get')
    }
  ),
  must('rank/lower', 'refuses a record with a lower rank and returns the stored record', async ({ open }) => {
    const store = await open()
    const high = record('/k', 'aa', 2)
    await store.put(high)
    same(await store.put(record('/k', 'zz', 1)), { status: 'stale', previous: high }, 'put')
    same(await store.get(high.key), high, 'get')
  }),
  must('rank/equal', 'stores the higher identity of two records with equal order', async ({ open }) => {
    const store = await open()
    const small = record('/k', 'aa', 2)
    const large = record('/k', 'bb', 2)
    await store.put(small)
    same(await store.put(large), { status: 'stored', previous: small }, 'put of the higher identity')
    same(await store.put(small), { status: 'stale', previous: large }, 'put of the lower identity')
    same(await store.get(large.key), large, 'get')
  }),
  must('rank/identity', 'treats equal ranks as the same record and keeps the stored value', async ({ open }) => {
    const store = await open()
    const stored = record('/k', 'mm', 2)
    await store.put(stored)
    for (const value of ['', 'a', 'zz', 'zzzzzz']) {
      const variant = { ...stored, value: text(value) }
      same(await store.put(variant), { status: 'refreshed', previous: stored }, `put of the variant ${value}`)
      same(await store.get(stored.key), stored, 'get')
    }
    // another rank with the same value is another record
    same((await store.put({ ...stored, rank: rankOf(1, 'mm') })).status, 'stale', 'status of the value at a lower rank')
    same((await store.put({ ...stored, rank: rankOf(3, 'mm') })).status, 'stored', 'status at a higher rank')
    same((await store.get(stored.key))?.rank, rankOf(3, 'mm'), 'rank')
  }),
  must(
    'rank/completes',
    'replaces the value of a record of the same rank only by one that completes the stored value',
    async ({ open }) => {
      const store = await open()
      const stored = record('/k', 'mm', 2)
      const longer = { ...stored, value: text('mmmm') }
      const publication = publicationOf('/k')
      await store.put(stored, { publication })
      const completing = { completes: text('other') }
      same(await store.put(longer, completing), { status: 'refreshed', previous: stored }, 'put beside another value')
      same(await store.get(stored.key), stored, 'get')
      const put = await store.put(longer, { completes: stored.value, ifRank: null })
      same(put, { status: 'refreshed', previous: stored }, 'put of the completed value')
      same(await store.get(stored.key), longer, 'get of the completed value')
      same(await store.publication(stored.key), publication, 'publication')
      same((await store.stats()).entries, 1, 'entries')
      // only the same record is completed
      const lower = { ...record('/k', 'zz', 1), value: text('mmmmm') }
      same((await store.put(lower, { completes: longer.value })).status, 'stale', 'status of a lower rank')
      same(await store.get(stored.key), longer, 'get after a lower rank')
    }
  ),
  must('rank/bytes', 'compares ranks byte by byte, with a prefix below longer ranks', async ({ open }) => {
    const store = await open()
    const zeros = (length: number): number[] => Array.from({ length }, () => 0)
    const ranks = [
      zeros(32),
      zeros(33),
      zeros(63),
      [...zeros(32), 255],
      [...zeros(31), 1],
      [...zeros(31), 1, 0],
      [127, ...zeros(31)],
      [128, ...zeros(31)],
      [255, ...zeros(31)],
      [255, ...zeros(62)]
    ]
    // a value of its own for each rank
    const ranked = (index: number): StoredRecord => ({
      ...record('/k', Uint8Array.of(99 - index), 1),
      rank: Uint8Array.from(ranks[index] as number[])
    })
    for (let index = 0; index < ranks.length; index++) {
      same((await store.put(ranked(index))).status, 'stored', `status of rank ${index}`)
      for (let lower = 0; lower < index; lower++)
        same((await store.put(ranked(lower))).status, 'stale', `status of rank ${lower} after ${index}`)
    }
  }),
  must('rank/refreshed', 'updates only the times when the same record is put again', async ({ open }) => {
    const store = await open()
    const first = record('/k', 'v', 1, { expires: startTime + 10n, sender: Uint8Array.of(1) })
    await store.put(first)
    const again = { ...first, timeReceived: startTime + second, expires: startTime + 20n, sender: Uint8Array.of(2) }
    same(await store.put(again), { status: 'refreshed', previous: first }, 'put')
    const refreshed = { ...first, timeReceived: startTime + second, expires: startTime + 20n }
    same(await store.get(first.key), refreshed, 'get')
    same((await store.put(first)).status, 'refreshed', 'status of an older copy')
    same(await store.get(first.key), refreshed, 'get after an older copy')
  }),
  must('rank/concurrent', 'ends with the highest rank after 64 concurrent puts in any order', async ({ open }) => {
    const store = await open()
    const ranks = Array.from({ length: 64 }, (_, index) => (index * 37) % 64)
    const results = await Promise.all(ranks.map((rank) => store.put(record('/k', `v${rank}`, rank))))
    same(orderOf((await store.get(text('/k')))?.rank), Uint8Array.of(63), 'remaining rank')
    for (const [index, { status, previous }] of results.entries()) {
      if (previous === undefined) continue
      const order = compareBytes(rankOf(ranks[index] as number, `v${ranks[index]}`), previous.rank)
      check(
        status === 'stored' ? order > 0 : order < 0,
        `a put was ${status}, against the order of its rank and the previous one`
      )
    }
    const firsts = results.filter(({ previous }) => previous === undefined)
    same(firsts.length, 1, 'puts without a previous record')
  }),
  must(
    'rank/concurrent-equal',
    'stores the highest identity when concurrent puts have equal order',
    async ({ open }) => {
      const store = await open()
      const values = Array.from({ length: 16 }, (_, index) => `v${String((index * 7) % 16).padStart(2, '0')}`)
      const results = await Promise.all(values.map((value) => store.put(record('/k', value, 1))))
      same((await store.get(text('/k')))?.value, text('v15'), 'remaining value')
      same(results.filter(({ previous }) => previous === undefined).length, 1, 'puts without a previous record')
    }
  ),
  must('delete/if-rank', 'deletes a record only if it has the given rank', async ({ open }) => {
    const store = await open()
    await store.put(record('/k', 'v1', 1))
    same(await store.delete(text('/k'), { ifRank: rankOf(1, 'v0') }), false, 'with another rank')
    same(await store.delete(text('/k'), { ifRank: null }), false, 'with null')
    same(await store.has(text('/k')), true, 'has')
    same(await store.delete(text('/k'), { ifRank: rankOf(1, 'v1') }), true, 'with its rank')
    same(await store.has(text('/k')), false, 'has')
    same(await store.delete(text('/k')), false, 'again')
  }),
  must('delete/publication', 'deletes the publication with its record, and leaves the mark', async ({ open }) => {
    const store = await open()
    await store.put(record('/k', 'v', 1), { publication: publicationOf('/k') })
    same(await store.delete(text('/k')), true, 'delete')
    same(await store.publication(text('/k')), undefined, 'publication')
    same(await collect(store.publications()), [], 'publications')
    same((await store.mark(text('/k')))?.rank, rankOf(1, 'v'), 'rank of the mark')
    same(await store.delete(text('/k')), false, 'delete again')
  }),
  must(
    'delete/publication-alone',
    'deletes a publication whose record has expired, swept or not',
    async ({ open, clock }) => {
      const store = await open()
      for (const key of ['/a', '/b'])
        await store.put(record(key, 'v', 1, { expires: clock.now + 1n }), { publication: publicationOf(key) })
      clock.now += 2n
      same(await store.delete(text('/a')), true, 'delete before a sweep')
      await store.sweep()
      same(await store.delete(text('/b')), true, 'delete after a sweep')
      same(await collect(store.publications()), [], 'publications')
      same((await store.stats()).publications, 0, 'publications of stats')
    }
  ),
  must('delete/concurrent', 'reports only one of many concurrent deletes as successful', async ({ open }) => {
    const store = await open()
    await store.put(record('/k', 'v', 1))
    const answers = await Promise.all(Array.from({ length: 16 }, () => store.delete(text('/k'))))
    same(answers.filter(Boolean).length, 1, 'successful deletes')
  }),
  must('delete/replaced', 'does not delete a record that replaced the one that was read', async ({ open }) => {
    const store = await open()
    await store.put(record('/k', 'old', 1))
    const read = await store.get(text('/k'))
    const [, deleted] = await Promise.all([
      store.put(record('/k', 'new', 2)),
      store.delete(text('/k'), { ifRank: read?.rank })
    ])
    same((await store.get(text('/k')))?.value, text('new'), `remaining value (deleted: ${deleted})`)
  })
])
