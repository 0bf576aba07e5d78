export { DhtRecordStore } from './dht-record-store.ts'
export type { DhtRecordStoreOptions } from './dht-record-store.ts'
export { DhtProviderStore } from './dht-provider-store.ts'
export type {
  AnnouncementReceipt,
  AnnouncementStorage,
  DhtProviderStoreOptions,
  FoundProvider,
  GetProvidersOptions,
  SignedProviders
} from './dht-provider-store.ts'
