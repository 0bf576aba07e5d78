export { MemoryRecordStore } from './memory-record-store.ts'
export type { MemoryRecordStoreOptions } from './memory-record-store.ts'
