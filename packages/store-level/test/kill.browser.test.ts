import { collect } from '@recordkit/record-conformance'
import { BrowserLevel } from 'browser-level'
import { expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { text } from './records.ts'

/** Lets a worker write until it has acknowledged so many, and ends it in the middle of what it does. */
async function writeAndKill(name: string, start: number, writes: number): Promise<Map<string, number>> {
  const worker = new Worker(new URL('kill/tab-writer.ts', import.meta.url), { type: 'module' })
  const acknowledged = new Map<string, number>()
  let count = 0
  await new Promise<void>((resolve, reject) => {
    worker.addEventListener('error', ({ message }) => reject(new Error(message)))
    worker.addEventListener('message', ({ data }: MessageEvent<{ key: string; rank: number }>) => {
      acknowledged.set(data.key, Math.max(data.rank, acknowledged.get(data.key) ?? -1))
      if (++count === writes) resolve()
    })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
    worker.postMessage({ name, start })
  })
  worker.terminate()
  return acknowledged
}

test('a page that is killed while it writes loses nothing that was acknowledged', async () => {
  const name = `killed-${Math.random()}`
  const highest = new Map<string, number>()
  for (let round = 0; round < 10; round++) {
    for (const [key, rank] of await writeAndKill(name, round * 5000, 1 + round * 13)) highest.set(key, rank)
    const database = new BrowserLevel<Uint8Array, Uint8Array>(name)
    const store = await LevelRecordStore.open(database, { closeDatabase: true })
    expect((await store.verify()).problems).toEqual([])
    for (const [key, rank] of highest) {
      const kept = (await store.get(text(key)))?.rank ?? (await store.mark(text(key)))?.rank ?? Uint8Array.of(0, 0)
      expect(((kept[0] ?? 0) << 8) | (kept[1] ?? 0), `${key} in round ${round}`).toBeGreaterThanOrEqual(rank)
    }
    expect(await collect(store.iterate())).toHaveLength((await store.stats()).entries)
    await store.close()
  }
})
