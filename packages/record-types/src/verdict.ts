import type { RefusalCode } from './errors.ts'

/** The bytes are good, until `until` (ns; absent: for ever). */
export interface Accept {
  readonly verdict: 'accept'
  readonly until?: bigint
}

/**
 * The bytes are not taken. `ignore`: not the sender's fault or not worth blame (expired, from the future, stale,
 * rate-limited). `reject`: counts against the sender (malformed, forged, wrong key, over size, forbidden).
 */
export interface Refusal {
  readonly verdict: 'ignore' | 'reject'
  readonly code: RefusalCode
  /** what was wrong, with what, and what would be right */
  readonly message: string
  readonly cause?: unknown
}

/** What validation says of bytes. It never throws for bad bytes. */
export type Verdict = Accept | Refusal
