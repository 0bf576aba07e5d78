import { copyBytes, isRecordError } from '@recordkit/record-types'
import type {
  Clock,
  NetworkGetOptions,
  NetworkRecord,
  PeerId,
  RecordEngine,
  RecordNetwork,
  VerifiedRecord
} from '@recordkit/record-types'
import { checkCount, checkOptions, mapKey, raceAbort, SizedMap } from '@recordkit/record-types/internal'
import { nanosecondsFromTtl } from './nanoseconds-from-ttl.ts'
import { sizeOfRecord } from './record-size.ts'

export interface LookupOptions extends Pick<NetworkGetOptions, 'quorum' | 'timeout' | 'signal'> {
  /** ask peers even when a cached answer is still valid, and no cache on the way to them, such as that of HTTP. @default false */
  readonly noCache?: boolean | undefined
}

export interface LookupCacheOptions {
  /** ms for which a miss is cached; 0 means not at all. @default 10_000 */
  readonly negativeTtl?: number | undefined
  /** ms for which an answer is cached at most, also when its own TTL is longer; 0 means not at all. @default 3_600_000 (1 hour) */
  readonly maxTtl?: number | undefined
  /** maximum number of cached answers; the oldest is removed first. 0 disables the cache. @default 10_000 */
  readonly maxAnswers?: number | undefined
  /**
   * maximum size of all cached answers in bytes of memory, which a record of 200 bytes takes 3 KiB of; the oldest is removed first,
   * and a record that alone is larger is not cached. 0 disables the cache. @default 16_777_216 (16 MiB)
   */
  readonly maxBytes?: number | undefined
}

/** The best record that a look-up found. */
export interface LookupResult {
  readonly record: VerifiedRecord
  /** the first peer that answered with it; `undefined` for a stored record */
  readonly sender?: PeerId | undefined
}

/** What the peers answered last. */
interface CachedAnswer {
  /** ns; an answer from the future was cached by a clock that was wrong */
  readonly since: bigint
  /** ns until which peers need not be asked again */
  readonly until: bigint
  /** their best record, in bytes of its own; `undefined` for a miss */
  readonly found: LookupResult | undefined
}

/** bytes of a miss besides its key */
const missOverhead = 512

function sizeOf(name: string, { found }: CachedAnswer): number {
  return missOverhead + name.length + (found === undefined ? 0 : sizeOfRecord(found.record))
}

/**
 * Looks records up among peers. Concurrent look-ups of one key are shared. Misses are cached briefly. Verified records are cached
 * until the earliest of their TTL, their expiry and the time that HTTP allows.
 */
export class LookupCache {
  readonly #network: RecordNetwork
  readonly #engine: Pick<RecordEngine, 'compare'>
  readonly #clock: Clock
  readonly #negativeTtl: bigint
  readonly #maxTtl: bigint
  readonly #running = new Map<string, Promise<LookupResult | undefined>>()
  readonly #answers: SizedMap<string, CachedAnswer>

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(
    network: RecordNetwork,
    engine: Pick<RecordEngine, 'compare'>,
    clock: Clock,
    options: LookupCacheOptions = {}
  ) {
    checkOptions(options, { negativeTtl: 0, maxTtl: 0, maxAnswers: 0, maxBytes: 0 }, 'reads')
    this.#network = network
    this.#engine = engine
    this.#clock = clock
    this.#negativeTtl = nanosecondsFromTtl(options.negativeTtl, 'negativeTtl', 10_000)
    this.#maxTtl = nanosecondsFromTtl(options.maxTtl, 'maxTtl', 3_600_000)
    this.#answers = new SizedMap(
      checkCount(options.maxAnswers, 'maxAnswers', 10_000, 0),
      checkCount(options.maxBytes, 'maxBytes', 16_777_216, 0),
      sizeOf
    )
  }

  /** Number of running look-ups and of cached answers. */
  get stats(): { readonly running: number; readonly cached: number } {
    return { running: this.#running.size, cached: this.#answers.size }
  }

  /**
   * The best record among the answers of peers and the stored record.
   *
   * @throws the reason of the signal; the error of the network, unless a record is stored: then that is the result
   */
  async best(
    key: Uint8Array,
    stored: VerifiedRecord | undefined,
    options: LookupOptions & Pick<NetworkGetOptions, 'repair'>
  ): Promise<LookupResult | undefined> {
    const name = mapKey(key)
    const { quorum, timeout, signal, noCache = false } = options
    const cached = noCache ? undefined : this.#answers.get(name)
    const now = this.#clock()
    if (cached !== undefined && cached.since <= now && cached.until >= now) return this.#higher(stored, cached.found)
    const lookup = `${quorum ?? ''},${timeout ?? ''},${noCache},${name}`
    const shared = this.#running.get(lookup) ?? this.#lookUp(lookup, name, key, stored, options)
    try {
      return this.#higher(stored, await raceAbort(shared, signal))
    } catch (error) {
      signal?.throwIfAborted()
      if (stored !== undefined && isRecordError(error)) return { record: stored }
      throw error
    }
  }

  /** Removes the cached answer of a key, because a record was stored. */
  forget(key: Uint8Array): void {
    this.#answers.delete(mapKey(key))
  }

  #higher(stored: VerifiedRecord | undefined, found: LookupResult | undefined): LookupResult | undefined {
    if (stored === undefined) return found
    return found === undefined || this.#engine.compare(stored, found.record) >= 0 ? { record: stored } : found
  }

  #lookUp(
    lookup: string,
    name: string,
    key: Uint8Array,
    local: VerifiedRecord | undefined,
    { quorum, timeout, noCache, repair }: LookupOptions & Pick<NetworkGetOptions, 'repair'>
  ): Promise<LookupResult | undefined> {
    // without the caller's signal: other callers may wait for the same answer
    const running = this.#network
      .get(key, { quorum, timeout, local, noCache, repair })
      .then((found) => {
        this.#cache(name, found)
        return found && resultOf(found)
      })
      .finally(() => this.#running.delete(lookup))
    this.#running.set(lookup, running)
    return running
  }

  #cache(name: string, found: NetworkRecord | undefined): void {
    const now = this.#clock()
    const lifetime = found === undefined ? this.#negativeTtl : least(found.record.ttl ?? 0n, this.#maxTtl, found.maxAge)
    const until = least(now + lifetime, found?.record.expires)
    const copy = found && resultOf({ ...found, record: { ...found.record, value: copyBytes(found.record.value) } })
    if (until > now) this.#answers.set(name, { since: now, until, found: copy })
    else this.#answers.delete(name)
  }
}

function resultOf({ record, from: [sender] }: NetworkRecord): LookupResult {
  return { record, sender }
}

function least(first: bigint, ...others: readonly (bigint | undefined)[]): bigint {
  let result = first
  for (const other of others) if (other !== undefined && other < result) result = other
  return result
}
