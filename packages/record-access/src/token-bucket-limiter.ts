import type { Clock, RateLimiter } from '@recordkit/record-types'
import { TokenBuckets } from './token-buckets.ts'

export interface TokenBucketOptions {
  /** tokens that a full bucket contains */
  readonly points: number
  /** seconds in which an empty bucket fills */
  readonly duration: number
  /** The bucket used longest ago is removed first. @default 10_000 */
  readonly maxBuckets?: number | undefined
  readonly clock?: Clock | undefined
}

/** What a refused {@link TokenBucketLimiter.consume} rejects with. */
export interface RateLimitResult {
  readonly msBeforeNext: number
  readonly remainingPoints: number
}

/**
 * A token bucket per key, in memory. Its interface is that of rate-limiter-flexible, whose limiters, shared by several
 * processes, can be used instead.
 *
 * @example
 * ```ts
 * const limiter = new TokenBucketLimiter({ points: 100, duration: 60 })
 * ```
 */
export class TokenBucketLimiter implements RateLimiter {
  readonly #buckets: TokenBuckets

  constructor({ points, duration, maxBuckets, clock }: TokenBucketOptions) {
    this.#buckets = new TokenBuckets({ capacity: points, tokensPerSecond: points / duration, maxBuckets, clock })
  }

  /** Number of buckets. */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes `points` tokens of `key`; rejects with a {@link RateLimitResult} when there are not enough. */
  async consume(key: string, points = 1): Promise<{ readonly remainingPoints: number }> {
    if (this.#buckets.take(key, points) === undefined) {
      // rate-limiter-flexible rejects with an object that is not an Error
      // oxlint-disable-next-line typescript/only-throw-error
      throw {
        msBeforeNext: this.#buckets.timeUntil(key, points),
        remainingPoints: Math.floor(this.#buckets.tokens(key))
      } satisfies RateLimitResult
    }
    return { remainingPoints: Math.floor(this.#buckets.tokens(key)) }
  }
}
