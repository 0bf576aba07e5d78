import { BrowserLevel } from 'browser-level'
import { rankWithIdentity } from '@recordkit/record-store/internal'
import { LevelRecordStore } from '../../src/index.ts'
import { record } from '../records.ts'

/** A write that the store acknowledged. */
export interface AcknowledgedWrite {
  readonly key: string
  readonly rank: number
}

/** Writes until its page or worker ends, and reports each acknowledged write. */
export async function writeEndlessly(
  name: string,
  start: number,
  onAcknowledged: (write: AcknowledgedWrite) => void
): Promise<void> {
  const store = await LevelRecordStore.open(new BrowserLevel(name), { wait: 30_000 })
  let rank = start
  const write = async (): Promise<never> => {
    for (;;) {
      const number = rank++
      const key = `/k/${number % 20}`
      const next = {
        ...record(key, 'v'.repeat(number % 500), 0, { expires: 2n ** 62n }),
        rank: rankWithIdentity(Uint8Array.of(number >> 8, number & 255))
      }
      if ((await store.put(next)).status === 'stored') onAcknowledged({ key, rank: number })
      if (number % 7 === 0) await store.delete(next.key)
    }
  }
  await Promise.all([write(), write(), write(), write()])
}
