import type { RecordStore } from '@recordkit/record-store'
import type { StoreFactory } from '@recordkit/record-conformance'
import type { LevelDatabase, LevelRecordStoreOptions } from '../src/index.ts'
import { LevelRecordStore } from '../src/index.ts'
import { writeBatch } from '../src/level-database.ts'

/** More than a page of any database, in less time than the default of the kit. */
export const fewerEntries = 2003

/** Removes the synchronous reads of a database: browser-level has none either. */
export function withoutSyncReads<Database extends LevelDatabase>(database: Database): Database {
  return Object.assign(database, {
    supports: { ...database.supports, getSync: false },
    getSync: (): never => {
      throw new Error('this database has no synchronous reads')
    }
  })
}

/** A factory of stores, each on a database from `make`. */
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
    manyEntries: fewerEntries,
    open: (setting) => open(make(), setting),
    reopen: (store, setting) => open(databaseOf(store), setting),
    corrupt: (store, key) =>
      // in the stored format the key of a record is a 1 and the record key
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
