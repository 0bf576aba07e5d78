export { IndexedDbRecordStore } from './indexeddb-record-store.ts'
export type { IndexedDbRecordStoreOptions, QuarantinedEntry } from './indexeddb-record-store.ts'
export type { CheckReport, StoreProblem } from './check-entries.ts'
