import type { PeerId, VerifyingOptions } from './keys.ts'
import type { OpenedRecord } from './namespace.ts'
import type { MaybePromise } from './time.ts'
import type { Refusal, Verdict } from './verdict.ts'

export interface VerifyOptions extends VerifyingOptions {
  /** who handed us the bytes; absent when nobody did */
  readonly sender?: PeerId
}

/**
 * Reads and judges records of all namespaces it knows: what a network or a manager is handed. Neither method throws
 * for bad bytes. To select is: parse all, drop and report what is refused, order with `compareRecords`, verify from
 * the best down.
 */
export interface RecordEngine {
  /** Size, key, namespace and strict decoding: everything before a signature. */
  parse(key: Uint8Array, value: Uint8Array): OpenedRecord | Refusal
  /** {@link parse} for many values under one key, which must not change meanwhile. */
  parser?(key: Uint8Array): (value: Uint8Array) => OpenedRecord | Refusal
  /** Binding, signature, time and content; remembers verdicts. */
  verify(opened: OpenedRecord, options?: VerifyOptions): MaybePromise<Verdict>
}

/** Whether something parsed or judged is a refusal. */
export function isRefusal(result: OpenedRecord | Verdict): result is Refusal {
  return 'verdict' in result && result.verdict !== 'accept'
}
