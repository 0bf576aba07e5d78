import type { RecordStore } from '@recordkit/record-types'
import { testStore } from '@recordkit/record-conformance'
import { MemoryLevel } from 'memory-level'
import { describe, test } from 'vitest'
import type { LevelDatabase } from '../src/index.ts'
import { LevelRecordStore } from '../src/index.ts'

const databases = new WeakMap<RecordStore, LevelDatabase>()

async function open(
  database: LevelDatabase,
  setting: Parameters<typeof LevelRecordStore.open>[1]
): Promise<RecordStore> {
  const store = await LevelRecordStore.open(database, setting)
  databases.set(store, database)
  return store
}

function databaseOf(store: RecordStore): LevelDatabase {
  return databases.get(store) as LevelDatabase
}

/** What the kit needs to damage an entry: the key that the store keeps a record under begins with 1. */
async function corrupt(store: RecordStore, key: Uint8Array): Promise<void> {
  const encoding = { keyEncoding: 'view', valueEncoding: 'view' }
  await databaseOf(store).put(Uint8Array.of(1, ...key), Uint8Array.of(7, 7, 7), encoding)
}

for (const kind of ['memory-level', 'a sublevel of memory-level'] as const) {
  testStore(
    { test, describe },
    {
      name: `LevelRecordStore on ${kind}`,
      capabilities: { durable: false, expiryIndex: true, snapshot: true, multiProcess: false, persistent: false },
      open: (setting) => {
        const root = new MemoryLevel<Uint8Array, Uint8Array>()
        return open(kind === 'memory-level' ? root : root.sublevel('records'), setting)
      },
      reopen: (store, setting) => open(databaseOf(store), setting),
      corrupt
    }
  )
}
