import { expect, test } from 'vitest'
import { IndexedDbRecordStore } from '../src/index.ts'
import { deleteDatabase, newName } from './databases.ts'
import { record, text } from './records.ts'

async function inWorker(task: string, name: string): Promise<{ worker: Worker; answer: unknown }> {
  const worker = new Worker(new URL('programs/worker.ts', import.meta.url), { type: 'module' })
  const answer = await new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => resolve(data), { once: true })
    worker.addEventListener('error', ({ message }) => reject(new Error(message)), { once: true })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
    worker.postMessage({ task, name })
  })
  return { worker, answer }
}

test('changes() reports the keys that a worker writes', async () => {
  const name = newName()
  const store = await IndexedDbRecordStore.open(name)
  const next = store.changes().next()
  const { worker, answer } = await inWorker('put', name)
  expect(answer).toBe('stored')
  expect((await next).value).toEqual(text('/of/worker'))
  expect((await store.put(record('/of/worker', 'v', 1))).status).toBe('stale')
  worker.terminate()
  await store.close()
  await deleteDatabase(name)
})

test('a lease that a worker has is free when the worker is terminated', async () => {
  const name = newName()
  const store = await IndexedDbRecordStore.open(name)
  const { worker, answer } = await inWorker('lease', name)
  expect(answer).toBe('leased')
  expect(await store.lease('republish', 60_000)).toBeUndefined()
  // the lock is free when the browser has ended the worker
  const free = navigator.locks.request(`recordkit:lease:${name}:republish`, () => 'free')
  worker.terminate()
  expect(await free).toBe('free')
  expect(await store.lease('republish', 60_000)).toBeDefined()
  await store.close()
  await deleteDatabase(name)
})

test('a lease ends with its time, with its store, and not while it is renewed', async () => {
  const name = newName()
  const timers = new Set<{ run: () => void; delay: number }>()
  const setTimer = (run: () => void, delay: number): (() => void) => {
    const timer = { run, delay }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const one = await IndexedDbRecordStore.open(name, { setTimer, timeout: Number.POSITIVE_INFINITY })
  const two = await IndexedDbRecordStore.open(name)
  const lease = await one.lease('republish', 1000)
  expect(await lease?.renew(3000)).toBe(true)
  expect([...timers].map(({ delay }) => delay)).toEqual([3000])
  for (const { run } of timers) run()
  const free = (): Promise<unknown> => navigator.locks.request(`recordkit:lease:${name}:republish`, () => 'free')
  expect(await free()).toBe('free')
  const second = await two.lease('republish', 60_000)
  expect(second).toBeDefined()
  expect(await lease?.renew(1000)).toBe(false)
  await two.close()
  expect(await one.lease('republish', 1000)).toBeDefined()
  await one.close()
  await deleteDatabase(name)
})
