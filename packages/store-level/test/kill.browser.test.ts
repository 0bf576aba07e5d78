import { collect } from '@recordkit/record-conformance'
import { BrowserLevel } from 'browser-level'
import { expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import type { Acknowledged } from './kill/endless-writes.ts'
import { text } from './records.ts'

/** Lets a worker write until it has acknowledged so many, and ends it in the middle of what it does. */
async function writeAndKill(name: string, start: number, writes: number): Promise<Map<string, number>> {
  const worker = new Worker(new URL('kill/tab-writer.ts', import.meta.url), { type: 'module' })
  const acknowledged = new Map<string, number>()
  let count = 0
  await new Promise<void>((resolve, reject) => {
    worker.addEventListener('error', ({ message }) => reject(new Error(message)))
    worker.addEventListener('message', ({ data }: MessageEvent<Acknowledged>) => {
      acknowledged.set(data.key, Math.max(data.rank, acknowledged.get(data.key) ?? -1))
      if (++count === writes) resolve()
    })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
    worker.postMessage({ name, start })
  })
  worker.terminate()
  return acknowledged
}

/** Lets a frame write until it has acknowledged so many, and reloads it in the middle of what it does. */
async function writeAndReload(frame: HTMLIFrameElement, start: number, writes: number): Promise<Map<string, number>> {
  const acknowledged = new Map<string, number>()
  let count = 0
  frame.dataset['start'] = String(start)
  await new Promise<void>((resolve) => {
    const hear = ({ data, source }: MessageEvent<Acknowledged>): void => {
      if (source !== frame.contentWindow || typeof data.rank !== 'number') return
      acknowledged.set(data.key, Math.max(data.rank, acknowledged.get(data.key) ?? -1))
      if (++count < writes) return
      removeEventListener('message', hear)
      resolve()
    }
    addEventListener('message', hear)
    if (frame.isConnected) frame.contentWindow?.location.reload()
    else document.body.append(frame)
  })
  return acknowledged
}

/** What was acknowledged is there, or its mark is; what is there can be read, and is counted. */
async function expectKept(name: string, highest: ReadonlyMap<string, number>): Promise<void> {
  const database = new BrowserLevel<Uint8Array, Uint8Array>(name)
  const store = await LevelRecordStore.open(database, { closeDatabase: true })
  expect((await store.verify()).problems).toEqual([])
  for (const [key, rank] of highest) {
    const kept = (await store.get(text(key)))?.rank ?? (await store.mark(text(key)))?.rank ?? Uint8Array.of(0, 0)
    expect(((kept[0] ?? 0) << 8) | (kept[1] ?? 0), key).toBeGreaterThanOrEqual(rank)
  }
  expect(await collect(store.iterate())).toHaveLength((await store.stats()).entries)
  await store.close()
}

test('a page that is killed while it writes loses nothing that was acknowledged', async () => {
  const name = `killed-${Math.random()}`
  const highest = new Map<string, number>()
  for (let round = 0; round < 10; round++) {
    for (const [key, rank] of await writeAndKill(name, round * 5000, 1 + round * 13)) highest.set(key, rank)
    await expectKept(name, highest)
  }
})

test('a page that is reloaded while it writes loses nothing that was acknowledged', async () => {
  const name = `reloaded-${Math.random()}`
  const frame = document.createElement('iframe')
  frame.dataset['name'] = name
  frame.srcdoc = `<script type="module" src="${new URL('kill/page-writer.ts', import.meta.url).href}"></script>`
  const highest = new Map<string, number>()
  for (let round = 0; round < 10; round++) {
    const acknowledged = await writeAndReload(frame, round * 5000, 1 + round * 13)
    // the new document began anew
    expect(Math.max(...acknowledged.values())).toBeGreaterThanOrEqual(round * 5000)
    for (const [key, rank] of acknowledged) highest.set(key, rank)
  }
  frame.remove()
  await expectKept(name, highest)
})
