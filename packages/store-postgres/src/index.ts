export type { PostgresConnection, PostgresPool, PostgresResult, PostgresStatement } from './postgres-pool.ts'
export { PostgresRecordStore } from './postgres-record-store.ts'
export type { PostgresRecordStoreOptions } from './postgres-record-store.ts'
