export { accountChanges, authorAccount, groupAccount, groupOfAccount, namespaceAccount } from './accounts.ts'
export type {
  AccountChange,
  AccountChanges,
  AccountSize,
  AccountTotals,
  GroupMember,
  MemberKind,
  StoreAccounts
} from './accounts.ts'
export type {
  BufferedEntries,
  EntryContent,
  EntryKind,
  ScanRange,
  Share,
  StoreBackend,
  StoreChange,
  StoreEntry
} from './backend.ts'
export type { StoreBounds } from './bounds.ts'
export { createStore } from './create-store.ts'
export type { StoreOptions } from './create-store.ts'
export { countEntries, expiredEntries, scanEntries } from './entries-in-memory.ts'
export type { EncodedEntry } from './entries-in-memory.ts'
export { decodeStoreEntry, encodeStoreEntry, equalVersions } from './entry-codec.ts'
export { PagedEntries } from './paged-entries.ts'
export type { EntryPages } from './paged-entries.ts'
export { prefixUpperBound } from './prefix-upper-bound.ts'
export {
  decidePut,
  higherMark,
  isExpired,
  markFor,
  markLifetime,
  previousMark,
  refreshedRecord,
  satisfies
} from './put-rule.ts'
export type { StoreLimits } from './store-arguments.ts'
export type {
  DeleteOptions,
  HighWaterMark,
  Lease,
  Publication,
  PutStatus,
  RecordStore,
  StoreCapabilities,
  StoredRecord,
  StoreOperation,
  StoreOperationResult,
  StorePutOptions,
  StorePutResult,
  StoreQuery,
  StoreStats,
  TouchOptions
} from './store.ts'
