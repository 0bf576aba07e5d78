import { systemClock } from '@recordkit/record-types'
import type { Clock, RateLimiter } from '@recordkit/record-types'

export interface TokenBucketOptions {
  /** tokens a full bucket holds */
  readonly points: number
  /** seconds in which an empty bucket fills */
  readonly duration: number
  /** buckets kept at the most; the one not asked for longest is forgotten first, and would be fuller than it was */
  readonly maxBuckets?: number
  readonly clock?: Clock
}

/** What a refused `consume` rejects with. */
export interface NoTokens {
  readonly msBeforeNext: number
  readonly remainingPoints: number
}

interface Bucket {
  tokens: number
  /** ns */
  at: bigint
}

/**
 * A token bucket for every key, in memory. Has the shape of rate-limiter-flexible, whose limiters (shared by processes)
 * can stand in its place.
 */
export class TokenBuckets implements RateLimiter {
  readonly #buckets = new Map<string, Bucket>()
  readonly #points: number
  readonly #perNanosecond: number
  readonly #maxBuckets: number
  readonly #clock: Clock

  constructor(options: TokenBucketOptions) {
    this.#points = options.points
    this.#perNanosecond = options.points / (options.duration * 1e9)
    this.#maxBuckets = options.maxBuckets ?? 10_000
    this.#clock = options.clock ?? systemClock
  }

  async consume(key: string, points = 1): Promise<{ readonly remainingPoints: number }> {
    const now = this.#clock()
    const bucket = this.#buckets.get(key) ?? { tokens: this.#points, at: now }
    const elapsed = now > bucket.at ? Number(now - bucket.at) : 0
    bucket.tokens = Math.min(this.#points, bucket.tokens + elapsed * this.#perNanosecond)
    bucket.at = now
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > this.#maxBuckets)
      for (const oldest of this.#buckets.keys()) if (this.#buckets.delete(oldest)) break
    if (bucket.tokens < points) {
      const missing = points - bucket.tokens
      // a rejection without an Error is the shape that rate-limiter-flexible has
      // oxlint-disable-next-line typescript/only-throw-error
      throw {
        msBeforeNext: Math.ceil(missing / this.#perNanosecond / 1e6),
        remainingPoints: Math.floor(bucket.tokens)
      } satisfies NoTokens
    }
    bucket.tokens -= points
    return { remainingPoints: Math.floor(bucket.tokens) }
  }

  /** Buckets kept. */
  get size(): number {
    return this.#buckets.size
  }
}
