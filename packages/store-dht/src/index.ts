export { DhtRecordStore } from './dht-record-store.ts'
export type { DhtRecordStoreOptions } from './dht-record-store.ts'
