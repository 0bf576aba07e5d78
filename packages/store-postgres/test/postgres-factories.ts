import type { BackendFactory, StoreFactory } from '@recordkit/record-conformance'
import { faultyBackend } from '@recordkit/record-conformance'
import type { RecordStore, StoreBackend } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import { systemClock } from '@recordkit/record-types'
import { openPostgresBackend } from '../src/open-backend.ts'
import type { PostgresPool, PostgresRecordStoreOptions } from '../src/index.ts'
import { PostgresRecordStore } from '../src/index.ts'

/** A pool that tests can also use directly. */
export interface TestPool extends PostgresPool {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}

// the files of a worker share a database, and each has its own count
const file = Math.random().toString(36).slice(2)
let count = 0
/** A schema that no other test uses. */
export function newSchema(): string {
  return `test_${process.pid}_${file}_${count++}`
}

/** Empties the tables of a store, which takes less time than creating them. */
export async function emptySchema(pool: TestPool, schema: string): Promise<void> {
  for (const table of ['entries', 'accounts', 'changes', 'leases', 'quarantine'])
    await pool.query(`DELETE FROM ${schema}.${table}`)
  await pool.query(
    `UPDATE ${schema}.totals SET change = 0, records = 0, bytes = 0, marks = 0, publications = 0,
      published_records = 0, published_bytes = 0, groups = 0`
  )
}

/** What the kit opens. Each case has schemas of its own, which are emptied at its end for the next one. */
export function postgresFactories(
  name: string,
  poolOf: () => Promise<TestPool>,
  options: PostgresRecordStoreOptions,
  durable: boolean
): { store: StoreFactory; backend: BackendFactory } {
  const schemas = new WeakMap<RecordStore | StoreBackend, string>()
  const used = new Set<string>()
  const empty: string[] = []
  const nextSchema = (): string => empty.pop() ?? newSchema()
  const open = async (setting: PostgresRecordStoreOptions, schema = nextSchema()): Promise<RecordStore> => {
    used.add(schema)
    const store = await PostgresRecordStore.open(await poolOf(), { ...options, ...setting, schema })
    schemas.set(store, schema)
    return store
  }
  const openBackend = async (schema = nextSchema()): Promise<StoreBackend> => {
    used.add(schema)
    // the cases choose their own times
    const clock = (): bigint => systemClock()
    const backend = await openPostgresBackend(await poolOf(), { ...options, schema, clock })
    schemas.set(backend, schema)
    return backend
  }
  const schemaOf = (of: RecordStore | StoreBackend): string => schemas.get(of) as string
  const setEntry = async (of: RecordStore | StoreBackend, key: Uint8Array, entry: Uint8Array): Promise<void> => {
    await (
      await poolOf()
    ).query(
      `INSERT INTO ${schemaOf(of)}.entries VALUES ($1, $2, NULL, true, false, false)
        ON CONFLICT (key) DO UPDATE SET entry = excluded.entry`,
      [key, entry]
    )
  }
  const cleanUp = async (): Promise<void> => {
    for (const schema of used) {
      await emptySchema(await poolOf(), schema)
      empty.push(schema)
    }
    used.clear()
  }
  const capabilities = {
    durable,
    expiryIndex: true,
    snapshot: false,
    multiProcess: true,
    persistent: true,
    atomicBatch: true
  }
  return {
    store: {
      name,
      capabilities,
      open: (setting) => open(setting),
      reopen: (store, setting) => open(setting, schemaOf(store)),
      share: (store, setting) => open(setting, schemaOf(store)),
      openFaulty: async (setting) => {
        const { backend, fail } = faultyBackend(await openBackend())
        return { store: createStore(backend, setting), fail }
      },
      corrupt: (store, key) => setEntry(store, key, Uint8Array.of(1, 7, 7)),
      sharedChanges: true,
      sharedLeases: true,
      cleanUp
    },
    backend: {
      name: `${name}, as a backend`,
      capabilities,
      accounts: true,
      expectations: true,
      create: () => openBackend(),
      share: (backend) => openBackend(schemaOf(backend)),
      reopen: (backend) => openBackend(schemaOf(backend)),
      corrupt: (backend, key) => setEntry(backend, key, Uint8Array.of(1, 7, 7)),
      writeNewer: (backend, key) => setEntry(backend, key, Uint8Array.of(99, 1)),
      quarantined: async (backend) =>
        (await (await poolOf()).query(`SELECT 1 FROM ${schemaOf(backend)}.quarantine`)).rows.length,
      cleanUp
    }
  }
}
