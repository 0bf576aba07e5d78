import { copyBytes, isRecordError } from '@recordkit/record-types'
import type {
  Clock,
  NetworkGetOptions,
  NetworkRecord,
  PeerId,
  RecordEngine,
  RecordMetrics,
  RecordNetwork,
  VerifiedRecord
} from '@recordkit/record-types'
import { checkCount, checkOptions, mapKey, ownRecord, raceAbort, SizedMap } from '@recordkit/record-types/internal'
import { Improvements } from './improvements.ts'
import { measureRead } from './metrics.ts'
import { nanosecondsFromTtl } from './nanoseconds-from-ttl.ts'
import { sizeOfRecord } from './record-size.ts'

export interface LookupOptions extends Pick<NetworkGetOptions, 'quorum' | 'timeout' | 'signal' | 'onImproved'> {
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

/** A look-up that callers share. */
interface Running {
  readonly result: Promise<LookupResult | undefined>
  readonly listeners: Set<Improvements>
  /** the best record so far, if there are listeners */
  best?: VerifiedRecord | undefined
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
  readonly #metrics: RecordMetrics | undefined
  readonly #onEclipse: NetworkGetOptions['onEclipse']
  readonly #negativeTtl: bigint
  readonly #maxTtl: bigint
  readonly #running = new Map<string, Running>()
  readonly #answers: SizedMap<string, CachedAnswer>

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(
    network: RecordNetwork,
    {
      engine,
      clock,
      metrics,
      onEclipse
    }: {
      readonly engine: Pick<RecordEngine, 'compare'>
      readonly clock: Clock
      readonly metrics?: RecordMetrics | undefined
      readonly onEclipse?: NetworkGetOptions['onEclipse']
    },
    options: LookupCacheOptions = {}
  ) {
    checkOptions(options, { negativeTtl: 0, maxTtl: 0, maxAnswers: 0, maxBytes: 0 }, 'reads')
    this.#network = network
    this.#engine = engine
    this.#clock = clock
    this.#metrics = metrics
    this.#onEclipse = onEclipse
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
    const { quorum, timeout, signal, noCache = false, onImproved } = options
    const cached = noCache ? undefined : this.#answers.get(name)
    const now = this.#clock()
    const improvements = new Improvements(this.#engine, stored, options)
    if (cached !== undefined && cached.since <= now && cached.until >= now) {
      this.#metrics?.count('record.lookups', { source: 'cache' })
      return improvements.end(this.#higher(stored, cached.found))
    }
    const lookup = `${quorum ?? ''},${timeout ?? ''},${noCache},${onImproved !== undefined},${name}`
    const running = this.#running.get(lookup)
    if (running !== undefined) this.#metrics?.count('record.lookups', { source: 'running' })
    const shared = running ?? this.#lookUp(lookup, name, key, stored, options)
    if (onImproved !== undefined) shared.listeners.add(improvements)
    if (shared.best !== undefined) improvements.report(shared.best)
    let found: LookupResult | undefined
    try {
      found = this.#higher(stored, await raceAbort(shared.result, signal))
    } catch (error) {
      signal?.throwIfAborted()
      if (stored === undefined || !isRecordError(error)) throw error
      found = { record: stored }
    } finally {
      shared.listeners.delete(improvements)
    }
    return improvements.end(found)
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
    { quorum, timeout, noCache, repair, onImproved }: LookupOptions & Pick<NetworkGetOptions, 'repair'>
  ): Running {
    const listeners: Running['listeners'] = new Set()
    const report = (record: VerifiedRecord): void => {
      running.best = record
      for (const listener of listeners) listener.report(record)
    }
    // without the caller's signal: other callers may wait for the same answer
    const own = local && ownRecord(local)
    const onEclipse = this.#onEclipse
    const options = { quorum, timeout, local: own, noCache, repair, onEclipse, onImproved: onImproved && report }
    const result = measureLookup(this.#metrics, () => this.#network.get(copyBytes(key), options))
      .then((found) => {
        // in bytes that only look-ups have
        const own = found && { record: ownRecord(found.record), sender: found.from[0] }
        this.#cache(name, found, own)
        return own
      })
      .finally(() => this.#running.delete(lookup))
    const running: Running = { result, listeners }
    this.#running.set(lookup, running)
    return running
  }

  #cache(name: string, found: NetworkRecord | undefined, own: LookupResult | undefined): void {
    const now = this.#clock()
    const lifetime = found === undefined ? this.#negativeTtl : least(found.record.ttl ?? 0n, this.#maxTtl, found.maxAge)
    const until = least(now + lifetime, found?.record.expires)
    if (until > now) this.#answers.set(name, { since: now, until, found: own })
    else this.#answers.delete(name)
  }
}

/** Counts a look-up among peers, and reports its duration. */
export async function measureLookup(
  metrics: RecordMetrics | undefined,
  work: () => Promise<NetworkRecord | undefined>
): Promise<NetworkRecord | undefined> {
  metrics?.count('record.lookups', { source: 'peers' })
  return measureRead(metrics, 'record.lookup.duration', work)
}

function least(first: bigint, ...others: readonly (bigint | undefined)[]): bigint {
  let result = first
  for (const other of others) if (other !== undefined && other < result) result = other
  return result
}
