export { anySignal } from './any-signal.ts'
export { fromBase64, toBase64, toBase64Url } from './base64.ts'
export { BoundedMap } from './bounded-map.ts'
export { keptCopy, returnedCopy } from './byte-pool.ts'
export { ByteQueue } from './byte-queue.ts'
export { checkBytes, isBytes, nameOf } from './check-bytes.ts'
export { fillRandom } from './fill-random.ts'
export { fromHex, toHex } from './hex.ts'
export { inPieces } from './in-pieces.ts'
export { enoughCopies, hasEnoughCopies } from './has-enough-copies.ts'
export { isLocalDecision } from './is-local-decision.ts'
export { isPromise } from './is-promise.ts'
export { KeyedMutex } from './keyed-mutex.ts'
export { LocalSignatures, registerLocalSigner } from './local-signatures.ts'
export { mapKey } from './map-key.ts'
export { membersOf } from './members-of.ts'
export { ownCopy } from './own-copy.ts'
export { ownRecord } from './own-record.ts'
export { printable } from './printable.ts'
export { raceAbort } from './race-abort.ts'
export {
  checkBoolean,
  checkClock,
  checkCount,
  checkDuration,
  checkFunction,
  checkNumber,
  checkObject,
  checkPart,
  checkTime,
  describe,
  nanosecondsOf
} from './check-options.ts'
export { checkOptions } from './check-option-names.ts'
export type { OptionNames } from './check-option-names.ts'
export { checkAccess, checkAlgorithms } from './check-parts.ts'
export { DueQueue } from './due-queue.ts'
export { Republisher } from './republisher.ts'
export type { RepublisherOptions, RepublishPlan, RepublishQueueEntry } from './republisher.ts'
export { recordRouterName } from './record-router-name.ts'
export { sameBytes } from './same-bytes.ts'
export { sharedCall } from './shared-call.ts'
export { SizedMap } from './sized-map.ts'
export { takeUntilAborted } from './take-until-aborted.ts'
export { Turns, turns } from './turns.ts'
export { WorkBudget } from './work-budget.ts'
export type { WorkBudgetOptions } from './work-budget.ts'
