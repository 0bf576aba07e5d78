import { causes, check, collect, rejects, rejectsWithCode, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, orderOf, record, text } from './store-case.ts'

/** Storage that fails, damaged entries, and full stores. */
export const damageCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must(
    'faults/read',
    'reports a failed read as STORE_IO with its cause',
    async ({ openFaulty }) => {
      const { store, fail } = await openFaulty()
      await store.put(record('/k', 'v', 1))
      const cause = new Error('disk removed')
      fail('read', cause)
      const errors = [
        await rejects(() => store.get(text('/k')), 'STORE_IO', 'get'),
        await rejects(() => store.put(record('/k', 'v', 2)), 'STORE_IO', 'put'),
        await rejects(() => collect(store.iterate()), 'STORE_IO', 'iterate')
      ]
      for (const error of errors)
        same(causes(error).includes(cause), true, 'whether a cause is the error of the storage')
      fail('read', undefined)
      same(orderOf((await store.get(text('/k')))?.rank), Uint8Array.of(1), 'rank afterwards')
    },
    ['faults']
  ),
  must(
    'faults/write',
    'reports a failed write as STORE_IO or STORE_UNKNOWN, and continues when writes succeed again',
    async ({ openFaulty }) => {
      const { store, fail } = await openFaulty()
      await store.put(record('/k', 'v', 1))
      const before = await store.stats()
      const cause = new Error('disk full')
      fail('write', cause)
      // a storage that cannot tell whether a failed write has happened reports STORE_UNKNOWN
      const codes = ['STORE_IO', 'STORE_UNKNOWN'] as const
      const error = await rejectsWithCode(() => store.put(record('/k', 'v', 2)), codes, 'put')
      same(causes(error).includes(cause), true, 'whether a cause is the error of the storage')
      await rejectsWithCode(() => store.delete(text('/k')), codes, 'delete')
      await rejectsWithCode(() => store.touch(text('/k'), { expires: 1n }), codes, 'touch')
      await rejectsWithCode(
        () =>
          store.batch([
            { type: 'put', record: record('/a', 'v', 1) },
            { type: 'put', record: record('/b', 'v', 1) }
          ]),
        codes,
        'batch'
      )
      const many = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => store.put(record('/m', 'v', index)))
      )
      same(many.filter(({ status }) => status === 'fulfilled').length, 0, 'acknowledged puts')
      fail('write', undefined)
      same(orderOf((await store.get(text('/k')))?.rank), Uint8Array.of(1), 'rank afterwards')
      same(
        await store.getMany([text('/a'), text('/b'), text('/m')]),
        [undefined, undefined, undefined],
        'other records'
      )
      same(await store.stats(), before, 'stats')
      same((await store.put(record('/k', 'v', 2))).status, 'stored', 'status afterwards')
    },
    ['faults']
  ),
  must(
    'faults/reply',
    'reports a write whose reply is lost as STORE_UNKNOWN, and the same call again finds out',
    async ({ openFaulty }) => {
      const { store, fail } = await openFaulty()
      const given = record('/k', 'v', 1)
      fail('reply', new Error('connection reset'))
      await rejects(() => store.put(given, { ifRank: null }), 'STORE_UNKNOWN', 'put')
      fail('reply', undefined)
      const { status } = await store.put(given, { ifRank: null })
      check(status === 'refreshed' || status === 'stored', `the status of the same put is ${status}`)
      fail('reply', new Error('connection reset'))
      await rejects(() => store.delete(given.key, { ifRank: given.rank }), 'STORE_UNKNOWN', 'delete')
      await rejects(() => store.batch([{ type: 'put', record: record('/b', 'v', 1) }]), 'STORE_UNKNOWN', 'batch')
      fail('reply', undefined)
      await store.delete(given.key, { ifRank: given.rank })
      same(await store.has(given.key), false, 'has')
    },
    ['faults']
  ),
  must(
    'corruption/read',
    'reports a damaged entry as STORE_CORRUPT and still returns the others',
    async ({ open, factory }) => {
      const store = await open()
      for (const key of ['/a', '/b', '/c']) await store.put(record(key, 'v', 1))
      await factory.corrupt?.(store, text('/b'))
      await rejects(() => store.get(text('/b')), 'STORE_CORRUPT', 'get')
      await rejects(() => collect(store.iterate()), 'STORE_CORRUPT', 'iterate')
      same((await store.get(text('/a')))?.value, text('v'), 'value of another key')
      same((await collect(store.iterate({ prefix: text('/c') }))).length, 1, 'records with another prefix')
    },
    ['corruption']
  ),
  must(
    'corruption/overwrite',
    'replaces a damaged entry by a put',
    async ({ open, factory }) => {
      const store = await open()
      await store.put(record('/k', 'old', 1))
      await factory.corrupt?.(store, text('/k'))
      same((await store.put(record('/k', 'fresh', 0))).status, 'stored', 'status')
      same((await store.get(text('/k')))?.value, text('fresh'), 'value')
    },
    ['corruption']
  )
])
