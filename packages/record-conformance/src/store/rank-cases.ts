import { compareBytes } from '@recordkit/record-types'
import { check, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, record, startTime, text } from './store-case.ts'

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
  must(
    'rank/equal',
    'stores the larger of two values with equal rank and reports the conflict either way',
    async ({ open }) => {
      const store = await open()
      const small = record('/k', 'aa', 2)
      const large = record('/k', 'bb', 2)
      await store.put(small)
      same(await store.put(large), { status: 'stored', previous: small, conflict: small }, 'larger put')
      same(await store.put(small), { status: 'stale', previous: large, conflict: large }, 'smaller put')
      same(await store.get(large.key), large, 'get')
    }
  ),
  must('rank/bytes', 'compares ranks byte by byte, with a prefix below longer ranks', async ({ open }) => {
    const store = await open()
    const ranks = [[], [0], [0, 0], [0, 255], [1], [1, 0], [127], [128], [255], [255, 0]]
    for (const [index, rank] of ranks.entries()) {
      same((await store.put(record('/k', 'v', Uint8Array.from(rank)))).status, 'stored', `rank ${rank.join(' ')}`)
      for (const lower of ranks.slice(0, index)) {
        const { status } = await store.put(record('/k', 'zzz', Uint8Array.from(lower)))
        same(status, 'stale', `rank ${lower.join(' ')} after ${rank.join(' ')}`)
      }
    }
  }),
  must('rank/refreshed', 'updates only the times when the same record is put again', async ({ open }) => {
    const store = await open()
    const first = record('/k', 'v', 1, { expires: startTime + 10n, sender: Uint8Array.of(1) })
    await store.put(first)
    const again = { ...first, timeReceived: startTime + 5n, expires: startTime + 20n, sender: Uint8Array.of(2) }
    same(await store.put(again), { status: 'refreshed', previous: first }, 'put')
    const refreshed = { ...first, timeReceived: startTime + 5n, expires: startTime + 20n }
    same(await store.get(first.key), refreshed, 'get')
    same((await store.put(first)).status, 'refreshed', 'status of an older copy')
    same(await store.get(first.key), refreshed, 'get after an older copy')
  }),
  must('rank/local', 'keeps a record local when a peer sends it back', async ({ open }) => {
    const store = await open()
    await store.put(record('/k', 'v', 1, { local: true }))
    same((await store.put(record('/k', 'v', 1, { sender: Uint8Array.of(2) }))).status, 'refreshed', 'status')
    same((await store.get(text('/k')))?.local, true, 'local')
  }),
  must('rank/concurrent', 'ends with the highest rank after 64 concurrent puts in any order', async ({ open }) => {
    const store = await open()
    const ranks = Array.from({ length: 64 }, (_, index) => (index * 37) % 64)
    const results = await Promise.all(ranks.map((rank) => store.put(record('/k', `v${rank}`, rank))))
    same((await store.get(text('/k')))?.rank, Uint8Array.of(63), 'remaining rank')
    for (const [index, { status, previous }] of results.entries()) {
      if (previous === undefined) continue
      const order = compareBytes(Uint8Array.of(ranks[index] as number), previous.rank)
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
    'reports every replaced value once when concurrent puts have equal rank',
    async ({ open }) => {
      const store = await open()
      const values = Array.from({ length: 16 }, (_, index) => `v${String((index * 7) % 16).padStart(2, '0')}`)
      const results = await Promise.all(values.map((value) => store.put(record('/k', value, 1))))
      same((await store.get(text('/k')))?.value, text('v15'), 'remaining value')
      same(results.filter(({ conflict }) => conflict === undefined).length, 1, 'puts without a conflict')
    }
  ),
  must('delete/if-value', 'deletes a record only if it has the given value', async ({ open }) => {
    const store = await open()
    await store.put(record('/k', 'v1', 1))
    same(await store.delete(text('/k'), { ifValue: text('v0') }), false, 'with another value')
    same(await store.has(text('/k')), true, 'has')
    same(await store.delete(text('/k'), { ifValue: text('v1') }), true, 'with its value')
    same(await store.has(text('/k')), false, 'has')
    same(await store.delete(text('/k')), false, 'again')
  }),
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
      store.delete(text('/k'), { ifValue: read?.value as Uint8Array })
    ])
    same((await store.get(text('/k')))?.value, text('new'), `remaining value (deleted: ${deleted})`)
  })
])
