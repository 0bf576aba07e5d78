import { check, collect, rejects, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, record, text } from './store-case.ts'

/** ns */
const hour = 3_600_000_000_000n

/*
 * The behaviour of go-libp2p-kad-dht's value store, in the words of a store that knows nothing of validators: what its
 * `Select` decides is here a rank (there "longest wins": the length of the value), what its age decides an expiry.
 * Where a store of ours must answer otherwise, the case says so.
 */

/** Go's "longest wins" as a rank. */
function longest(key: string, value: string): ReturnType<typeof record> {
  return record(key, value, Uint8Array.of(value.length))
}

export const goCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('go/put-get', 'gives back what was put (TestValueStorePutGetRoundTrip)', async ({ open, clock }) => {
    const store = await open()
    await store.put(longest('/pk/abc', 'hello'))
    const found = await store.get(text('/pk/abc'))
    same(found?.value, text('hello'), 'value')
    same(found?.timeReceived, clock.now, 'timeReceived')
  }),
  must('go/missing', 'answers absence without an error (TestValueStoreGetMissing)', async ({ open }) => {
    const store = await open()
    same(await store.get(text('/pk/missing')), undefined, 'get')
  }),
  must(
    'go/select',
    'keeps the better of two (TestValueStorePutSelect: better replaces worse, worse rejected)',
    async ({ open }) => {
      const store = await open()
      same((await store.put(longest('/pk/k', 'aa'))).status, 'stored', 'outcome of the first')
      same((await store.put(longest('/pk/k', 'bbbb'))).status, 'stored', 'outcome of the better')
      same((await store.put(longest('/pk/k', 'c'))).status, 'stale', 'outcome of the worse')
      same((await store.get(text('/pk/k')))?.value, text('bbbb'), 'value')
    }
  ),
  must(
    'go/select-equal',
    'decides a tie by the value bytes, where Go takes whichever came last (TestValueStorePutSelect: equal replaces)',
    async ({ open }) => {
      const store = await open()
      await store.put(longest('/pk/k', 'aa'))
      same((await store.put(longest('/pk/k', 'cc'))).status, 'stored', 'outcome of the larger')
      same((await store.put(longest('/pk/k', 'aa'))).status, 'stale', 'outcome of the smaller')
      same((await store.get(text('/pk/k')))?.value, text('cc'), 'value')
    }
  ),
  must(
    'go/no-validator',
    'does not ask whether a value is good (TestValueStoreGetSkipsValidation)',
    async ({ open }) => {
      const store = await open()
      await store.put(longest('/pk/k', 'bad-value'))
      same((await store.get(text('/pk/k')))?.value, text('bad-value'), 'value')
    }
  ),
  must(
    'go/expiry',
    'serves a record up to its age and no longer (TestValueStoreGetExpiry, and the boundary of the source)',
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
  must('go/no-expiry', 'never expires without an age (TestValueStoreNoExpiryWhenAgeZero)', async ({ open, clock }) => {
    const store = await open()
    await store.put(longest('/pk/k', 'v'))
    clock.now += 1000n * hour
    same((await store.get(text('/pk/k')))?.value, text('v'), 'value')
  }),
  must(
    'go/discard-unchanged',
    'deletes only what is unchanged (TestValueStoreDiscardIfUnchanged)',
    async ({ open }) => {
      const store = await open()
      await store.put(longest('/pk/k', 'old'))
      await store.put(longest('/pk/k', 'newer'))
      same(await store.delete(text('/pk/k'), { ifValue: text('old') }), false, 'delete')
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
    'overwrites an entry that cannot be read (TestValueStorePutOverwritesBadExisting: corrupt)',
    async ({ open, factory }) => {
      const store = await open()
      await store.put(longest('/pk/k', 'garbage'))
      await factory.corrupt?.(store, text('/pk/k'))
      same((await store.put(longest('/pk/k', 'fresh'))).status, 'stored', 'outcome')
      same((await store.get(text('/pk/k')))?.value, text('fresh'), 'value')
    },
    ['corruption']
  ),
  must('go/empty-key', 'refuses an empty key, which Go takes (TestValueStoreEmptyKey)', async ({ open }) => {
    const store = await open()
    await rejects(() => store.put({ ...longest('x', 'v'), key: new Uint8Array(0) }), 'INVALID_ARGUMENT', 'put')
  }),
  must(
    'go/datastore-errors',
    'lets an error of the medium surface (TestValueStoreDatastoreErrors)',
    async ({ openFaulty }) => {
      const { store, fail } = await openFaulty()
      fail('read', new Error('injected'))
      await rejects(() => store.get(text('/pk/k')), 'STORE_IO', 'get')
      await rejects(() => store.put(longest('/pk/k', 'v')), 'STORE_IO', 'put whose read fails')
      fail('read', undefined)
      fail('write', new Error('injected'))
      await rejects(() => store.put(longest('/pk/k', 'v')), 'STORE_IO', 'put whose write fails')
    },
    ['faults']
  ),
  must(
    'go/sweep',
    'sweeps what is past its age and keeps what is not (TestValueStoreGCSweepsExpired, GCKeepsFresh)',
    async ({ open, clock }) => {
      const store = await open()
      await store.put({ ...longest('/pk/old', 'v'), expires: clock.now + 48n * hour })
      await store.put({ ...longest('/pk/fresh', 'v'), expires: clock.now + 96n * hour })
      clock.now += 49n * hour
      same(await store.sweep(), 1, 'swept')
      same(
        (await collect(store.iterate())).map(({ key }) => new TextDecoder().decode(key)),
        ['/pk/fresh'],
        'keys left'
      )
    }
  ),
  must(
    'go/sweep-race',
    'keeps a fresh put that races a sweep (TestValueStoreGCConcurrentPutSurvives)',
    async ({ open, clock }) => {
      const store = await open()
      await store.put({ ...longest('/pk/k', 'v'), expires: clock.now + hour })
      clock.now += 2n * hour
      const [, { status }] = await Promise.all([store.sweep(), store.put(longest('/pk/k', 'fresh'))])
      check(status === 'stored', `the put was ${status}`)
      same((await store.get(text('/pk/k')))?.value, text('fresh'), 'value')
    }
  ),
  must(
    'go/close-twice',
    'may be closed twice (TestValueStoreCloseWithoutGC, CloseIdempotentAfterStartGC)',
    async ({ open }) => {
      const store = await open()
      await store.close()
      await store.close()
    }
  )
])
