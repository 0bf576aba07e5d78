import type { RecordStore } from '@recordkit/record-store'
import type { StoreFactory } from '@recordkit/record-conformance'
import type { LevelDatabase, LevelRecordStoreOptions } from '../src/index.ts'
import { LevelRecordStore } from '../src/index.ts'
import { writeBatch } from '../src/level-database.ts'

/** Makes a database read later only, as browser-level does. */
export function readingLater<Database extends LevelDatabase>(database: Database): Database {
  return Object.assign(database, {
    supports: { ...database.supports, getSync: false },
    getSync: (): never => {
      throw new Error('this database reads later only')
    }
  })
}

/** A factory of stores on databases that `make` makes. */
export function levelFactory(
  name: string,
  capabilities: StoreFactory['capabilities'],
  make: () => LevelDatabase,
  more: Partial<StoreFactory> & { readonly options?: LevelRecordStoreOptions } = {}
): StoreFactory {
  const databases = new WeakMap<RecordStore, LevelDatabase>()
  const opened: LevelDatabase[] = []
  const open = async (database: LevelDatabase, setting: LevelRecordStoreOptions): Promise<RecordStore> => {
    opened.push(database)
    const store = await LevelRecordStore.open(database, { ...options, ...setting })
    databases.set(store, database)
    return store
  }
  const databaseOf = (store: RecordStore): LevelDatabase => databases.get(store) as LevelDatabase
  const { options, ...facilities } = more
  return {
    name,
    capabilities,
    open: (setting) => open(make(), setting),
    reopen: (store, setting) => open(databaseOf(store), setting),
    openMarksBounded: (setting, bounds) => open(make(), { ...setting, ...bounds }),
    corrupt: (store, key) =>
      // the stored format: a record's key stands behind a 1
      writeBatch(
        databaseOf(store),
        [{ type: 'put', key: Uint8Array.of(1, ...key), value: Uint8Array.of(7, 7, 7) }],
        false
      ),
    cleanUp: async () => {
      await Promise.all(opened.splice(0).map((database) => database.close()))
    },
    ...facilities
  }
}
