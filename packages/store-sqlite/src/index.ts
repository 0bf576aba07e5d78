export type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite-database.ts'
export { SqliteRecordStore } from './sqlite-record-store.ts'
export type { SqliteRecordStoreOptions } from './sqlite-record-store.ts'
