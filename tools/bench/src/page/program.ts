// The program of the page and the worker: the benchmarks that do not need Node.js. Posts each result.
import type { RecordStore, StoredRecord } from '@recordkit/record-store'
import { IndexedDbRecordStore } from '@recordkit/store-indexeddb'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { BrowserLevel } from 'browser-level'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore/key'
import { base32 } from 'multiformats/bases/base32'
import { codecLines } from '../lines/codec.ts'
import { ipnsLines } from '../lines/ipns.ts'
import { recordLines } from '../lines/records.ts'
import { measure } from '../measure.ts'
import type { Contest, Line } from '../measure.ts'

function recordOf(number: number): StoredRecord {
  const key = new Uint8Array(40)
  new DataView(key.buffer).setUint32(0, Math.imul(number, 2_654_435_761))
  return { key, value: new Uint8Array(300).fill(number), rank: new Uint8Array(40), timeReceived: 1n }
}

async function memoryPut(): Promise<Contest> {
  const records = Array.from({ length: 5000 }, (_, number) => recordOf(number))
  const store = new MemoryRecordStore({ maxRecords: 10_000 })
  const datastore = new MemoryDatastore()
  let [ours, theirs] = [0, 0]
  return {
    ours: () => store.put(records[ours++ % 5000] as StoredRecord),
    theirs: () => {
      const { key, value } = records[theirs++ % 5000] as StoredRecord
      return datastore.put(new Key(`/${base32.encode(key)}`, false), value)
    }
  }
}

/** @param open - opens a store by the name of its database */
async function indexedDbPut(batch: number, open: (name: string) => Promise<RecordStore>): Promise<Contest> {
  const name = `bench-${batch}-${Math.random()}`
  const store = await open(`${name}-ours`)
  const raw = new BrowserLevel<Uint8Array, Uint8Array>(`${name}-raw`, { keyEncoding: 'view', valueEncoding: 'view' })
  let [ours, theirs] = [0, 0]
  return {
    ours: () => store.batch(Array.from({ length: batch }, () => ({ type: 'put' as const, record: recordOf(ours++) }))),
    theirs: () =>
      raw.batch(
        Array.from({ length: batch }, () => {
          const { key, value } = recordOf(theirs++)
          return { type: 'put' as const, key, value }
        })
      ),
    after: async () => {
      await store.close()
      await raw.close()
    }
  }
}

const openLevel = (name: string): Promise<RecordStore> => LevelRecordStore.open(new BrowserLevel(name))
const openIndexedDb = (name: string): Promise<RecordStore> => IndexedDbRecordStore.open(name)

const storeLines: readonly Line[] = [
  {
    name: 'store-memory put',
    other: 'datastore-core, keys created',
    better: 'higher',
    target: 1.3,
    prepare: memoryPut
  },
  ...[1, 100].map((batch): Line => ({
    name: `store-level on IndexedDB, ${batch} at a time`,
    other: 'browser-level, bare records',
    better: 'higher',
    target: 0.35,
    prepare: () => indexedDbPut(batch, openLevel)
  })),
  ...[1, 100].map((batch): Line => ({
    name: `store-indexeddb, ${batch} at a time`,
    other: 'browser-level, bare records',
    better: 'higher',
    target: batch === 1 ? 0.35 : 0.2,
    prepare: () => indexedDbPut(batch, openIndexedDb)
  }))
]

const lines = [...codecLines, ...ipnsLines, ...recordLines, ...storeLines]

/** Runs all benchmarks and passes each result to `post`, and `undefined` at the end. */
export async function measureAll(post: (measured: unknown) => void, only: string): Promise<void> {
  for (const line of lines.filter(({ name }) => name.includes(only))) {
    const { ratio, spread, nanoseconds, ok } = await measure(line)
    const { name, other, better, target } = line
    post({ line: { name, other, better, target }, ratio, spread, nanoseconds, ok })
  }
  post(undefined)
}

const scope = globalThis as { readonly WorkerGlobalScope?: unknown }
if (scope.WorkerGlobalScope !== undefined) {
  self.addEventListener(
    'message',
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- `postMessage` of a worker has no target origin
    ({ data }) => void measureAll((measured) => (self as unknown as Worker).postMessage(measured), String(data))
  )
} else {
  Object.assign(globalThis, { measureAll })
}
