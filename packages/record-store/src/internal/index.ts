export { checkStoreOptions, storeOptionNames } from '../check-store-options.ts'
export { DelegatingStore } from '../delegating-store.ts'
export { rankWithIdentity } from '../entry-codec.ts'
export { localLeases, takeLease } from '../leases.ts'
export { LocalChanges } from '../local-changes.ts'
export {
  checkedChanges,
  checkedLimits,
  checkedOperation,
  checkedOperations,
  checkedRange,
  checkedRecord,
  checkedSignal,
  checkKey,
  checkRecord,
  copyMark,
  deleteNames,
  putNames,
  touchNames,
  copyPublication,
  copyRecord,
  maxTime
} from '../store-arguments.ts'
export type { CheckedRange } from '../store-arguments.ts'
export { closedError, storeError, wrapErrors, writeError } from '../store-errors.ts'
export { AdmissionRate } from '../admission-rate.ts'
export { boundNames, checkedBounds, withMaxAge } from '../bounds.ts'
export type { CheckedBounds } from '../bounds.ts'
export { recordSize, countedAuthor } from '../accounts.ts'
export { MemoryAccounts } from '../memory-accounts.ts'
export { isSentByAuthor } from '../put-rule.ts'
export { PutAdmission } from '../put-admission.ts'
export { noGroup, noShare, sameShare } from '../share.ts'
export { bucketStart, sizeBucket } from '../size-bucket.ts'
export { applyDelete, applyPut, applyTouch } from '../store-transaction.ts'
export type { EntryTransaction } from '../store-transaction.ts'
export type { PutChanges, RankCondition, TouchChanges } from '../store.ts'
export { CallTimeouts } from '../timeouts.ts'
export { TurnCollector } from '../turn-collector.ts'
export { MapBackend } from './map-backend.ts'
