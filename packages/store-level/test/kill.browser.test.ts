import { BrowserLevel } from 'browser-level'
import { expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import type { AcknowledgedWrite } from './kill/endless-writes.ts'
import { collect, text } from './records.ts'

/** Starts a worker that writes, and terminates it while it writes, after `writes` acknowledged writes. */
async function writeAndKill(name: string, start: number, writes: number): Promise<Map<string, number>> {
  const worker = new Worker(new URL('kill/tab-writer.ts', import.meta.url), { type: 'module' })
  const acknowledged = new Map<string, number>()
  let count = 0
  await new Promise<void>((resolve, reject) => {
    worker.addEventListener('error', ({ message }) => reject(new Error(message)))
    worker.addEventListener('message', ({ data }: MessageEvent<AcknowledgedWrite>) => {
      acknowledged.set(data.key, Math.max(data.rank, acknowledged.get(data.key) ?? -1))
      if (++count === writes) resolve()
    })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
    worker.postMessage({ name, start })
  })
  worker.terminate()
  return acknowledged
}

/** Starts a frame that writes, and stops listening to it after `writes` acknowledged writes; the next call reloads it. */
async function writeAndReload(frame: HTMLIFrameElement, start: number, writes: number): Promise<Map<string, number>> {
  const acknowledged = new Map<string, number>()
  let count = 0
  frame.dataset['start'] = String(start)
  await new Promise<void>((resolve) => {
    const onMessage = ({ data, source }: MessageEvent<AcknowledgedWrite>): void => {
      // the document before has the same window, and its last messages may arrive after the reload
      if (source !== frame.contentWindow || !(data.rank >= start)) return
      acknowledged.set(data.key, Math.max(data.rank, acknowledged.get(data.key) ?? -1))
      if (++count < writes) return
      removeEventListener('message', onMessage)
      resolve()
    }
    addEventListener('message', onMessage)
    if (frame.isConnected) frame.contentWindow?.location.reload()
    else document.body.append(frame)
  })
  return acknowledged
}

/** Expects every acknowledged record or its mark, no unreadable entry, and correct counters. */
async function expectStored(name: string, highest: ReadonlyMap<string, number>): Promise<void> {
  const database = new BrowserLevel<Uint8Array, Uint8Array>(name)
  // the browser releases the lock of what was killed when it has ended
  const store = await LevelRecordStore.open(database, { closeDatabase: true, wait: 30_000 })
  expect((await store.verify()).problems).toEqual([])
  for (const [key, rank] of highest) {
    const stored = (await store.get(text(key)))?.rank ?? (await store.mark(text(key)))?.rank ?? Uint8Array.of(0, 0)
    expect(((stored[0] ?? 0) << 8) | (stored[1] ?? 0), key).toBeGreaterThanOrEqual(rank)
  }
  expect(await collect(store.iterate())).toHaveLength((await store.stats()).entries)
  await store.close()
}

test('loses no acknowledged write when a worker is terminated while it writes', async () => {
  const name = `killed-${Math.random()}`
  const highest = new Map<string, number>()
  for (let round = 0; round < 5; round++) {
    for (const [key, rank] of await writeAndKill(name, round * 5000, 1 + round * 13)) highest.set(key, rank)
    await expectStored(name, highest)
  }
})

test('loses no acknowledged write when a page is reloaded while it writes', async () => {
  const name = `reloaded-${Math.random()}`
  const frame = document.createElement('iframe')
  frame.dataset['name'] = name
  frame.srcdoc = `<script type="module" src="${new URL('kill/page-writer.ts', import.meta.url).href}"></script>`
  const highest = new Map<string, number>()
  for (let round = 0; round < 5; round++) {
    const acknowledged = await writeAndReload(frame, round * 5000, 1 + round * 13)
    // the messages are those of the reloaded document
    expect(Math.max(...acknowledged.values())).toBeGreaterThanOrEqual(round * 5000)
    for (const [key, rank] of acknowledged) highest.set(key, rank)
  }
  frame.remove()
  await expectStored(name, highest)
})
