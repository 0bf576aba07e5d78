import { check, collect, rejects, rejectsWithCode, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, rankOf, record, text } from './store-case.ts'

/** ns */
const hour = 3_600_000_000_000n

/*
 * The behaviour of the value store of go-libp2p-kad-dht. Go decides with a validator's `Select` (in its tests the longest
 * value wins) and with a maximum age; here these are a rank and an expiry. Where this store contract differs, the title of
 * the case says so.
 */

/** A record whose rank is the length of its value, as in the Go tests. */
function longest(key: string, value: string): ReturnType<typeof record> {
  return record(key, value, Uint8Array.of(value.length))
}

/** The test cases of go-libp2p-kad-dht's value store. */
export const goCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('go/put-get', 'returns the record that was put (TestValueStorePutGetRoundTrip)', async ({ open, clock }) => {
    const store = await open()
    await store.put(longest('/pk/abc', 'hello'))
    const found = await store.get(text('/pk/abc'))
    same(found?.value, text('hello'), 'value')
    same(found?.timeReceived, clock.now, 'timeReceived')
  }),
  must('go/missing', 'returns undefined for a missing key (TestValueStoreGetMissing)', async ({ open }) => {
    const store = await open()
    same(await store.get(text('/pk/missing')), undefined, 'get')
  }),
  must(
    'go/select',
    'keeps the better of two records (TestValueStorePutSelect: better replaces worse, worse rejected)',
    async ({ open }) => {
      const store = await open()
      same((await store.put(longest('/pk/k', 'aa'))).status, 'stored', 'status of the first put')
      same((await store.put(longest('/pk/k', 'bbbb'))).status, 'stored', 'status of the better record')
      same((await store.put(longest('/pk/k', 'c'))).status, 'stale', 'status of the worse record')
      same((await store.get(text('/pk/k')))?.value, text('bbbb'), 'value')
    }
  ),
  must(
    'go/select-equal',
    'decides a tie of order by the identity, where Go keeps the last value (TestValueStorePutSelect: equal replaces)',
    async ({ open }) => {
      const store = await open()
      await store.put(longest('/pk/k', 'aa'))
      same((await store.put(longest('/pk/k', 'cc'))).status, 'stored', 'status of the higher identity')
      same((await store.put(longest('/pk/k', 'aa'))).status, 'stale', 'status of the lower identity')
      same((await store.get(text('/pk/k')))?.value, text('cc'), 'value')
    }
  ),
  must('go/no-validator', 'does not validate values (TestValueStoreGetSkipsValidation)', async ({ open }) => {
    const store = await open()
    await store.put(longest('/pk/k', 'bad-value'))
    same((await store.get(text('/pk/k')))?.value, text('bad-value'), 'value')
  }),
  must(
    'go/expiry',
    'returns a record up to its maximum age (TestValueStoreGetExpiry, and the boundary of the source)',
    async ({ open, clock }) => {
      const store = await open()
      await store.put({ ...longest('/pk/k', 'v'), expires: clock.now + 48n * hour })
      clock.now += 24n * hour
      same((await store.get(text('/pk/k')))?.value, text('v'), 'value after 24 h')
      clock.now += 24n * hour
      same((await store.get(text('/pk/k')))?.value, text('v'), 'value after exactly 48 h')
      clock.now += 24n * hour
      same(await store.get(text('/pk/k')), undefined, 'get after 72 h')
      same(await store.has(text('/pk/k')), false, 'has after 72 h')
    }
  ),
  must(
    'go/no-expiry',
    'keeps a record without a maximum age (TestValueStoreNoExpiryWhenAgeZero)',
    async ({ open, clock }) => {
      const store = await open()
      await store.put(longest('/pk/k', 'v'))
      clock.now += 1000n * hour
      same((await store.get(text('/pk/k')))?.value, text('v'), 'value')
    }
  ),
  must(
    'go/discard-unchanged',
    'deletes only an unchanged record (TestValueStoreDiscardIfUnchanged)',
    async ({ open }) => {
      const store = await open()
      await store.put(longest('/pk/k', 'old'))
      await store.put(longest('/pk/k', 'newer'))
      same(await store.delete(text('/pk/k'), { ifRank: rankOf(3, 'old') }), false, 'delete')
      same((await store.get(text('/pk/k')))?.value, text('newer'), 'value')
    }
  ),
  must('go/concurrent', 'ends with the best of concurrent puts (TestValueStorePutConcurrent)', async ({ open }) => {
    const store = await open()
    await Promise.all(Array.from({ length: 16 }, (_, index) => store.put(longest('/pk/k', 'x'.repeat(index + 1)))))
    same((await store.get(text('/pk/k')))?.value, text('x'.repeat(16)), 'value')
  }),
  must(
    'go/corrupt',
    'overwrites an entry that cannot be decoded (TestValueStorePutOverwritesBadExisting: corrupt)',
    async ({ open, factory }) => {
      const store = await open()
      await store.put(longest('/pk/k', 'garbage'))
      await factory.corrupt?.(store, text('/pk/k'))
      same((await store.put(longest('/pk/k', 'fresh'))).status, 'stored', 'status')
      same((await store.get(text('/pk/k')))?.value, text('fresh'), 'value')
    },
    ['corruption']
  ),
  must('go/empty-key', 'rejects an empty key, which Go accepts (TestValueStoreEmptyKey)', async ({ open }) => {
    const store = await open()
    await rejects(() => store.put({ ...longest('x', 'v'), key: new Uint8Array(0) }), 'INVALID_ARGUMENT', 'put')
  }),
  must(
    'go/datastore-errors',
    'reports errors of the storage (TestValueStoreDatastoreErrors)',
    async ({ openFaulty }) => {
      const { store, fail } = await openFaulty()
      fail('read', new Error('injected'))
      await rejects(() => store.get(text('/pk/k')), 'STORE_IO', 'get')
      await rejects(() => store.put(longest('/pk/k', 'v')), 'STORE_IO', 'put whose read fails')
      fail('read', undefined)
      fail('write', new Error('injected'))
      const codes = ['STORE_IO', 'STORE_UNKNOWN'] as const
      await rejectsWithCode(() => store.put(longest('/pk/k', 'v')), codes, 'put whose write fails')
    },
    ['faults']
  ),
  must(
    'go/sweep',
    'sweeps records past their maximum age and keeps the others (TestValueStoreGCSweepsExpired, GCKeepsFresh)',
    async ({ open, clock }) => {
      const store = await open()
      await store.put({ ...longest('/pk/old', 'v'), expires: clock.now + 48n * hour })
      await store.put({ ...longest('/pk/fresh', 'v'), expires: clock.now + 96n * hour })
      clock.now += 49n * hour
      same(await store.sweep(), 1, 'swept records')
      same(
        (await collect(store.iterate())).map(({ key }) => new TextDecoder().decode(key)),
        ['/pk/fresh'],
        'remaining keys'
      )
    }
  ),
  must(
    'go/sweep-race',
    'keeps a record that is put during a sweep (TestValueStoreGCConcurrentPutSurvives)',
    async ({ open, clock }) => {
      const store = await open()
      await store.put({ ...longest('/pk/k', 'v'), expires: clock.now + hour })
      clock.now += 2n * hour
      const [, { status }] = await Promise.all([store.sweep(), store.put(longest('/pk/k', 'fresh'))])
      check(status === 'stored', `the status of the put is ${status}; expected stored`)
      same((await store.get(text('/pk/k')))?.value, text('fresh'), 'value')
    }
  ),
  must(
    'go/close-twice',
    'can be closed twice (TestValueStoreCloseWithoutGC, CloseIdempotentAfterStartGC)',
    async ({ open }) => {
      const store = await open()
      await store.close()
      await store.close()
    }
  )
])
