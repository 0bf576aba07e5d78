import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { RecordStore } from '@recordkit/record-types'
import { faultyBackend, testStore } from '@recordkit/record-conformance'
import { guardStore } from '@recordkit/record-types'
import { afterAll, describe, test } from 'vitest'
import { SqliteBackend } from '../src/sqlite-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
const paths = new WeakMap<RecordStore, string>()

function open(setting: Parameters<typeof guardStore>[1], path = join(folder, `${count++}.db`)): RecordStore {
  const store = guardStore(new SqliteBackend(path), setting)
  paths.set(store, path)
  return store
}

testStore(
  { test, describe },
  {
    name: 'SqliteBackend',
    capabilities: { durable: true, expiryIndex: true, snapshot: false, multiProcess: true, persistent: true },
    open: (setting) => open(setting),
    reopen: (store, setting) => open(setting, paths.get(store)),
    share: (store, setting) => open(setting, paths.get(store)),
    openFaulty: (setting) => {
      const { backend, fail } = faultyBackend(new SqliteBackend(':memory:'))
      return { store: guardStore(backend, setting), fail }
    },
    corrupt: (store, key) => {
      const database = new DatabaseSync(paths.get(store) as string)
      database.prepare('UPDATE entries SET entry = ? WHERE key = ?').run(Uint8Array.of(7, 7, 7), key)
      database.close()
    }
  }
)
