import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { faultyBackend, testBackend, testStore } from '@recordkit/record-conformance'
import type { RecordStore, StoreBackend } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import { MemoryDatastore } from 'datastore-core'
import { LevelDatastore } from 'datastore-level'
import type { Datastore } from 'interface-datastore'
import { Key } from 'interface-datastore/key'
import { afterAll, describe, test } from 'vitest'
import { DatastoreBackend } from '../src/datastore-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-datastore-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0

async function newLevel(): Promise<LevelDatastore> {
  const datastore = new LevelDatastore(join(folder, String(count++)))
  await datastore.open()
  return datastore
}

const capabilities = {
  durable: false,
  expiryIndex: false,
  snapshot: false,
  multiProcess: false,
  persistent: true,
  atomicBatch: false
}

function entryKey(key: Uint8Array): Key {
  return new Key(`/recordkit/${Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join('')}`)
}

function testOn(name: string, make: () => Datastore | Promise<Datastore>): void {
  const datastores = new WeakMap<RecordStore, Datastore>()
  const open = (datastore: Datastore, setting: Parameters<typeof createStore>[1]): RecordStore => {
    const store = createStore(new DatastoreBackend(datastore), setting)
    datastores.set(store, datastore)
    return store
  }
  const datastoreOf = (store: RecordStore): Datastore => datastores.get(store) as Datastore
  testStore(
    { test, describe },
    {
      name,
      capabilities,
      manyEntries: 2003,
      open: async (setting) => open(await make(), setting),
      reopen: (store, setting) => open(datastoreOf(store), setting),
      openFaulty: async (setting) => {
        const { backend, fail } = faultyBackend(new DatastoreBackend(await make()))
        return { store: createStore(backend, setting), fail }
      },
      corrupt: async (store, key) => {
        await datastoreOf(store).put(entryKey(key), Uint8Array.of(1, 7, 7))
      }
    }
  )
}

testOn('DatastoreBackend on datastore-level', newLevel)

const datastores = new WeakMap<StoreBackend, MemoryDatastore>()
function openBackend(datastore = new MemoryDatastore()): StoreBackend {
  const backend = new DatastoreBackend(datastore)
  datastores.set(backend, datastore)
  return backend
}

async function setEntry(backend: StoreBackend, key: Uint8Array, entry: Uint8Array): Promise<void> {
  await datastores.get(backend)?.put(entryKey(key), entry)
}

testBackend(
  { test, describe },
  {
    name: 'DatastoreBackend on MemoryDatastore, as a backend',
    capabilities,
    manyEntries: 2003,
    create: () => openBackend(),
    reopen: (backend) => openBackend(datastores.get(backend)),
    corrupt: (backend, key) => setEntry(backend, key, Uint8Array.of(1, 7, 7)),
    writeNewer: (backend, key) => setEntry(backend, key, Uint8Array.of(99, 1))
  }
)
