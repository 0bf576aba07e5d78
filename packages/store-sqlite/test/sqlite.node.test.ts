import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { faultyBackend, testBackend, testStore } from '@recordkit/record-conformance'
import type { RecordStore, StoreBackend } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import { afterAll, describe, test } from 'vitest'
import type { SqliteRecordStoreOptions } from '../src/index.ts'
import { openBackend as openBackendAt, openStore } from './open-sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
const paths = new WeakMap<RecordStore | StoreBackend, string>()
const newPath = (): string => join(folder, `${count++}.db`)

async function open(setting: SqliteRecordStoreOptions, path = newPath()): Promise<RecordStore> {
  const store = await openStore(path, { pollInterval: 5, ...setting })
  paths.set(store, path)
  return store
}

async function openBackend(path = newPath()): Promise<StoreBackend> {
  const backend = await openBackendAt(path, { pollInterval: 5 })
  paths.set(backend, path)
  return backend
}

/** Works on the database of a store or backend, as another program would. */
function withDatabase<Result>(of: RecordStore | StoreBackend, work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(paths.get(of) as string)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

function setEntry(of: RecordStore | StoreBackend, key: Uint8Array, entry: Uint8Array): void {
  withDatabase(of, (database) => {
    const changed = database.prepare('UPDATE entries SET entry = ? WHERE key = ?').run(entry, key).changes
    if (changed === 0)
      database
        .prepare('INSERT INTO entries (key, entry, records, marks, publications) VALUES (?, ?, 1, 0, 0)')
        .run(key, entry)
  })
}

const capabilities = {
  durable: true,
  expiryIndex: true,
  snapshot: false,
  multiProcess: true,
  persistent: true,
  atomicBatch: true
}

testStore(
  { test, describe },
  {
    name: 'SqliteRecordStore',
    capabilities,
    open: (setting) => open(setting),
    reopen: (store, setting) => open(setting, paths.get(store)),
    share: (store, setting) => open(setting, paths.get(store)),
    openFaulty: async (setting) => {
      const { backend, fail } = faultyBackend(await openBackend())
      return { store: createStore(backend, setting), fail }
    },
    corrupt: (store, key) => setEntry(store, key, Uint8Array.of(1, 7, 7)),
    sharedChanges: true,
    sharedLeases: true
  }
)

testBackend(
  { test, describe },
  {
    name: 'SqliteRecordStore, as a backend',
    capabilities,
    accounts: true,
    create: () => openBackend(),
    share: (backend) => openBackend(paths.get(backend)),
    reopen: (backend) => openBackend(paths.get(backend)),
    corrupt: (backend, key) => setEntry(backend, key, Uint8Array.of(1, 7, 7)),
    writeNewer: (backend, key) => setEntry(backend, key, Uint8Array.of(99, 1)),
    quarantined: (backend) =>
      withDatabase(backend, (database) => database.prepare('SELECT * FROM quarantine').all().length)
  }
)
