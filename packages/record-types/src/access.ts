import type { PeerId } from './keys.ts'
import type { AbortOptions, MaybePromise } from './time.ts'
import type { Refusal } from './verdict.ts'

/**
 * Whom we take records from. Asked before anything is decoded and told every verdict after. One small interface: bring
 * your own.
 */
export interface AccessControl {
  /** `undefined` when the sender may go on, else why not */
  admit(sender: PeerId, key: Uint8Array, options?: AbortOptions): MaybePromise<Refusal | undefined>
  /** what came of it: feeds a reputation */
  report?(sender: PeerId, verdict: 'accept' | 'ignore' | 'reject'): void
}

/** A rate limiter with the shape of rate-limiter-flexible: resolves when there is a token, rejects when there is none. */
export interface RateLimiter {
  consume(key: string, points?: number): Promise<unknown>
}
