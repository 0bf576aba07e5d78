// `node tools/checks/src/conformance/index.ts`: runs the conformance kit on every store and backend of this repository and prints
// two Markdown tables. `-- --write` writes them to docs/stores.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DatastoreBackend } from '@recordkit/example-store-datastore'
import type { StoreFactory, StoreSetting } from '@recordkit/record-conformance'
import { faultyBackend, formatReports, runBackend, runStore } from '@recordkit/record-conformance'
import type { RecordStore, StoreBackend } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import type { LevelDatabase, LevelRecordStoreOptions } from '@recordkit/store-level'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { PostgresRecordStore } from '@recordkit/store-postgres'
import { SqliteRecordStore } from '@recordkit/store-sqlite'
import { PglitePool } from '@recordkit/testing/pglite-pool'
import { ClassicLevel } from 'classic-level'
import { MemoryDatastore } from 'datastore-core'
import { MemoryLevel } from 'memory-level'
import { datastoreBackend } from './backends.ts'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-conformance-'))
let count = 0
const newPath = (): string => join(folder, String(count++))

const memory: StoreFactory = {
  name: 'store-memory',
  capabilities: {
    durable: false,
    expiryIndex: true,
    snapshot: false,
    multiProcess: false,
    persistent: false,
    atomicBatch: true
  },
  open: (setting) => new MemoryRecordStore(setting)
}

/** The encoding of keys and values that store-level uses. */
const encoding = { keyEncoding: 'view', valueEncoding: 'view' } as const

function level(name: string, persistent: boolean, make: () => LevelDatabase, durable: boolean): StoreFactory {
  const databases = new WeakMap<RecordStore, LevelDatabase>()
  const open = async (database: LevelDatabase, setting: LevelRecordStoreOptions): Promise<RecordStore> => {
    const store = await LevelRecordStore.open(database, { ...setting, durable })
    databases.set(store, database)
    return store
  }
  const databaseOf = (store: RecordStore): LevelDatabase => databases.get(store) as LevelDatabase
  return {
    name,
    capabilities: { durable, expiryIndex: true, snapshot: true, multiProcess: false, persistent, atomicBatch: true },
    open: (setting) => open(make(), setting),
    reopen: (store, setting) => open(databaseOf(store), setting),
    corrupt: (store, key) => {
      const batch = databaseOf(store).batch()
      batch.put(Uint8Array.of(1, ...key), Uint8Array.of(7), encoding)
      return batch.write({})
    }
  }
}

/**
 * A store made of a backend by `createStore`.
 *
 * @param open - opens the database at a path
 */
function created(name: string, open: (path: string) => StoreBackend): StoreFactory {
  const paths = new WeakMap<RecordStore, string>()
  const make = (setting: StoreSetting, path: string): RecordStore => {
    const store = createStore(open(path), setting)
    paths.set(store, path)
    return store
  }
  const reopen = (store: RecordStore, setting: StoreSetting): RecordStore => make(setting, paths.get(store) ?? '')
  return {
    name,
    capabilities: open(newPath()).capabilities,
    open: (setting) => make(setting, newPath()),
    reopen,
    openFaulty: (setting) => {
      const { backend, fail } = faultyBackend(open(newPath()))
      return { store: createStore(backend, setting), fail }
    }
  }
}

const datastores = new Map<string, MemoryDatastore>()
function datastoreAt(path: string): MemoryDatastore {
  const datastore = datastores.get(path) ?? new MemoryDatastore()
  datastores.set(path, datastore)
  return datastore
}

const schemas = new WeakMap<RecordStore, string>()
async function openPostgres(setting: StoreSetting, schema = `kit_${count++}`): Promise<RecordStore> {
  const options = { ...setting, schema, listen: false, pollInterval: 5 }
  const store = await PostgresRecordStore.open(await PglitePool.shared(), options)
  schemas.set(store, schema)
  return store
}

const postgres: StoreFactory = {
  name: 'store-postgres, PGlite',
  capabilities: {
    durable: false,
    expiryIndex: true,
    snapshot: false,
    multiProcess: true,
    persistent: true,
    atomicBatch: true
  },
  open: (setting) => openPostgres(setting),
  reopen: (store, setting) => openPostgres(setting, schemas.get(store)),
  share: (store, setting) => openPostgres(setting, schemas.get(store)),
  corrupt: async (store, key) => {
    const damaged = `INSERT INTO ${schemas.get(store)}.entries VALUES ($1, $2, NULL, true, false, false)
      ON CONFLICT (key) DO UPDATE SET entry = excluded.entry`
    await (await PglitePool.shared()).query(damaged, [key, Uint8Array.of(1, 7, 7)])
  },
  sharedChanges: true,
  sharedLeases: true
}

const files = new WeakMap<RecordStore, string>()
async function openSqlite(setting: StoreSetting, path = newPath()): Promise<RecordStore> {
  const store = await SqliteRecordStore.open(new DatabaseSync(path), { ...setting, pollInterval: 5 })
  files.set(store, path)
  return store
}

const sqlite: StoreFactory = {
  name: 'store-sqlite',
  capabilities: { ...postgres.capabilities, durable: true },
  open: (setting) => openSqlite(setting),
  reopen: (store, setting) => openSqlite(setting, files.get(store)),
  share: (store, setting) => openSqlite(setting, files.get(store)),
  corrupt: (store, key) => {
    const database = new DatabaseSync(files.get(store) ?? '')
    database
      .prepare(
        'INSERT INTO entries (key, entry, records, marks, publications) VALUES (?, ?, 1, 0, 0) ON CONFLICT DO UPDATE SET entry = excluded.entry'
      )
      .run(key, Uint8Array.of(1, 7, 7))
    database.close()
  },
  sharedChanges: true,
  sharedLeases: true
}

const reports = []
for (const factory of [
  memory,
  level('store-level, memory-level', false, () => new MemoryLevel(), false),
  level('store-level, classic-level', true, () => new ClassicLevel(newPath()), true),
  postgres,
  sqlite,
  created('datastore', (path) => new DatastoreBackend(datastoreAt(path)))
]) {
  reports.push(await runStore(factory))
}
const backendReports = []
for (const factory of [datastoreBackend()]) backendReports.push(await runBackend(factory))
rmSync(folder, { recursive: true, force: true })

const tables = `${formatReports(reports)}\n${formatReports(backendReports)}`
console.log(tables)
if (process.argv.includes('--write')) {
  const page = new URL('../../../../docs/stores.md', import.meta.url)
  const [open, close] = ['<!-- kit -->\n', '<!-- /kit -->']
  const text = readFileSync(page, 'utf8')
  writeFileSync(
    page,
    text.replace(new RegExp(`${open}[\\s\\S]*${close}`), () => `${open}${tables}${close}`)
  )
}
if ([...reports, ...backendReports].some(({ results }) => results.some(({ status }) => status === 'failed')))
  process.exitCode = 1
