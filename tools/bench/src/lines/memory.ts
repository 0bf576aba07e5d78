// store-memory beside the datastore in memory of js-libp2p.
import type { StoredRecord } from '@recordkit/record-store'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import type { Key } from 'interface-datastore/key'
import { LRUCache } from 'lru-cache'
import type { Contest, Line } from '../measure.ts'
import { datastoreKey, mixedSize, recordOf } from './stores.ts'

/** Records of one size, or of mixed sizes. */
interface Records {
  readonly count: number
  readonly sizeOf?: ((number: number) => number) | undefined
}
const small: Records = { count: 20_000 }
const mixed: Records = { count: 50_000, sizeOf: mixedSize }

function recordsOf({ count, sizeOf }: Records): StoredRecord[] {
  return Array.from({ length: count }, (_, number) => recordOf(number, sizeOf?.(number)))
}

function memoryStore(count: number): MemoryRecordStore {
  return new MemoryRecordStore({ maxRecords: count, maxBytes: 2 ** 40 })
}

async function putting(of: Records, createsKeys: boolean): Promise<Contest> {
  const { count } = of
  const records = recordsOf(of)
  const keys = records.map(({ key }) => datastoreKey(key))
  let store = memoryStore(count)
  let datastore = new MemoryDatastore()
  let [ours, theirs] = [0, 0]
  return {
    ours: () => {
      if (ours % count === 0) store = memoryStore(count)
      return store.put(records[ours++ % count] as StoredRecord)
    },
    theirs: async () => {
      if (theirs % count === 0) datastore = new MemoryDatastore()
      const number = theirs++ % count
      const { key, value } = records[number] as StoredRecord
      return datastore.put(createsKeys ? datastoreKey(key) : (keys[number] as Key), value)
    }
  }
}

async function getting(of: Records, createsKeys: boolean): Promise<Contest> {
  const { count } = of
  const records = recordsOf(of)
  const keys = records.map(({ key }) => datastoreKey(key))
  const store = memoryStore(count)
  const datastore = new MemoryDatastore()
  for (const [index, record] of records.entries()) {
    await store.put(record)
    await datastore.put(keys[index] as Key, record.value)
  }
  let [ours, theirs] = [0, 0]
  return {
    ours: () => store.get((records[(ours++ * 7919) % count] as StoredRecord).key),
    theirs: async () => {
      const number = (theirs++ * 7919) % count
      return datastore.get(createsKeys ? datastoreKey((records[number] as StoredRecord).key) : (keys[number] as Key))
    }
  }
}

/** Puts into a full store: each evicts the oldest record, as each put into the cache evicts the value that was used least recently. */
async function evicting(of: Records): Promise<Contest> {
  const { count } = of
  const records = recordsOf({ ...of, count: 2 * count })
  const store = memoryStore(count)
  const cache = new LRUCache<string, Uint8Array>({ max: count })
  for (const record of records.slice(0, count)) {
    await store.put(record)
    cache.set(datastoreKey(record.key).toString(), record.value)
  }
  let [ours, theirs] = [count, count]
  const recordOfCall = (call: number): StoredRecord => records[call % records.length] as StoredRecord
  return {
    ours: () => store.put(recordOfCall(ours++)),
    theirs: async () => {
      const { key, value } = recordOfCall(theirs++)
      cache.set(datastoreKey(key).toString(), value)
    }
  }
}

const other = "datastore-core's MemoryDatastore"

export const memoryLines: readonly Line[] = [
  ...[false, true].flatMap((createsKeys): Line[] => {
    const key = createsKeys ? ', keys created as kad-dht does' : ', keys created before'
    const common = { other, better: 'higher', target: 1.3 } as const
    return [
      { ...common, name: `store-memory put${key}`, prepare: () => putting(small, createsKeys) },
      { ...common, name: `store-memory get${key}`, prepare: () => getting(small, createsKeys) }
    ]
  }),
  {
    name: 'store-memory put, 50,000 of 200 B to 10 KiB',
    other: `${other}, keys created as kad-dht does`,
    better: 'higher',
    target: 1,
    prepare: () => putting(mixed, true)
  },
  {
    name: 'store-memory get, 50,000 of 200 B to 10 KiB',
    other: `${other}, keys created as kad-dht does`,
    better: 'higher',
    target: 1,
    prepare: () => getting(mixed, true)
  },
  {
    name: 'store-memory put that evicts, 50,000 of 200 B to 10 KiB',
    other: 'lru-cache, keys created as kad-dht does',
    better: 'higher',
    target: 1,
    prepare: () => evicting(mixed)
  }
]
