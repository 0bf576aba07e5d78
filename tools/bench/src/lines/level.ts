// store-level beside the database that it uses, and beside the datastore of js-libp2p on the same database.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LevelRecordStore } from '@recordkit/store-level'
import { ClassicLevel } from 'classic-level'
import { LevelDatastore } from 'datastore-level'
import type { Contest, Line } from '../measure.ts'
import { datastoreKey, recordOf } from './stores.ts'

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

const count = 20_000

/** A store and a database with the same records. */
function filled(contest: (store: LevelRecordStore, raw: Raw) => Contest): Promise<Contest> {
  return inFolder(async (folder) => {
    const store = await LevelRecordStore.open(new ClassicLevel(join(folder, 'ours')), { closeDatabase: true })
    const raw = openRaw(join(folder, 'raw'))
    for (let start = 0; start < count; start += 1000) {
      const records = Array.from({ length: 1000 }, (_, index) => recordOf(start + index))
      await store.batch(records.map((record) => ({ type: 'put', record })))
      await raw.batch(records.map(({ key, value }) => ({ type: 'put', key, value })))
    }
    return { ...contest(store, raw), after: () => Promise.all([store.close(), raw.close()]) }
  })
}

/** @param callers - of how many concurrent gets */
function reading(callers: number): Promise<Contest> {
  return filled((store, raw) => {
    const keys = Array.from({ length: count }, (_, index) => recordOf((index * 7919) % count).key)
    let [ours, theirs] = [0, 0]
    const [get, getRaw] = [
      () => store.get(keys[ours++ % count] as Uint8Array),
      () => raw.get(keys[theirs++ % count] as Uint8Array)
    ]
    if (callers === 1) return { ours: get, theirs: getRaw }
    return {
      ours: () => Promise.all(Array.from({ length: callers }, get)),
      theirs: () => Promise.all(Array.from({ length: callers }, getRaw))
    }
  })
}

async function read(iteration: AsyncIterable<unknown>): Promise<void> {
  for await (const _item of iteration);
}

function iterating(): Promise<Contest> {
  return filled((store, raw) => ({ ours: () => read(store.iterate()), theirs: () => read(raw.iterator()) }))
}

function putting(): Promise<Contest> {
  return inFolder(async (folder) => {
    const store = await LevelRecordStore.open(new ClassicLevel(join(folder, 'ours')), { closeDatabase: true })
    const datastore = new LevelDatastore(join(folder, 'datastore'))
    await datastore.open()
    let [ours, theirs] = [0, 0]
    return {
      ours: () => store.put(recordOf(ours++)),
      theirs: () => {
        const { key, value } = recordOf(theirs++)
        return datastore.put(datastoreKey(key), value)
      },
      after: () => Promise.all([store.close(), datastore.close()])
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

export const levelLines: readonly Line[] = [
  {
    name: 'store-level put, in batches of 1,000',
    other: 'classic-level, the bare records in one batch',
    better: 'higher',
    target: 0.45,
    prepare: batches
  },
  {
    name: 'store-level put, one at a time',
    other: 'datastore-level, keys created as kad-dht does',
    better: 'higher',
    target: 0.8,
    prepare: putting
  },
  {
    name: 'store-level get',
    other: "classic-level's asynchronous get",
    better: 'higher',
    target: 3,
    prepare: () => reading(1)
  },
  {
    name: 'store-level get, 64 callers',
    other: "classic-level's asynchronous get, 64 callers",
    better: 'higher',
    target: 1.2,
    prepare: () => reading(64)
  },
  {
    name: 'store-level iterate over 20,000',
    other: 'the iterator of classic-level',
    better: 'higher',
    target: 0.8,
    prepare: iterating
  },
  {
    name: 'store-level durable put, 64 waiting',
    other: 'the same one at a time',
    better: 'higher',
    target: 8,
    prepare: waiting
  }
]
