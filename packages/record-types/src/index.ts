export type { AccessControl, RateLimiter } from './access.ts'
export type { ScanRange, StoreBackend, StoreChange, StoreEntry } from './backend.ts'
export { compareBytes, copyBytes, equalBytes, mapKey, prefixEnd } from './bytes.ts'
export { clockSkew, day, hour, limits, markAge, minute, second } from './constants.ts'
export { isRefusal } from './engine.ts'
export type { RecordEngine, VerifyOptions } from './engine.ts'
export { decodeStoreEntry, encodeStoreEntry } from './entry-bytes.ts'
export { isRecordError, RecordError } from './errors.ts'
export type {
  CodecErrorCode,
  CryptoErrorCode,
  ManagerErrorCode,
  RecordErrorCode,
  RecordErrorFields,
  RefusalCode,
  RoutingErrorCode,
  StoreErrorCode
} from './errors.ts'
export { guardStore } from './guard-store.ts'
export type { GuardOptions } from './guard-store.ts'
export { KeyLocks } from './key-locks.ts'
export type { Algorithm, KeyBook, KeyType, PeerId, PrivateKey, PublicKey, Signer, VerifyingOptions } from './keys.ts'
export type {
  AuthorPolicy,
  Draft,
  Namespace,
  NamespaceLimits,
  NamespaceOptions,
  OpenedRecord,
  SealContext,
  ValidationContext
} from './namespace.ts'
export { compareRecords, higherMark, isLive, markBeside, markOf, putRule, refreshedRecord } from './put-rule.ts'
export type { MetricAttributes, RecordMetrics } from './metrics.ts'
export type { NetworkGetOptions, NetworkPutOptions, NetworkRecord, RecordNetwork } from './network.ts'
export type { Provider, PutReceipt, RecordRouting, RoutingAck, RoutingAnswer } from './routing.ts'
export {
  checkBytes,
  checkedLimit,
  checkedOperations,
  checkedRange,
  checkedRecord,
  checkedSignal,
  checkKey,
  checkRecord,
  copyIfValue,
  copyMark,
  copyRecord,
  isBytes
} from './store-arguments.ts'
export type { CheckedRange, StoreLimits } from './store-arguments.ts'
export { closedError, storeError } from './store-io.ts'
export type {
  DeleteOptions,
  Mark,
  PutOutcome,
  PutResult,
  RecordStore,
  StoreCapabilities,
  StoredRecord,
  StoreOperation,
  StoreOperationResult,
  StoreQuery,
  StoreStats
} from './store.ts'
export { signalOf, systemClock, systemTimer } from './time.ts'
export type { AbortOptions, Clock, MaybePromise, SetTimer } from './time.ts'
export type { Accept, Refusal, Verdict } from './verdict.ts'
