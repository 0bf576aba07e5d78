import { RecordError } from '@recordkit/record-types'
import type { Clock, RateLimiter } from '@recordkit/record-types'
import { TokenBuckets } from './token-buckets.ts'

/** Options of {@link TokenBucketLimiter}, named as those of rate-limiter-flexible. */
export interface TokenBucketOptions {
  /** number of tokens that a full bucket contains */
  readonly points: number
  /** seconds (as in rate-limiter-flexible) in which an empty bucket fills */
  readonly duration: number
  /** maximum number of buckets; the bucket that was used longest ago is removed first. @default 10_000 */
  readonly maxBuckets?: number | undefined
  readonly clock?: Clock | undefined
}

/** What {@link TokenBucketLimiter.consume} rejects with when a bucket has too few tokens. */
export interface RateLimitResult {
  /** ms until the bucket has enough tokens */
  readonly msBeforeNext: number
  /** tokens in the bucket now */
  readonly remainingPoints: number
}

/**
 * A token bucket per key, in memory. It has the interface of rate-limiter-flexible, whose limiters can be used instead when
 * several processes share a limit.
 *
 * @example
 * ```ts
 * const limiter = new TokenBucketLimiter({ points: 100, duration: 60 })
 * await limiter.consume('a') // { remainingPoints: 99 }
 * ```
 */
export class TokenBucketLimiter implements RateLimiter {
  readonly #buckets: TokenBuckets

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor({ points, duration, maxBuckets, clock }: TokenBucketOptions) {
    checkPositive(points, 'points', 'a number above 0')
    checkPositive(duration, 'duration', 'a number of seconds above 0')
    this.#buckets = new TokenBuckets({ capacity: points, tokensPerSecond: points / duration, maxBuckets, clock })
  }

  /** Number of buckets. */
  get size(): number {
    return this.#buckets.size
  }

  /**
   * Takes tokens from the bucket of a key.
   *
   * @throws a {@link RateLimitResult} when the bucket has too few tokens; nothing is taken then
   */
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

function checkPositive(value: number, name: string, expected: string): void {
  if (typeof value === 'number' && value > 0) return
  throw new RecordError('INVALID_ARGUMENT', `${name} is ${String(value)}; ${expected} is expected`)
}
