import type { AccessControl } from './access.ts'
import { RecordError } from './errors.ts'
import { nameOf } from './internal/check-bytes.ts'
import { isPromise } from './internal/is-promise.ts'
import type { AlgorithmVerifyOptions, PeerId } from './keys.ts'
import type { Namespace, UnverifiedRecord, VerifiedRecord } from './namespace.ts'
import type { MaybePromise } from './time.ts'
import type { Refusal, Verdict } from './verdict.ts'

/** Options of {@link RecordEngine.verify}. */
export interface VerifyOptions extends AlgorithmVerifyOptions {
  /** the peer that sent the bytes; `undefined` when they did not come from a peer */
  readonly sender?: PeerId | undefined
}

/**
 * Parses and verifies records of every namespace that it contains. Neither method throws for bad bytes. To select the best
 * of several values: parse all, drop and report the refused ones, order them with `compare`, and verify from the
 * best down.
 */
export interface RecordEngine {
  /** decides which peers may answer, and receives the result of each answer */
  readonly access?: AccessControl | undefined
  /** Checks sizes, key and namespace, and decodes strictly: everything that needs no signature. */
  parse(key: Uint8Array, value: Uint8Array): UnverifiedRecord | Refusal
  /** {@link RecordEngine.parse} for many values under one key. The key must not change meanwhile. */
  parser?(key: Uint8Array): (value: Uint8Array) => UnverifiedRecord | Refusal
  /** order ‖ identity of a record: compares as the records of one key compare, and is equal for encodings of one record */
  rank(record: UnverifiedRecord): Uint8Array
  /** Compares two records of one key by rank. Positive when `a` ranks above `b`. */
  compare(a: UnverifiedRecord, b: UnverifiedRecord): number
  /** The namespace of a key, for its settings such as `merge`. @default the settings of {@link Namespace} apply */
  namespaceOf?(key: Uint8Array): Namespace | Refusal
  /** Checks binding, signature, time and content. May remember whether the signature is valid, and nothing else. */
  verify(record: UnverifiedRecord, options?: VerifyOptions): MaybePromise<VerifiedRecord | Refusal>
  /**
   * The same record with its value in normal form, to be stored, returned or forwarded. Without this method values have no
   * other encoding.
   */
  normalize?(record: VerifiedRecord, options?: VerifyOptions): MaybePromise<VerifiedRecord | Refusal>
}

/**
 * Whether the result of parsing or verifying is a refusal.
 *
 * @throws RecordError `INVALID_ARGUMENT` for anything else, such as a promise, which would count as accepted
 * @example
 * ```ts
 * const record = engine.parse(key, value)
 * if (isRefusal(record)) console.log(record.code, record.message)
 * ```
 */
export function isRefusal(result: object): result is Refusal {
  if (typeof result === 'object' && result !== null) {
    if ('status' in result) return (result as Verdict).status !== 'accept'
    if (!isPromise(result)) return false
  }
  throw new RecordError('INVALID_ARGUMENT', `result is ${nameOf(result)}; a record or a refusal is expected`)
}
