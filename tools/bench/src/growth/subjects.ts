import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordStore } from '@recordkit/record-store'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { ClassicLevel } from 'classic-level'
import { MemoryLevel } from 'memory-level'
import { ValidationEngine } from '@recordkit/record-validators'
import { internal } from '@recordkit/testing/internal'
import { recordOf } from '../lines/stores.ts'

interface Scheduled {
  set(name: string, at: bigint, item: number): void
  first(): { readonly at: bigint; readonly item: number } | undefined
}
interface Watching {
  open(watched: { readonly key: Uint8Array }, signal: undefined): { end(): void }
  tell(record: { readonly key: Uint8Array }): void
}
const { Schedule } = await internal<{ Schedule: new () => Scheduled }>('record-manager/src/schedule.ts')
const { Watchers } = await internal<{ Watchers: new () => Watching }>('record-manager/src/watchers.ts')

/** Something that grows: what `make` answers holds `count` things when it has been filled. */
export interface Subject {
  readonly name: string
  readonly make: (count: number) => Grown | Promise<Grown>
}

export interface Grown {
  /** takes the thing of this number in; the harness calls it with every number once, in order */
  readonly add: (number: number) => unknown
  /** ends what `add` gathers */
  readonly flush?: () => unknown
  readonly end?: () => unknown
}

const batchSize = 1000

function inBatches(store: RecordStore, end?: () => unknown): Grown {
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

export const subjects: readonly Subject[] = [
  {
    name: 'store-memory: put',
    make: (count) => {
      const store = memoryStore(count)
      return { add: (number) => store.put(recordOf(number)), end: () => store.close() }
    }
  },
  {
    name: 'store-memory: get, at random',
    make: async (count) => {
      const store = await filled(count)
      return { add: (number) => store.get(recordOf((number * 7919) % count).key), end: () => store.close() }
    }
  },
  {
    name: 'store-memory: put over the quota (one goes, its mark stays)',
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
    name: 'verdict cache: a verdict over the bound',
    make: (count) => {
      const cache = new ValidationEngine([], { verdicts: count }).verdicts
      const accept = { status: 'accept' } as const
      for (let number = 0; number < count; number++) cache.set(`old ${number}`, accept)
      return { add: (number) => cache.set(`new ${number}`, accept), end: () => cache.clear() }
    }
  },
  {
    name: 'watch list: a record of a watched key',
    make: (count) => {
      const watchers = new Watchers()
      const keys = Array.from({ length: count }, (_, number) => recordOf(number).key)
      const open = keys.map((key) => watchers.open({ key }, undefined))
      return {
        add: (number) => watchers.tell({ key: keys[number] as Uint8Array }),
        end: () => {
          for (const watcher of open) watcher.end()
        }
      }
    }
  },
  {
    name: 'republish schedule: a record that is due, and is due again',
    make: (count) => {
      const schedule = new Schedule()
      for (let number = 0; number < count; number++)
        schedule.set(`key ${number}`, BigInt((number * 7919) % count), number)
      return {
        add: () => {
          const { at, item } = schedule.first() ?? { at: 0n, item: 0 }
          schedule.set(`key ${item}`, at + BigInt(count), item)
        }
      }
    }
  }
]
