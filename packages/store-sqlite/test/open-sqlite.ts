import { DatabaseSync } from 'node:sqlite'
import { openSqliteBackend } from '../src/open-backend.ts'
import type { SqliteRecordStoreOptions } from '../src/index.ts'
import { SqliteRecordStore } from '../src/index.ts'
import type { SqliteBackend } from '../src/sqlite-backend.ts'

export function openStore(path: string, options: SqliteRecordStoreOptions = {}): Promise<SqliteRecordStore> {
  return SqliteRecordStore.open(new DatabaseSync(path), options)
}

export function openBackend(path: string, options: SqliteRecordStoreOptions = {}): Promise<SqliteBackend> {
  return openSqliteBackend(new DatabaseSync(path), options)
}
