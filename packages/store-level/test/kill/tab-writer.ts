// A worker that writes for as long as it lives, and says what has been acknowledged.
import { BrowserLevel } from 'browser-level'
import { LevelRecordStore } from '../../src/index.ts'
import { record } from '../records.ts'

async function run({ name, start }: { name: string; start: number }): Promise<void> {
  const store = await LevelRecordStore.open(new BrowserLevel(name))
  let rank = start
  const write = async (): Promise<never> => {
    for (;;) {
      const number = rank++
      const key = `/k/${number % 20}`
      const given = {
        ...record(key, 'v'.repeat(number % 500), 0, { expires: 2n ** 62n }),
        rank: Uint8Array.of(number >> 8, number & 255)
      }
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
      if ((await store.put(given)).outcome === 'stored') globalThis.postMessage({ key, rank: number })
      if (number % 7 === 0) await store.delete(given.key)
    }
  }
  await Promise.all([write(), write(), write(), write()])
}

globalThis.addEventListener('message', ({ data }: MessageEvent<{ name: string; start: number }>) => {
  void run(data)
})
