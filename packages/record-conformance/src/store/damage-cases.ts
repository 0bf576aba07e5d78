import { collect, rejects, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, record, text } from './store-case.ts'

/** Media that fail, entries that are damaged, room that runs out. */
export const damageCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must(
    'faults/read',
    'reports a medium that cannot be read as STORE_IO with its cause',
    async ({ openFaulty }) => {
      const { store, fail } = await openFaulty()
      await store.put(record('/k', 'v', 1))
      const cause = new Error('the medium is gone')
      fail('read', cause)
      const errors = [
        await rejects(() => store.get(text('/k')), 'STORE_IO', 'get'),
        await rejects(() => store.put(record('/k', 'v', 2)), 'STORE_IO', 'put'),
        await rejects(() => collect(store.iterate()), 'STORE_IO', 'iterate')
      ]
      for (const error of errors) same(error.cause === cause, true, 'the cause is the error of the medium')
      fail('read', undefined)
      same((await store.get(text('/k')))?.rank, Uint8Array.of(1), 'rank afterwards')
    },
    ['faults']
  ),
  must(
    'faults/write',
    'has changed nothing when the medium refuses a write, and goes on when it does not',
    async ({ openFaulty }) => {
      const { store, fail } = await openFaulty()
      await store.put(record('/k', 'v', 1))
      const before = await store.stats()
      const cause = new Error('no space left')
      fail('write', cause)
      const error = await rejects(() => store.put(record('/k', 'v', 2)), 'STORE_IO', 'put')
      same(error.cause === cause, true, 'the cause is the error of the medium')
      await rejects(() => store.delete(text('/k')), 'STORE_IO', 'delete')
      await rejects(
        () =>
          store.batch([
            { type: 'put', record: record('/a', 'v', 1) },
            { type: 'put', record: record('/b', 'v', 1) }
          ]),
        'STORE_IO',
        'batch'
      )
      const many = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => store.put(record('/m', 'v', index)))
      )
      same(many.filter(({ status }) => status === 'fulfilled').length, 0, 'puts that were acknowledged')
      fail('write', undefined)
      same((await store.get(text('/k')))?.rank, Uint8Array.of(1), 'rank afterwards')
      same(await store.getMany([text('/a'), text('/b'), text('/m')]), [undefined, undefined, undefined], 'the others')
      same(await store.stats(), before, 'stats')
      same((await store.put(record('/k', 'v', 2))).status, 'stored', 'outcome afterwards')
    },
    ['faults']
  ),
  must(
    'corruption/read',
    'reports a damaged entry as STORE_CORRUPT, and nothing else because of it',
    async ({ open, factory }) => {
      const store = await open()
      for (const key of ['/a', '/b', '/c']) await store.put(record(key, 'v', 1))
      await factory.corrupt?.(store, text('/b'))
      await rejects(() => store.get(text('/b')), 'STORE_CORRUPT', 'get')
      await rejects(() => collect(store.iterate()), 'STORE_CORRUPT', 'iterate')
      same((await store.get(text('/a')))?.value, text('v'), 'value of another key')
      same((await collect(store.iterate({ prefix: text('/c') }))).length, 1, 'records beside it')
    },
    ['corruption']
  ),
  must(
    'corruption/overwrite',
    'lets a put take the place of a damaged entry',
    async ({ open, factory }) => {
      const store = await open()
      await store.put(record('/k', 'old', 1))
      await factory.corrupt?.(store, text('/k'))
      same((await store.put(record('/k', 'fresh', 1))).status, 'stored', 'outcome')
      same((await store.get(text('/k')))?.value, text('fresh'), 'value')
    },
    ['corruption']
  ),
  must(
    'quotas/bound',
    'never holds more than its bound, and always the newest put when it may evict',
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
    'sweeps what has expired before it evicts or refuses',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 10 })
      for (let index = 0; index < 5; index++) await store.put(record(`/live/${index}`, 'v', 1))
      for (let index = 0; index < 5; index++) {
        await store.put(record(`/dying/${index}`, 'v', 1, { expires: clock.now + 1n }))
      }
      clock.now += 2n
      for (let index = 0; index < 5; index++) {
        same((await store.put(record(`/new/${index}`, 'v', 1))).status, 'stored', 'outcome')
      }
      same((await collect(store.iterate({ prefix: text('/live/') }))).length, 5, 'live records that are left')
    },
    ['quotas']
  ),
  must(
    'quotas/local',
    "never evicts a local record for someone else's",
    async ({ openBounded }) => {
      const store = await openBounded({ maxRecords: 4 })
      for (let index = 0; index < 4; index++) await store.put(record(`/local/${index}`, 'v', 1, { local: true }))
      const before = await store.stats()
      const { status } = await store.put(record('/other', 'v', 1, { sender: Uint8Array.of(1) }))
      same(status, 'quota', 'outcome')
      same(await store.stats(), before, 'stats')
      same((await collect(store.iterate({ prefix: text('/local/') }))).length, 4, 'local records that are left')
      const updated = await store.put(record('/local/1', 'v', 2, { local: true }))
      same(updated.status, 'stored', 'outcome of an update')
    },
    ['quotas']
  ),
  must(
    'quotas/marks',
    'leaves the mark of what it evicts',
    async ({ openBounded }) => {
      const store = await openBounded({ maxRecords: 2 })
      for (let index = 0; index < 4; index++) {
        await store.put(record(`/k/${index}`, 'v', 5, { sender: Uint8Array.of(1) }))
      }
      const left = new Set((await collect(store.iterate())).map(({ key }) => new TextDecoder().decode(key)))
      for (let index = 0; index < 4; index++) {
        if (left.has(`/k/${index}`)) continue
        same((await store.mark(text(`/k/${index}`)))?.rank, Uint8Array.of(5), `rank of the mark of /k/${index}`)
        same((await store.put(record(`/k/${index}`, 'v', 4))).status, 'stale', `outcome of a lower /k/${index}`)
      }
    },
    ['quotas']
  )
])
