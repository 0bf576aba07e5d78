import { isRecordError } from '@recordkit/record-types'
import type { Clock, NetworkGetOptions, RecordEngine, RecordNetwork, VerifiedRecord } from '@recordkit/record-types'
import { BoundedMap, checkCount, mapKey, raceAbort } from '@recordkit/record-types/internal'
import { nanosecondsFromTtl } from './nanoseconds-from-ttl.ts'

export interface LookupOptions extends Pick<NetworkGetOptions, 'quorum' | 'timeout' | 'signal'> {
  /** ask peers even when a cached answer is still valid. @default false */
  readonly noCache?: boolean | undefined
}

export interface LookupCacheOptions {
  /** ms for which a miss is cached; 0 means not at all. @default 10_000 */
  readonly negativeTtl?: number | undefined
  /** ms for which an answer is cached at most, also when its own TTL is longer; 0 means not at all. @default 3_600_000 (1 hour) */
  readonly maxTtl?: number | undefined
  /** maximum number of cached answers; the oldest is removed first. 0 disables the cache. @default 10_000 */
  readonly maxAnswers?: number | undefined
}

/**
 * Looks records up among peers. Concurrent look-ups of one key are shared. Misses are cached briefly, and records for their
 * TTL.
 */
export class LookupCache {
  readonly #network: RecordNetwork
  readonly #engine: Pick<RecordEngine, 'compare'>
  readonly #clock: Clock
  readonly #negativeTtl: bigint
  readonly #maxTtl: bigint
  readonly #running = new Map<string, Promise<VerifiedRecord | undefined>>()
  /** by key: ns until which peers need not be asked again */
  readonly #validUntil: BoundedMap<string, bigint>

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(
    network: RecordNetwork,
    engine: Pick<RecordEngine, 'compare'>,
    clock: Clock,
    options: LookupCacheOptions = {}
  ) {
    this.#network = network
    this.#engine = engine
    this.#clock = clock
    this.#negativeTtl = nanosecondsFromTtl(options.negativeTtl, 'negativeTtl', 10_000)
    this.#maxTtl = nanosecondsFromTtl(options.maxTtl, 'maxTtl', 3_600_000)
    this.#validUntil = new BoundedMap(checkCount(options.maxAnswers, 'maxAnswers', 10_000, 0))
  }

  /** Number of running look-ups and of cached answers. */
  get stats(): { readonly running: number; readonly cached: number } {
    return { running: this.#running.size, cached: this.#validUntil.size }
  }

  /**
   * The best record among the answers of peers and the stored record.
   *
   * @throws the reason of the signal; the error of the network, unless a record is stored: then that is the result
   */
  async best(
    key: Uint8Array,
    stored: VerifiedRecord | undefined,
    options: LookupOptions
  ): Promise<VerifiedRecord | undefined> {
    const name = mapKey(key)
    if (options.noCache !== true && (this.#validUntil.get(name) ?? -1n) >= this.#clock()) return stored
    const { quorum, timeout, signal } = options
    const lookup = `${quorum ?? ''},${timeout ?? ''},${name}`
    const shared = this.#running.get(lookup) ?? this.#lookUp(lookup, name, key, stored, options)
    try {
      const found = await raceAbort(shared, signal)
      if (found === undefined || stored === undefined) return found ?? stored
      return this.#engine.compare(stored, found) >= 0 ? stored : found
    } catch (error) {
      signal?.throwIfAborted()
      if (stored !== undefined && isRecordError(error)) return stored
      throw error
    }
  }

  /** Removes the cached answer of a key, because a record was stored. */
  forget(key: Uint8Array): void {
    this.#validUntil.delete(mapKey(key))
  }

  #lookUp(
    lookup: string,
    name: string,
    key: Uint8Array,
    local: VerifiedRecord | undefined,
    { quorum, timeout }: LookupOptions
  ): Promise<VerifiedRecord | undefined> {
    // without the caller's signal: other callers may wait for the same answer
    const running = this.#network
      .get(key, { quorum, timeout, local })
      .then((found) => {
        this.#cache(name, found?.record)
        return found?.record
      })
      .finally(() => this.#running.delete(lookup))
    this.#running.set(lookup, running)
    return running
  }

  #cache(name: string, found: VerifiedRecord | undefined): void {
    const now = this.#clock()
    const ttl = found?.ttl ?? 0n
    let until = now + (found === undefined ? this.#negativeTtl : ttl < this.#maxTtl ? ttl : this.#maxTtl)
    if (found?.expires !== undefined && found.expires < until) until = found.expires
    if (until > now) this.#validUntil.set(name, until)
    else this.#validUntil.delete(name)
  }
}
