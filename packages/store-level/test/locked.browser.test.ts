import { BrowserLevel } from 'browser-level'
import { expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'

const locked = { name: 'RecordError', code: 'STORE_LOCKED' }
const newName = (): string => `locked-${Math.random()}`

/** Opens the store in a worker. @returns `open` or the code of the error */
async function openInWorker(worker: Worker, name: string): Promise<string> {
  const answer = new Promise<string>((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<string>) => resolve(data), { once: true })
    worker.addEventListener('error', ({ message }) => reject(new Error(message)), { once: true })
  })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
  worker.postMessage(name)
  return answer
}

const newWorker = (): Worker => new Worker(new URL('lock/tab-holder.ts', import.meta.url), { type: 'module' })

test('open rejects with STORE_LOCKED while a worker has the database open, and waits for the end of the worker with `wait`', async () => {
  const name = newName()
  const worker = newWorker()
  expect(await openInWorker(worker, name)).toBe('open')
  await expect(LevelRecordStore.open(new BrowserLevel(name))).rejects.toMatchObject(locked)
  const opening = LevelRecordStore.open(new BrowserLevel(name), { wait: Number.POSITIVE_INFINITY })
  worker.terminate()
  await (await opening).close()
})

test('a worker is refused with STORE_LOCKED while the page has the database open, and not after it is closed', async () => {
  const name = newName()
  const worker = newWorker()
  const store = await LevelRecordStore.open(new BrowserLevel(name))
  expect(await openInWorker(worker, name)).toBe('STORE_LOCKED')
  await store.close()
  expect(await openInWorker(worker, name)).toBe('open')
  worker.terminate()
})

test('open ends its wait with STORE_LOCKED after `wait` milliseconds', async () => {
  const name = newName()
  const store = await LevelRecordStore.open(new BrowserLevel(name))
  const setTimer = (run: () => void): (() => void) => {
    queueMicrotask(run)
    return () => {}
  }
  await expect(LevelRecordStore.open(new BrowserLevel(name), { wait: 5000, setTimer })).rejects.toMatchObject(locked)
  await store.close()
})

test('stores on two sublevels of one database do not lock each other', async () => {
  const name = newName()
  const open = async (sublevel: string): Promise<LevelRecordStore> =>
    LevelRecordStore.open(new BrowserLevel<Uint8Array, Uint8Array>(name).sublevel(sublevel, {}))
  const one = await open('one')
  const two = await open('two')
  await expect(open('one')).rejects.toMatchObject(locked)
  await one.close()
  await two.close()
})

test('a database that is refused as unrecognized is not locked', async () => {
  const name = newName()
  const database = new BrowserLevel(name)
  await database.put('other', 'data')
  const unrecognized = { code: 'STORE_UNRECOGNIZED' }
  await expect(LevelRecordStore.open(new BrowserLevel(name))).rejects.toMatchObject(unrecognized)
  await expect(LevelRecordStore.open(new BrowserLevel(name))).rejects.toMatchObject(unrecognized)
})
