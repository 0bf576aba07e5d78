import { DatabaseSync } from 'node:sqlite'
import { DatastoreBackend } from '@recordkit/example-store-datastore'
import { SqliteBackend } from '@recordkit/example-store-sqlite'
import type { BackendFactory } from '@recordkit/record-conformance'
import type { StoreBackend } from '@recordkit/record-store'
import { MemoryDatastore } from 'datastore-core'

/** Bytes of an entry that cannot be decoded, and of one in a format of a later version. */
const damaged = Uint8Array.of(1, 7, 7)
const newer = Uint8Array.of(99, 1)

/** @param newPath - returns the path of a file that does not exist yet */
export function sqliteBackend(newPath: () => string): BackendFactory {
  const paths = new WeakMap<StoreBackend, string>()
  const make = (path = newPath()): StoreBackend => {
    const backend = new SqliteBackend(path)
    paths.set(backend, path)
    return backend
  }
  const withDatabase = <Result>(of: StoreBackend, work: (database: DatabaseSync) => Result): Result => {
    const database = new DatabaseSync(paths.get(of) ?? '')
    try {
      return work(database)
    } finally {
      database.close()
    }
  }
  const setEntry = (of: StoreBackend, key: Uint8Array, entry: Uint8Array): void =>
    withDatabase(of, (database) => {
      database
        .prepare(
          'INSERT INTO entries (key, entry, records, marks, publications) VALUES (?, ?, 1, 0, 0) ON CONFLICT DO UPDATE SET entry = excluded.entry'
        )
        .run(key, entry)
    })
  const again = (backend: StoreBackend): StoreBackend => make(paths.get(backend))
  const { capabilities } = make(':memory:')
  return {
    name: 'SQLite',
    capabilities,
    accounts: true,
    create: () => make(),
    share: again,
    reopen: again,
    corrupt: (backend, key) => setEntry(backend, key, damaged),
    writeNewer: (backend, key) => setEntry(backend, key, newer),
    quarantined: (backend) =>
      withDatabase(backend, (database) => database.prepare('SELECT * FROM quarantine').all().length)
  }
}

export function datastoreBackend(): BackendFactory {
  const datastores = new WeakMap<StoreBackend, MemoryDatastore>()
  const make = (datastore = new MemoryDatastore()): StoreBackend => {
    const backend = new DatastoreBackend(datastore)
    datastores.set(backend, datastore)
    return backend
  }
  const { capabilities } = make()
  return {
    name: 'datastore',
    capabilities,
    create: () => make(),
    reopen: (backend) => make(datastores.get(backend))
  }
}
