import type { RecordStore } from '@recordkit/record-store'
import { isRecordError } from '@recordkit/record-types'
import { markLifetime } from '@recordkit/record-store'
import { check, collect, rejects, rejectsWith, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, orderOf, publicationOf, rankOf, record, text } from './store-case.ts'

/** Every call of a store, for rules that apply to each. */
function calls(store: RecordStore, signal?: AbortSignal): ReadonlyMap<string, () => Promise<unknown>> {
  const options = { signal }
  const key = text('/k')
  return new Map<string, () => Promise<unknown>>([
    ['get', () => store.get(key, options)],
    ['has', () => store.has(key, options)],
    ['getMany', () => store.getMany([key], options)],
    ['put', () => store.put(record('/new', 'v', 1), options)],
    ['touch', () => store.touch(key, { expires: 1n, ...options })],
    ['delete', () => store.delete(key, options)],
    ['batch', () => store.batch([{ type: 'put', record: record('/new', 'v', 1) }], options)],
    ['iterate', () => collect(store.iterate({}, options))],
    ['mark', () => store.mark(key, options)],
    ['marks', () => collect(store.marks({}, options))],
    ['publication', () => store.publication(key, options)],
    ['publications', () => collect(store.publications({}, options))],
    ['changes', async () => store.changes(options).next()],
    ['lease', () => store.lease('name', 1000, options)],
    ['sweep', () => store.sweep(options)],
    ['stats', () => store.stats(options)]
  ])
}

/** Signals, closing and reopening. */
export const lifeCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('abort/before', "rejects with the signal's own reason before anything is done", async ({ open }) => {
    const store = await open()
    await store.put(record('/k', 'v', 1))
    const reason = new Error('aborted')
    for (const [name, call] of calls(store, AbortSignal.abort(reason))) await rejectsWith(call, reason, name)
    same(await store.has(text('/new')), false, 'has /new')
    same(await store.has(text('/k')), true, 'has /k')
  }),
  must('abort/during', 'has changed nothing when an aborted put rejects', async ({ open }) => {
    const store = await open()
    const reason = new Error('aborted')
    for (let round = 0; round < 20; round++) {
      const controller = new AbortController()
      const puts = Array.from({ length: 8 }, (_, index) =>
        store.put(record(`/k/${round}`, `v${index}`, index), { signal: controller.signal })
      )
      for (let turn = 0; turn < round; turn++) await Promise.resolve()
      controller.abort(reason)
      const settled = await Promise.allSettled(puts)
      const stored = settled.flatMap((result, index) =>
        result.status === 'fulfilled' && result.value.status === 'stored' ? [index] : []
      )
      for (const result of settled) {
        if (result.status === 'rejected')
          check(result.reason === reason, "a put rejected with another error than the signal's reason")
      }
      const remaining = await store.get(text(`/k/${round}`))
      const highest = stored.length === 0 ? undefined : Uint8Array.of(Math.max(...stored))
      same(orderOf(remaining?.rank), highest, `remaining rank after ${stored.length} of 8 puts were acknowledged`)
    }
  }),
  must(
    'abort/iterate',
    'ends an iteration with the reason when the signal aborts between two steps',
    async ({ open }) => {
      const store = await open()
      for (let index = 0; index < 10; index++) await store.put(record(`/k/${index}`, 'v', 1))
      const controller = new AbortController()
      const reason = new Error('aborted')
      const iteration = store.iterate({}, { signal: controller.signal })
      await iteration.next()
      controller.abort(reason)
      await rejectsWith(() => iteration.next(), reason, 'next')
      same(await iteration.next(), { done: true, value: undefined }, 'next after the failure')
    }
  ),
  must('close/closed', 'rejects every call after close with STORE_CLOSED', async ({ open }) => {
    const store = await open()
    await store.close()
    for (const [name, call] of calls(store)) await rejects(call, 'STORE_CLOSED', name)
  }),
  must('close/twice', 'can be closed and disposed repeatedly', async ({ open }) => {
    const store = await open()
    await Promise.all([store.close(), store.close()])
    await store.close()
    await store[Symbol.asyncDispose]()
  }),
  must('close/dispose', 'closes when it is disposed', async ({ open }) => {
    const store = await open()
    await store[Symbol.asyncDispose]()
    await rejects(() => store.get(text('/k')), 'STORE_CLOSED', 'get')
  }),
  must('close/running', 'lets running calls succeed or fail with STORE_CLOSED', async ({ open }) => {
    const store = await open()
    const puts = Array.from({ length: 32 }, (_, index) => store.put(record(`/k/${index % 4}`, 'v', index)))
    const closing = store.close()
    for (const result of await Promise.allSettled(puts)) {
      check(
        result.status === 'fulfilled' || isRecordError(result.reason, 'STORE_CLOSED'),
        'a put that ran during close failed with another error than STORE_CLOSED'
      )
    }
    await closing
  }),
  must(
    'reopen/all',
    'has the same records, marks, publications and counts after close and reopen',
    async ({ open, reopen, clock }) => {
      const store = await open()
      const kept = record('/kept', 'v', 3, {
        expires: clock.now + 100n,
        author: Uint8Array.of(2),
        sender: Uint8Array.of(3)
      })
      const publication = publicationOf('/kept', { lifetime: 5n, network: false })
      await store.put(kept, { publication })
      await store.put(record('/gone', 'v', 7))
      await store.delete(text('/gone'))
      const stats = await store.stats()
      const again = await reopen(store)
      same(await again.get(kept.key), kept, 'record')
      same(await again.publication(kept.key), publication, 'publication')
      same(await collect(again.publications()), [publication], 'publications')
      same(
        await again.mark(text('/gone')),
        { key: text('/gone'), rank: rankOf(7, 'v'), until: clock.now + markLifetime },
        'mark'
      )
      same((await again.put(record('/gone', 'v', 6))).status, 'stale', 'status below the mark')
      same((await again.put(record('/kept', 'z', 2))).status, 'stale', 'status below the record')
      same(await again.stats(), stats, 'stats')
      clock.now += 101n
      await again.touch(kept.key, { publication: null })
      same(await again.sweep(), 1, 'swept records')
    },
    ['persistent', 'reopen']
  ),
  must(
    'reopen/running',
    'has every acknowledged put after it was closed during writes',
    async ({ open, reopen }) => {
      const store = await open()
      const puts = Array.from({ length: 64 }, (_, index) => store.put(record(`/k/${index}`, 'v', 1)))
      const [settled, again] = await Promise.all([Promise.allSettled(puts), reopen(store)])
      let acknowledged = 0
      for (const [index, result] of settled.entries()) {
        if (result.status === 'rejected') continue
        acknowledged++
        same(await again.has(text(`/k/${index}`)), true, `has /k/${index}`)
      }
      same((await again.stats()).entries, acknowledged, 'entries')
    },
    ['persistent', 'reopen']
  )
])
