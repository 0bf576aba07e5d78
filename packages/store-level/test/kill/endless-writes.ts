import { BrowserLevel } from 'browser-level'
import { LevelRecordStore } from '../../src/index.ts'
import { record } from '../records.ts'

/** A write that the store has acknowledged. */
export interface Acknowledged {
  readonly key: string
  readonly rank: number
}

/** Writes for as long as its page or worker lives, and tells what has been acknowledged. */
export async function writeWithoutEnd(name: string, start: number, tell: (write: Acknowledged) => void): Promise<void> {
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
      if ((await store.put(given)).status === 'stored') tell({ key, rank: number })
      if (number % 7 === 0) await store.delete(given.key)
    }
  }
  await Promise.all([write(), write(), write(), write()])
}
