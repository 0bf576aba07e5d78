import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoredRecord } from '@recordkit/record-store'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { ClassicLevel } from 'classic-level'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore/key'
import { base32 } from 'multiformats/bases/base32'
import type { Contest, Line } from '../measure.ts'

const now = BigInt(Date.now()) * 1_000_000n
const bytes = new TextEncoder()

/** A record of about 300 bytes that expires. */
export function recordOf(number: number): StoredRecord {
  return {
    key: bytes.encode(`/config/benchmark/${String(number).padStart(12, '0')}`),
    value: new Uint8Array(256).fill(number & 255),
    rank: new Uint8Array(49).fill(number & 127),
    timeReceived: now,
    expires: now + BigInt(number % 100_000) * 1_000_000_000n + 10n ** 15n
  }
}

async function inFolder(run: (folder: string) => Promise<Contest>): Promise<Contest> {
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-bench-'))
  const contest = await run(folder)
  return {
    ...contest,
    after: async () => {
      await contest.after?.()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

type Raw = ClassicLevel<Uint8Array, Uint8Array>

function openRaw(path: string): Raw {
  return new ClassicLevel<Uint8Array, Uint8Array>(path, { keyEncoding: 'view', valueEncoding: 'view' })
}

function batches(): Promise<Contest> {
  return inFolder(async (folder) => {
    const store = await LevelRecordStore.open(new ClassicLevel(join(folder, 'ours')), { closeDatabase: true })
    const raw = openRaw(join(folder, 'raw'))
    await raw.open()
    let [ours, theirs] = [0, 0]
    return {
      ours: () => store.batch(Array.from({ length: 1000 }, () => ({ type: 'put' as const, record: recordOf(ours++) }))),
      theirs: () =>
        raw.batch(
          Array.from({ length: 1000 }, () => {
            const { key, value } = recordOf(theirs++)
            return { type: 'put' as const, key, value }
          })
        ),
      after: () => Promise.all([store.close(), raw.close()])
    }
  })
}

function reading(): Promise<Contest> {
  return inFolder(async (folder) => {
    const store = await LevelRecordStore.open(new ClassicLevel(join(folder, 'ours')), { closeDatabase: true })
    const raw = openRaw(join(folder, 'raw'))
    const count = 20_000
    for (let start = 0; start < count; start += 1000) {
      const records = Array.from({ length: 1000 }, (_, index) => recordOf(start + index))
      await store.batch(records.map((record) => ({ type: 'put', record })))
      await raw.batch(records.map(({ key, value }) => ({ type: 'put', key, value })))
    }
    const keys = Array.from({ length: count }, (_, index) => recordOf((index * 7919) % count).key)
    let [ours, theirs] = [0, 0]
    return {
      ours: () => store.get(keys[ours++ % count] as Uint8Array),
      theirs: () => raw.get(keys[theirs++ % count] as Uint8Array),
      after: () => Promise.all([store.close(), raw.close()])
    }
  })
}

function waiting(): Promise<Contest> {
  return inFolder(async (folder) => {
    const open = (name: string): Promise<LevelRecordStore> =>
      LevelRecordStore.open(new ClassicLevel(join(folder, name)), { durable: true, closeDatabase: true })
    const [together, alone] = [await open('together'), await open('alone')]
    let [ours, theirs] = [0, 0]
    return {
      ours: () => Promise.all(Array.from({ length: 64 }, () => together.put(recordOf(ours++)))),
      theirs: async () => {
        for (let put = 0; put < 64; put++) await alone.put(recordOf(theirs++))
      },
      after: () => Promise.all([together.close(), alone.close()])
    }
  })
}

const count = 20_000

/** The datastore key of a record, as the kad-dht of js-libp2p creates it at every put and get. */
function datastoreKey(key: Uint8Array): Key {
  return new Key(`/dht/record/${base32.encode(key).slice(1)}`, false)
}

async function puttingInMemory(createsKeys: boolean): Promise<Contest> {
  const records = Array.from({ length: count }, (_, index) => recordOf(index))
  const keys = records.map(({ key }) => datastoreKey(key))
  let store = new MemoryRecordStore({ maxRecords: count })
  let datastore = new MemoryDatastore()
  let [ours, theirs] = [0, 0]
  return {
    ours: () => {
      if (ours % count === 0) store = new MemoryRecordStore({ maxRecords: count })
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

async function gettingFromMemory(createsKeys: boolean): Promise<Contest> {
  const records = Array.from({ length: count }, (_, index) => recordOf(index))
  const keys = records.map(({ key }) => datastoreKey(key))
  const store = new MemoryRecordStore({ maxRecords: count })
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

export const storeLines: readonly Line[] = [
  {
    name: 'store-level put, in batches of 1,000',
    other: 'classic-level, the bare records in one batch',
    better: 'higher',
    target: 0.35,
    prepare: batches
  },
  {
    name: 'store-level get',
    other: "classic-level's asynchronous get",
    better: 'higher',
    target: 3,
    prepare: reading
  },
  {
    name: 'store-level durable put, 64 waiting',
    other: 'the same one at a time',
    better: 'higher',
    target: 8,
    prepare: waiting
  },
  ...[false, true].flatMap((createsKeys): Line[] => {
    const key = createsKeys ? ', keys created as kad-dht does' : ', keys created before'
    const common = { other: "datastore-core's MemoryDatastore", better: 'higher', target: 1.3 } as const
    return [
      { ...common, name: `store-memory put${key}`, prepare: () => puttingInMemory(createsKeys) },
      { ...common, name: `store-memory get${key}`, prepare: () => gettingFromMemory(createsKeys) }
    ]
  })
]
