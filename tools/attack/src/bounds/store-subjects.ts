import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SqliteRecordStore } from '@recordkit/store-sqlite'
import type { RecordStore, StoreBounds, StoreOperation } from '@recordkit/record-store'
import { systemClock } from '@recordkit/record-types'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { day } from '@recordkit/testing'
import { ClassicLevel } from 'classic-level'
import { numbered, peerOf } from './subject.ts'
import type { Filled, Subject } from './subject.ts'

/** Number of groups of senders. */
const groups = 1_000
const batch = 1_000
const text = new TextEncoder()

/** Number of bytes of key and rank. */
const overhead = 34 + 33

interface Fill {
  readonly bounds: { readonly maxRecords: number; readonly maxBytes: number }
  /** bytes of each value */
  readonly value: number
}

/** Puts a tenth more records than the bounds allow. */
async function fillRecords(store: RecordStore, { bounds, value }: Fill): Promise<number> {
  const most = Math.min(bounds.maxRecords, Math.floor(bounds.maxBytes / (value + overhead)))
  const now = systemClock()
  const total = Math.ceil(most * 1.1)
  for (let first = 0; first < total; first += batch) {
    const puts = Array.from({ length: Math.min(batch, total - first) }, (_, index): StoreOperation => {
      const number = first + index
      const key = text.encode(`/config/bounds/${String(number).padStart(19, '0')}`)
      return {
        type: 'put',
        record: {
          key,
          // random, as signatures are: a database cannot compress it
          value: crypto.getRandomValues(new Uint8Array(value)),
          rank: numbered(number, 33),
          timeReceived: now,
          expires: now + day,
          sender: peerOf(number % groups)
        }
      }
    })
    await store.batch(puts)
  }
  return (await store.stats()).entries
}

/** Puts and deletes records: each leaves a mark. */
async function fillMarks(store: RecordStore, most: number): Promise<number> {
  const now = systemClock()
  const total = Math.ceil(most * 1.1)
  for (let first = 0; first < total; first += batch) {
    const keys = Array.from({ length: Math.min(batch, total - first) }, (_, index) =>
      text.encode(`/config/bounds/${String(first + index).padStart(19, '0')}`)
    )
    await store.batch(
      keys.map((key, index): StoreOperation => ({
        type: 'put',
        record: {
          key,
          value: new Uint8Array(1),
          rank: numbered(first + index, 33),
          timeReceived: now,
          expires: now + day,
          sender: peerOf((first + index) % groups)
        }
      }))
    )
    await store.batch(keys.map((key) => ({ type: 'delete', key })))
  }
  return (await store.stats()).marks
}

const memory = { maxRecords: 65_536, maxBytes: 67_108_864 }
const standard = { maxRecords: 1_000_000, maxBytes: 1_073_741_824 }

const scaled = ({ maxRecords, maxBytes }: typeof standard, scale: number): typeof standard => ({
  maxRecords: Math.ceil(maxRecords * scale),
  maxBytes: Math.ceil(maxBytes * scale)
})

/** What a full store does: the promise of docs/threat-model.md. */
const removesOldest =
  'the oldest record of the largest group is removed: g / (g + h) of the space for g of g + h groups'
const removesMark = 'the oldest mark of the largest group is removed; marks of published keys stay'

const openLevel = async (folder: string, bounds: StoreBounds): Promise<RecordStore> => {
  const options = { keyEncoding: 'view', valueEncoding: 'view' }
  return LevelRecordStore.open(new ClassicLevel<Uint8Array, Uint8Array>(folder, options), bounds)
}

const openSqlite = async (folder: string, bounds: StoreBounds): Promise<RecordStore> =>
  SqliteRecordStore.open(new DatabaseSync(join(folder, 'records.db')), { ...bounds, timeout: Infinity })

function inMemory(title: string, value: number, most: number): Subject {
  return {
    id: `store-memory-${value}`,
    title: `store-memory, full of ${title}`,
    bound: 'maxRecords 65,536; maxBytes 64 MiB',
    whenFull: removesOldest,
    most,
    async fill(): Promise<Filled> {
      const store = new MemoryRecordStore()
      return { count: await fillRecords(store, { bounds: memory, value }), limit: memory.maxRecords, kept: store }
    }
  }
}

type Open = typeof openLevel

const idOf = (name: string): string => name.split(' ')[0]?.toLowerCase() ?? name

function onDisk(name: string, open: Open, title: string, value: number, most: number): Subject {
  return {
    id: `${idOf(name)}-${value}`,
    title: `${name}, full of ${title}`,
    bound: 'maxRecords 1,000,000; maxBytes 1 GiB',
    whenFull: removesOldest,
    most,
    async fill(scale, folder): Promise<Filled> {
      const bounds = scaled(standard, scale)
      const store = await open(folder, bounds)
      const count = await fillRecords(store, { bounds, value })
      return { count, limit: bounds.maxRecords, kept: store, close: async () => store.close() }
    }
  }
}

function marksOnDisk(name: string, open: Open, most: number): Subject {
  return {
    id: `${idOf(name)}-marks`,
    title: `${name}, full of marks`,
    bound: 'maxMarks 1,000,000',
    whenFull: removesMark,
    most,
    async fill(scale, folder): Promise<Filled> {
      const bounds = scaled(standard, scale)
      const store = await open(folder, bounds)
      const count = await fillMarks(store, bounds.maxRecords)
      return { count, limit: bounds.maxRecords, kept: store, close: async () => store.close() }
    }
  }
}

export const storeSubjects: readonly Subject[] = [
  inMemory('records of 200 bytes', 200, 100),
  inMemory('records of 10 KiB', 10_240, 100),
  {
    id: 'store-memory-marks',
    title: 'store-memory, full of marks',
    bound: 'maxMarks 65,536; a quarter of maxBytes',
    whenFull: removesMark,
    most: 40,
    async fill() {
      const store = new MemoryRecordStore()
      return { count: await fillMarks(store, memory.maxRecords), limit: memory.maxRecords, kept: store }
    }
  },
  onDisk('store-level', openLevel, 'records of 200 bytes', 200, 100),
  onDisk('store-level', openLevel, 'records of 10 KiB', 10_240, 100),
  marksOnDisk('store-level', openLevel, 100),
  onDisk('store-sqlite', openSqlite, 'records of 200 bytes', 200, 100),
  onDisk('store-sqlite', openSqlite, 'records of 10 KiB', 10_240, 100),
  marksOnDisk('store-sqlite', openSqlite, 100)
]
