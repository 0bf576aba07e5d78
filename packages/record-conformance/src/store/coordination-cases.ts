import type { RecordStore } from '@recordkit/record-store'
import { flushMicrotasks } from '../fake-timers.ts'
import { check, rejectsWith, same } from '../assert.ts'
import type { StoreCase, StoreRequirement } from './store-case.ts'
import { cases, must, publicationOf, record, text } from './store-case.ts'

const shared: readonly StoreRequirement[] = ['multiProcess', 'share']

/** Collects changed keys until each of `keys` was reported. */
async function changedKeys(changes: AsyncIterator<Uint8Array>, keys: readonly string[]): Promise<void> {
  const missing = new Set(keys)
  for (let step = 0; missing.size > 0 && step < 1000; step++) {
    const { done, value } = await changes.next()
    check(done !== true, `changes() ended before it reported ${[...missing].join(', ')}`)
    missing.delete(new TextDecoder().decode(value))
  }
}

/** Starts to read changes: the first step is waiting when this returns. */
async function watch(store: RecordStore): Promise<AsyncIterator<Uint8Array>> {
  const changes = store.changes()
  const first = changes.next()
  await flushMicrotasks()
  let started = false
  return {
    next: () => {
      if (started) return changes.next()
      started = true
      return first
    }
  }
}

/** Cooperation of processes that share a store: changed keys and leases. */
export const coordinationCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('changes/keys', 'reports the keys that puts, touches, batches and deletes change', async ({ open, clock }) => {
    const store = await open()
    await store.put(record('/before', 'v', 1))
    const changes = await watch(store)
    await store.put(record('/put', 'v', 1))
    await store.batch([
      { type: 'put', record: record('/batch/1', 'v', 1) },
      { type: 'put', record: record('/batch/2', 'v', 1) }
    ])
    await changedKeys(changes, ['/put', '/batch/1', '/batch/2'])
    const touched = await store.touch(text('/put'), { expires: clock.now + 10n, publication: publicationOf('/put') })
    check(touched, 'a touch of a stored record returned false')
    await changedKeys(changes, ['/put'])
    check(await store.delete(text('/batch/1')), 'a delete of a stored record returned false')
    await changedKeys(changes, ['/batch/1'])
  }),
  must('changes/signal', 'ends changes with the reason of the signal', async ({ open }) => {
    const store = await open()
    const controller = new AbortController()
    const next = store.changes({ signal: controller.signal }).next()
    next.catch(() => {})
    await flushMicrotasks()
    const reason = new Error('aborted')
    controller.abort(reason)
    await rejectsWith(() => next, reason, 'next')
  }),
  must('changes/close', 'ends changes when the store is closed', async ({ open }) => {
    const store = await open()
    const next = store.changes().next()
    await flushMicrotasks()
    await store.close()
    same(await next, { done: true, value: undefined }, 'next')
  }),
  must('lease/exclusive', 'gives a lease to one holder until it is released', async ({ open }) => {
    const store = await open()
    const lease = await store.lease('republish', 60_000)
    check(lease !== undefined, 'a free lease was not given')
    same(lease.name, 'republish', 'name')
    same(await store.lease('republish', 60_000), undefined, 'a second lease')
    const other = await store.lease('sweep', 60_000)
    check(other !== undefined, 'a lease of another name was not given')
    same(await lease.renew(60_000), true, 'renew')
    await lease.release()
    const next = await store.lease('republish', 60_000)
    check(next !== undefined, 'a released lease was not given')
    same(await lease.renew(60_000), false, 'renew of a lease that another holder has')
    await next.release()
    await other.release()
  }),
  must('lease/concurrent', 'gives a lease to one of 16 callers', async ({ open }) => {
    const store = await open()
    const leases = await Promise.all(Array.from({ length: 16 }, () => store.lease('republish', 60_000)))
    same(leases.filter((lease) => lease !== undefined).length, 1, 'leases')
  }),
  must(
    'changes/shared',
    'reports the keys that another store on the same data changes',
    async ({ open, share }) => {
      const one = await open()
      const two = await share(one)
      const changes = await watch(one)
      await two.put(record('/k', 'v', 1))
      await changedKeys(changes, ['/k'])
    },
    [...shared, 'sharedChanges']
  ),
  must(
    'lease/shared',
    'gives a lease to one of two stores on the same data',
    async ({ open, share }) => {
      const one = await open()
      const two = await share(one)
      const lease = await one.lease('republish', 60_000)
      check(lease !== undefined, 'a free lease was not given')
      same(await two.lease('republish', 60_000), undefined, 'lease of the other store')
      await lease.release()
      check((await two.lease('republish', 60_000)) !== undefined, 'a released lease was not given')
    },
    [...shared, 'sharedLeases']
  )
])
