import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordStore } from '@recordkit/record-store'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { ClassicLevel } from 'classic-level'
import { MemoryLevel } from 'memory-level'
import { RecordManager, replication } from '@recordkit/record-manager'
import { ValidationEngine } from '@recordkit/record-validators'
import { DueQueue } from '@recordkit/record-types/internal'
import { internal } from '@recordkit/testing/internal'
import { recordOf } from '../lines/stores.ts'

interface WatcherList {
  open(watched: { readonly key: Uint8Array }, signal: undefined): { end(): void }
  notify(record: { readonly key: Uint8Array; readonly value: Uint8Array }): void
}
const { Watchers } = await internal<{ Watchers: new () => WatcherList }>('record-manager/src/watchers.ts')

/** A measured structure; it contains `count` items when it has been filled. */
export interface Subject {
  readonly name: string
  readonly make: (count: number) => SubjectRun | Promise<SubjectRun>
}

export interface SubjectRun {
  /** adds the item of this number; called with every number once, in order */
  readonly add: (number: number) => unknown
  /** completes a partial batch of `add` */
  readonly flush?: (() => unknown) | undefined
  readonly end?: (() => unknown) | undefined
  /** how many items are added, when that is not all of them */
  readonly most?: number | undefined
}

const batchSize = 1000

function inBatches(store: RecordStore, end?: () => unknown): SubjectRun {
  let waiting: number[] = []
  const flush = async (): Promise<void> => {
    const numbers = waiting
    waiting = []
    await store.batch(numbers.map((number) => ({ type: 'put', record: recordOf(number) })))
  }
  return {
    add: (number) => (waiting.push(number) === batchSize ? flush() : undefined),
    flush,
    end: async () => {
      await store.close()
      await end?.()
    }
  }
}

function memoryStore(count: number): MemoryRecordStore {
  return new MemoryRecordStore({ maxRecords: count, maxBytes: 2 ** 40 })
}

async function filled(count: number): Promise<MemoryRecordStore> {
  const store = memoryStore(count)
  for (let number = 0; number < count; number++) await store.put(recordOf(number))
  return store
}

async function unused(): Promise<never> {
  throw new Error('the network must not be asked')
}

export const subjects: readonly Subject[] = [
  {
    name: 'store-memory: put',
    make: (count) => {
      const store = memoryStore(count)
      return { add: (number) => store.put(recordOf(number)), end: () => store.close() }
    }
  },
  {
    name: 'store-memory: get, random keys',
    make: async (count) => {
      const store = await filled(count)
      return { add: (number) => store.get(recordOf((number * 7919) % count).key), end: () => store.close() }
    }
  },
  {
    name: 'store-memory: put into a full store (evicts one)',
    make: async (count) => {
      const store = await filled(count)
      return { add: (number) => store.put(recordOf(count + number)), end: () => store.close() }
    }
  },
  {
    name: 'store-memory: marks',
    make: (count) => {
      const store = memoryStore(count)
      return {
        add: async (number) => {
          const record = recordOf(number)
          await store.put(record)
          return store.delete(record.key)
        },
        end: () => store.close()
      }
    }
  },
  {
    name: 'store-memory: list 100 after each put',
    make: async (count) => {
      const store = await filled(count)
      await store.iterate({ limit: 1 }).next()
      const list = async (number: number): Promise<void> => {
        await store.put(recordOf(count + number))
        for await (const _record of store.iterate({ limit: 100 }));
      }
      // further ones would replace what is measured
      return { add: (number) => (number < 1000 ? list(number) : undefined), end: () => store.close(), most: 1000 }
    }
  },
  {
    name: 'manager: start() with publications',
    make: async (count) => {
      const store = new MemoryRecordStore({ maxRecords: 2 * count, maxBytes: 2 ** 40 })
      for (let number = 0; number < count; number++) {
        const record = recordOf(number)
        const publication = { key: record.key, network: true, published: record.timeReceived }
        await store.put(record, { publication })
      }
      // nothing is due, so that the network is not asked
      const network = replication({ get: unused, put: unused })
      const manager = new RecordManager({ engine: new ValidationEngine([]), store, network })
      // all of them at once
      return { add: (number) => (number === 0 ? manager.start() : undefined), end: () => manager.close() }
    }
  },
  {
    name: 'republish queue: all entries in order',
    make: (count) => {
      const queue = new DueQueue<number>()
      for (let number = 0; number < count; number++) queue.set(`key ${number}`, BigInt((number * 7919) % count), number)
      return { add: (number) => (number === 0 ? queue.entries() : undefined) }
    }
  },
  {
    name: 'store-level on memory-level: put, batches of 1,000',
    make: async () => inBatches(await LevelRecordStore.open(new MemoryLevel()))
  },
  {
    name: 'store-level on classic-level: put, batches of 1,000',
    make: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'recordkit-growth-'))
      const store = await LevelRecordStore.open(new ClassicLevel(join(folder, 'database')), { closeDatabase: true })
      return inBatches(store, () => rm(folder, { recursive: true, force: true }))
    }
  },
  {
    name: 'verdict cache: set above the limit',
    make: (count) => {
      const cache = new ValidationEngine([], { verdicts: count }).verdicts
      for (let number = 0; number < count; number++) cache.set(`old ${number}`, 'valid')
      return { add: (number) => cache.set(`new ${number}`, 'valid'), end: () => cache.clear() }
    }
  },
  {
    name: 'watchers: notify of a watched key',
    make: (count) => {
      const watchers = new Watchers()
      const keys = Array.from({ length: count }, (_, number) => recordOf(number).key)
      const open = keys.map((key) => watchers.open({ key }, undefined))
      return {
        add: (number) => watchers.notify({ key: keys[number] as Uint8Array, value: new Uint8Array(0) }),
        end: () => {
          for (const watcher of open) watcher.end()
        }
      }
    }
  },
  {
    name: 'republish queue: take the first, add it again',
    make: (count) => {
      const queue = new DueQueue<number>()
      for (let number = 0; number < count; number++) queue.set(`key ${number}`, BigInt((number * 7919) % count), number)
      return {
        add: () => {
          const { at, item } = queue.first() ?? { at: 0n, item: 0 }
          queue.set(`key ${item}`, at + BigInt(count), item)
        }
      }
    }
  }
]
