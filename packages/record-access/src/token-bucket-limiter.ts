import { RecordError } from '@recordkit/record-types'
import type { Clock, RateLimiter } from '@recordkit/record-types'
import { checkClock, checkCount, checkDuration, checkOptions } from '@recordkit/record-types/internal'
import { TokenBuckets } from './token-buckets.ts'

/** Options of {@link TokenBucketLimiter}. */
export interface TokenBucketOptions {
  /** number of tokens that a full bucket contains, a whole number */
  readonly points: number
  /** ms in which an empty bucket fills. The `duration` of rate-limiter-flexible is in seconds. */
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
 * const limiter = new TokenBucketLimiter({ points: 100, duration: 60_000 })
 * await limiter.consume('a') // { remainingPoints: 99 }
 * ```
 */
export class TokenBucketLimiter implements RateLimiter {
  readonly #buckets: TokenBuckets

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(options: TokenBucketOptions) {
    checkOptions(options, { points: 0, duration: 0, maxBuckets: 0, clock: 0 })
    const { points, duration, maxBuckets, clock } = options
    checkClock(clock)
    for (const [name, value] of Object.entries({ points, duration }))
      if (value === undefined)
        throw new RecordError(
          'INVALID_ARGUMENT',
          `${name} is missing; { points, duration } are expected, with \`duration\` in milliseconds`
        )
    const capacity = checkCount(points, 'points', 0)
    const tokensPerSecond = (1000 * capacity) / checkDuration(duration, 'duration', 0)
    this.#buckets = new TokenBuckets({ capacity, tokensPerSecond, maxBuckets, clock })
  }

  /** Number of buckets. */
  get size(): number {
    return this.#buckets.size
  }

  /**
   * Takes tokens from the bucket of a key.
   *
   * @param points - a whole number of at least 0
   * @throws RecordError `INVALID_ARGUMENT`; a {@link RateLimitResult} when the bucket has too few tokens; nothing is taken then
   */
  async consume(key: string, points = 1): Promise<{ readonly remainingPoints: number }> {
    checkCount(points, 'points', 1, 0)
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
