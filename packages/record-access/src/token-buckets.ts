import { systemClock } from '@recordkit/record-types'
import type { Clock } from '@recordkit/record-types'
import { BoundedMap, checkCount } from '@recordkit/record-types/internal'

/** Options of {@link TokenBuckets}. */
export interface TokenBucketsOptions {
  /** number of tokens that a full bucket contains */
  readonly capacity: number
  readonly tokensPerSecond: number
  /** number of tokens that may be taken beyond an empty bucket. @default 0 */
  readonly maxDebt?: number | undefined
  /** maximum number of buckets; the bucket that was used longest ago is removed first. @default 10_000 */
  readonly maxBuckets?: number | undefined
  readonly clock?: Clock | undefined
}

interface Bucket {
  tokens: number
  /** ns */
  at: bigint
}

/** A token bucket per key, in memory. A removed bucket is full when it is used again. */
export class TokenBuckets {
  readonly #buckets: BoundedMap<string, Bucket>
  readonly #capacity: number
  readonly #tokensPerSecond: number
  readonly #maxDebt: number
  readonly #clock: Clock

  constructor(options: TokenBucketsOptions) {
    this.#buckets = new BoundedMap(checkCount(options.maxBuckets, 'maxBuckets', 10_000))
    this.#capacity = options.capacity
    this.#tokensPerSecond = options.tokensPerSecond
    this.#maxDebt = options.maxDebt ?? 0
    this.#clock = options.clock ?? systemClock
  }

  /** Number of buckets. */
  get size(): number {
    return this.#buckets.size
  }

  /** Number of tokens in a bucket now; negative while the bucket is in debt. */
  tokens(key: string): number {
    return this.#refill(key).tokens
  }

  /**
   * Takes tokens from a bucket.
   *
   * @returns ms until the bucket is out of debt, 0 when it is not in debt; `undefined` when the debt would exceed `maxDebt`:
   * nothing is taken then
   */
  take(key: string, tokens: number): number | undefined {
    const bucket = this.#refill(key)
    if (bucket.tokens - tokens < -this.#maxDebt) return undefined
    bucket.tokens -= tokens
    return this.#wait(-bucket.tokens)
  }

  /** ms until `tokens` can be taken. */
  timeUntil(key: string, tokens: number): number {
    return this.#wait(tokens - this.#refill(key).tokens)
  }

  /** Fills a bucket. */
  reset(key: string): void {
    this.#buckets.delete(key)
  }

  #wait(missing: number): number {
    return missing <= 0 ? 0 : Math.ceil((1000 * missing) / this.#tokensPerSecond)
  }

  #refill(key: string): Bucket {
    const now = this.#clock()
    const bucket = this.#buckets.get(key) ?? { tokens: this.#capacity, at: now }
    const seconds = now > bucket.at ? Number(now - bucket.at) / 1e9 : 0
    bucket.tokens = Math.min(this.#capacity, bucket.tokens + seconds * this.#tokensPerSecond)
    bucket.at = now
    this.#buckets.set(key, bucket)
    return bucket
  }
}
