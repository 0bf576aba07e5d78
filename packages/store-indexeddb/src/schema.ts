/** The version of the format, which is the version of the database. */
export const formatVersion = 1

/** The object stores. These names, and those of the indexes, are part of the stored format. */
export const storeNames = {
  /** the format and the totals */
  meta: 'meta',
  /** the entries, by record key */
  entries: 'entries',
  /** the accounts, by name */
  accounts: 'accounts',
  /** damaged entries that were replaced */
  quarantine: 'quarantine'
} as const

export type StoreName = (typeof storeNames)[keyof typeof storeNames]

/** Keys of the store `meta`. */
export const metaKey = { format: 'format', totals: 'totals' } as const

/** What the row `format` contains: it distinguishes a record store from another database of the same name. */
export interface FormatRow {
  readonly name: 'recordkit'
  readonly version: number
}

/** Changes a database from one version to the next, in the transaction that changes its version. */
type Migration = (database: IDBDatabase, transaction: IDBTransaction) => void

/** The migration at index `n` makes version `n + 1` of version `n`. */
const migrations: readonly Migration[] = [createStores]

/** Migrates a database to the current version. The browser applies all of it or nothing. */
export function migrate(database: IDBDatabase, transaction: IDBTransaction, oldVersion: number): void {
  for (const migration of migrations.slice(oldVersion)) migration(database, transaction)
  const format: FormatRow = { name: 'recordkit', version: formatVersion }
  transaction.objectStore(storeNames.meta).put(format, metaKey.format)
}

/** Whether a database has the stores of a record store. Only one that has them contains a format row. */
export function hasStores({ objectStoreNames }: IDBDatabase): boolean {
  return Object.values(storeNames).every((name) => objectStoreNames.contains(name))
}

function createStores(database: IDBDatabase): void {
  database.createObjectStore(storeNames.meta)
  const entries = database.createObjectStore(storeNames.entries)
  for (const field of ['due', 'record', 'mark', 'publication']) entries.createIndex(field, field)
  const accounts = database.createObjectStore(storeNames.accounts)
  for (const field of ['groupRecords', 'groupBytes', 'groupMarks']) accounts.createIndex(field, field)
  database.createObjectStore(storeNames.quarantine, { autoIncrement: true })
}
