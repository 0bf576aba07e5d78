// A worker that opens a store and puts a record, or takes a lease.
import { IndexedDbRecordStore } from '../../src/index.ts'
import { record } from '../records.ts'

globalThis.addEventListener('message', ({ data }: MessageEvent<{ task: string; name: string }>) => {
  const answer = async (): Promise<string> => {
    const store = await IndexedDbRecordStore.open(data.name)
    if (data.task === 'put') return (await store.put(record('/of/worker', 'w', 5))).status
    return (await store.lease('republish', 60_000)) === undefined ? 'refused' : 'leased'
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
  void answer().then((text) => globalThis.postMessage(text))
})
