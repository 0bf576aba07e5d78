import { causes, check, collect, rejects, rejectsWithCode, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, orderOf, publicationOf, record, text } from './store-case.ts'

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
  ),
  must(
    'quotas/bound',
    'never exceeds its maximum, and contains every record it reported as stored',
    async ({ openBounded }) => {
      const store = await openBounded({ maxRecords: 10 })
      for (let index = 0; index < 50; index++) {
        const { status } = await store.put(record(`/k/${index}`, 'v', 1, { sender: Uint8Array.of(index % 5) }))
        const { entries } = await store.stats()
        same(entries <= 10, true, `${entries} entries are within the bound`)
        same(await store.has(text(`/k/${index}`)), status === 'stored', `has what was ${status}`)
      }
    },
    ['quotas']
  ),
  must(
    'quotas/expired-first',
    'sweeps expired records before it evicts or refuses',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 10 })
      for (let index = 0; index < 5; index++) await store.put(record(`/lasting/${index}`, 'v', 1))
      for (let index = 0; index < 5; index++) {
        await store.put(record(`/expiring/${index}`, 'v', 1, { expires: clock.now + 1n }))
      }
      clock.now += 2n
      for (let index = 0; index < 5; index++) {
        same((await store.put(record(`/new/${index}`, 'v', 1))).status, 'stored', 'status')
      }
      same((await collect(store.iterate({ prefix: text('/lasting/') }))).length, 5, 'remaining unexpired records')
    },
    ['quotas']
  ),
  must(
    'quotas/published',
    'never evicts a published record for a record of a peer',
    async ({ openBounded }) => {
      const store = await openBounded({ maxRecords: 4 })
      for (let index = 0; index < 4; index++) {
        const key = `/published/${index}`
        await store.put(record(key, 'v', 1), { publication: publicationOf(key) })
      }
      const before = await store.stats()
      const { status } = await store.put(record('/other', 'v', 1, { sender: Uint8Array.of(1) }))
      same(status, 'quota', 'status')
      same(await store.stats(), before, 'stats')
      same((await collect(store.iterate({ prefix: text('/published/') }))).length, 4, 'remaining published records')
      const updated = await store.put(record('/published/1', 'v', 2))
      same(updated.status, 'stored', 'status of an update')
    },
    ['quotas']
  ),
  must(
    'quotas/marks',
    'keeps the mark of an evicted record',
    async ({ openBounded }) => {
      const store = await openBounded({ maxRecords: 2 })
      for (let index = 0; index < 4; index++) {
        await store.put(record(`/k/${index}`, 'v', 5, { sender: Uint8Array.of(1) }))
      }
      const left = new Set((await collect(store.iterate())).map(({ key }) => new TextDecoder().decode(key)))
      for (let index = 0; index < 4; index++) {
        if (left.has(`/k/${index}`)) continue
        same(
          orderOf((await store.mark(text(`/k/${index}`)))?.rank),
          Uint8Array.of(5),
          `rank of the mark of /k/${index}`
        )
        same(
          (await store.put(record(`/k/${index}`, 'v', 4))).status,
          'stale',
          `status of a lower rank under /k/${index}`
        )
      }
    },
    ['quotas']
  )
])
