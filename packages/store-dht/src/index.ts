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
export type { CombinedRoutingOptions, RoutingEntry } from './combined-routing.ts'
export { fallbackRouting } from './fallback-routing.ts'
export { parallelRouting } from './parallel-routing.ts'
export type { ParallelRoutingEntry } from './parallel-routing.ts'
