import type { BackendFactory, StoreFactory, StoreSetting } from '@recordkit/record-conformance'
import { faultyBackend } from '@recordkit/record-conformance'
import type { RecordStore, StoreBackend } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import { systemTimer } from '@recordkit/record-types'
import { Connection } from '../src/connection.ts'
import type { EntryRow } from '../src/entry-row.ts'
import type { IndexedDbRecordStoreOptions } from '../src/index.ts'
import { IndexedDbRecordStore } from '../src/index.ts'
import { IndexedDbBackend } from '../src/indexeddb-backend.ts'
import { openDatabase } from '../src/open-database.ts'
import { resultOf } from '../src/requests.ts'
import { storeNames } from '../src/schema.ts'

let count = 0
/** A name that no database has. */
export const newName = (): string => `test-${Math.random()}-${count++}`

/** Deletes a database that no connection uses. */
export async function deleteDatabase(name: string): Promise<void> {
  await resultOf(indexedDB.deleteDatabase(name))
}

/** Runs `work` in a transaction of a connection of its own, as another program would. */
export async function withDatabase(name: string, work: (transaction: IDBTransaction) => void): Promise<void> {
  const database = await openDatabase(name, { mustExist: true })
  const transaction = database.transaction(Object.values(storeNames), 'readwrite')
  work(transaction)
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })
  database.close()
}

/** Replaces the bytes of an entry, as damage or a newer version would. */
export async function setEntry(name: string, key: Uint8Array, entry: Uint8Array): Promise<void> {
  await withDatabase(name, (transaction) => {
    const entries = transaction.objectStore(storeNames.entries)
    const request = entries.get(key as BufferSource)
    request.onsuccess = () => {
      entries.put({ ...(request.result as EntryRow | undefined), entry }, key as BufferSource)
    }
  })
}

export async function openBackend(name: string): Promise<IndexedDbBackend> {
  const connection = new Connection(name, await openDatabase(name), false)
  return new IndexedDbBackend(name, connection, false, systemTimer)
}

const capabilities = {
  durable: false,
  expiryIndex: true,
  snapshot: false,
  multiProcess: true,
  persistent: true,
  atomicBatch: true
}

/** Databases that are deleted after a case. */
function namesOf<Opened extends object>(): {
  add(opened: Opened, name: string): Opened
  of(opened: Opened): string
  cleanUp(): Promise<void>
} {
  const names = new WeakMap<Opened, string>()
  const used = new Set<string>()
  return {
    add: (opened, name) => {
      names.set(opened, name)
      used.add(name)
      return opened
    },
    of: (opened) => names.get(opened) as string,
    cleanUp: async () => {
      const all = [...used]
      used.clear()
      await Promise.all(all.map(deleteDatabase))
    }
  }
}

/** A factory of stores, each on a database of its own. */
export function storeFactory(options: IndexedDbRecordStoreOptions = {}): StoreFactory {
  const names = namesOf<RecordStore>()
  const open = async (name: string, setting: StoreSetting): Promise<RecordStore> =>
    names.add(await IndexedDbRecordStore.open(name, { ...options, ...setting }), name)
  const again = (store: RecordStore, setting: StoreSetting): Promise<RecordStore> => open(names.of(store), setting)
  return {
    name: 'IndexedDbRecordStore',
    capabilities: { ...capabilities, durable: options.durable === true },
    sharedChanges: true,
    sharedLeases: true,
    open: (setting) => open(newName(), setting),
    reopen: again,
    share: again,
    openFaulty: async (setting) => {
      const name = newName()
      const { backend, fail } = faultyBackend(await openBackend(name))
      return { store: names.add(createStore(backend, setting), name), fail }
    },
    corrupt: (store, key) => setEntry(names.of(store), key, Uint8Array.of(1, 7, 7)),
    cleanUp: names.cleanUp
  }
}

export function backendFactory(): BackendFactory {
  const names = namesOf<StoreBackend>()
  const open = async (name: string): Promise<StoreBackend> => names.add(await openBackend(name), name)
  const again = (backend: StoreBackend): Promise<StoreBackend> => open(names.of(backend))
  return {
    name: 'IndexedDbBackend',
    capabilities,
    accounts: true,
    create: () => open(newName()),
    share: again,
    reopen: again,
    corrupt: (backend, key) => setEntry(names.of(backend), key, Uint8Array.of(1, 7, 7)),
    writeNewer: (backend, key) => setEntry(names.of(backend), key, Uint8Array.of(99, 1)),
    quarantined: async (backend) => {
      let kept = 0
      await withDatabase(names.of(backend), (transaction) => {
        const request = transaction.objectStore(storeNames.quarantine).count()
        request.onsuccess = () => {
          kept = request.result
        }
      })
      return kept
    },
    cleanUp: names.cleanUp
  }
}
