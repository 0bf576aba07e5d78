import type { RecordErrorCode } from './errors.ts'

/** A namespace accepts a record until `until` (ns; indefinitely when it is `undefined`). */
export interface Accept {
  readonly status: 'accept'
  readonly until?: bigint | undefined
}

/**
 * A record is refused. `ignore`: the sender is not to blame (expired, issued in the future, stale, rate-limited). `reject`:
 * counts against the sender (malformed, forged, wrong key, too large, forbidden).
 */
export interface Refusal {
  readonly status: 'ignore' | 'reject'
  readonly code: RecordErrorCode
  /** what is wrong, with which value, and what is expected */
  readonly message: string
  readonly cause?: unknown
}

/** The result of a namespace's validation. Validation never throws for bad bytes. */
export type Verdict = Accept | Refusal
