export type { ScanRange, StoreBackend, StoreChange, StoreEntry } from './backend.ts'
export { createStore } from './create-store.ts'
export type { StoreOptions } from './create-store.ts'
export { decodeStoreEntry, encodeStoreEntry } from './entry-codec.ts'
export { prefixUpperBound } from './prefix-upper-bound.ts'
export { decidePut, higherMark, isExpired, markFor, markLifetime, previousMark, refreshedRecord } from './put-rule.ts'
export type { StoreLimits } from './store-arguments.ts'
export type {
  DeleteOptions,
  HighWaterMark,
  PutStatus,
  RecordStore,
  StoreCapabilities,
  StoredRecord,
  StoreOperation,
  StoreOperationResult,
  StorePutResult,
  StoreQuery,
  StoreStats
} from './store.ts'
