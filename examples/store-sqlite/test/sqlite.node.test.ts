import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { RecordStore } from '@recordkit/record-store'
import { faultyBackend, testStore } from '@recordkit/record-conformance'
import { createStore } from '@recordkit/record-store'
import { afterAll, describe, test } from 'vitest'
import { SqliteBackend } from '../src/sqlite-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
const paths = new WeakMap<RecordStore, string>()

function open(setting: Parameters<typeof createStore>[1], path = join(folder, `${count++}.db`)): RecordStore {
  const store = createStore(new SqliteBackend(path), setting)
  paths.set(store, path)
  return store
}

testStore(
  { test, describe },
  {
    name: 'SqliteBackend',
    capabilities: {
      durable: true,
      expiryIndex: true,
      snapshot: false,
      multiProcess: true,
      persistent: true,
      atomicBatch: true
    },
    open: (setting) => open(setting),
    reopen: (store, setting) => open(setting, paths.get(store)),
    share: (store, setting) => open(setting, paths.get(store)),
    openFaulty: (setting) => {
      const { backend, fail } = faultyBackend(new SqliteBackend(':memory:'))
      return { store: createStore(backend, setting), fail }
    },
    corrupt: (store, key) => {
      const database = new DatabaseSync(paths.get(store) as string)
      database.prepare('UPDATE entries SET entry = ? WHERE key = ?').run(Uint8Array.of(1, 7, 7), key)
      database.close()
    }
  }
)
