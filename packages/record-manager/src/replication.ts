import { isRecordError, isRefusal, RecordError } from '@recordkit/record-types'
import type {
  Clock,
  NetworkPutOptions,
  RecordNetwork,
  Refusal,
  ReplicationReceipt,
  SetTimer,
  Signer,
  UnverifiedRecord,
  VerifiedRecord
} from '@recordkit/record-types'
import {
  checkCount,
  checkDuration,
  checkFunction,
  hasEnoughCopies,
  nanosecondsOf,
  raceAbort,
  Republisher
} from '@recordkit/record-types/internal'
import type { RepublishQueueEntry } from '@recordkit/record-types/internal'
import type { Publication, RecordStore } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { ClockCheck } from './clock-check.ts'
import type { ManagerEvents } from './events.ts'
import { isDisplaced } from './is-displaced.ts'
import type { KeyChain } from './key-chain.ts'
import { LookupCache } from './lookup-cache.ts'
import type { LookupCacheOptions } from './lookup-cache.ts'
import type { RecordPipeline, StoredAndVerified } from './record-pipeline.ts'
import type { RecordView } from './record-view.ts'

export type { RepublishQueueEntry }

/** How records are published again before they expire. */
export interface RepublishOptions {
  /** ms between two publications of a key. @default the `republishInterval` of the namespace, else 22 hours */
  readonly interval?: ((key: Uint8Array) => number) | undefined
  /** maximum number of publications at the same time. @default 4 */
  readonly concurrency?: number | undefined
  /** ms before a failed publication is tried again; doubled after every failure, up to the interval. @default 60_000 */
  readonly retry?: number | undefined
}

export interface ReplicationOptions {
  /** acknowledged copies below which a put fails. @default the `copies` of the network */
  readonly copies?: number | undefined
  /** how answers of peers are cached */
  readonly reads?: LookupCacheOptions | undefined
  /** how records are republished once the manager is started */
  readonly republish?: RepublishOptions | undefined
  /** 0 to below 1; spreads republishing over time. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** The parts of a manager that its replication uses. */
export interface ReplicatorContext {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly pipeline: RecordPipeline
  readonly signers: KeyChain
  readonly events: ManagerEvents
  readonly clock: Clock
  readonly clockCheck: ClockCheck
  readonly setTimer: SetTimer
}

/** The replication of a manager: the result of {@link replication}. */
export type Replication = (context: ReplicatorContext) => Replicator

/** How often the time of a publication is written anew when other processes put records under the same key meanwhile. */
const maxAttempts = 32
/** ms: 22 hours, as in go-libp2p-kad-dht, which stores records for 48 hours */
const defaultInterval = 79_200_000

/**
 * Connects a manager to a network. Look-ups are shared and cached, and records that were put are republished. A manager
 * without a network does not include this code in a bundle.
 *
 * @example
 * ```ts
 * const network = replication(new DhtRecordStore({ routing, engine }), { copies: 3 })
 * const manager = new RecordManager({ engine, store, signer, network })
 * ```
 */
export function replication(network: RecordNetwork, options: ReplicationOptions = {}): Replication {
  return (context) => new Replicator(network, context, options)
}

/**
 * Looks records up among peers, and copies our records there, again and again before they lapse. The queue is the
 * publications of the store.
 */
export class Replicator {
  readonly lookups: LookupCache
  readonly #network: RecordNetwork
  readonly #context: ReplicatorContext
  readonly #copies: number | undefined
  readonly #interval: (key: Uint8Array) => bigint
  readonly #republisher: Republisher

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(network: RecordNetwork, context: ReplicatorContext, options: ReplicationOptions) {
    const { clock, setTimer } = context
    const { copies, reads, republish = {}, random = Math.random } = options
    this.#network = network
    this.#context = context
    this.#copies = copies === undefined ? undefined : checkCount(copies, 'copies', 1, 0)
    this.lookups = new LookupCache(network, context.engine, clock, reads)
    checkFunction(random, 'random')
    if (republish.interval !== undefined) checkFunction(republish.interval, 'republish.interval')
    const interval = republish.interval ?? ((key: Uint8Array) => this.#defaultInterval(key))
    this.#interval = (key) => nanosecondsOf(checkDuration(interval(key), 'republish.interval(key)', defaultInterval))
    this.#republisher = new Republisher({
      interval: this.#interval,
      concurrency: checkCount(republish.concurrency, 'concurrency', 4),
      retry: nanosecondsOf(checkDuration(republish.retry, 'retry', 60_000)),
      clock,
      setTimer,
      random,
      publish: (key) => this.#publishAgain(key)
    })
  }

  /** The records that are republished, the one that is due next first. */
  get republishQueue(): RepublishQueueEntry[] {
    return this.#republisher.entries
  }

  /** Number of records that are republished. */
  get republished(): number {
    return this.#republisher.size
  }

  /**
   * Calls the application's `interval` before a record is stored, so that a wrong result changes nothing.
   *
   * @throws RecordError `INVALID_ARGUMENT`
   */
  checkInterval(key: Uint8Array): void {
    this.#interval(key)
  }

  /** Continues the queue of an earlier run. */
  async start(): Promise<void> {
    for await (const { key, network, published } of this.#context.store.publications())
      if (network) this.add(key, published)
    this.#republisher.start()
  }

  /** Stops republishing and waits for publications in progress. */
  async stop(): Promise<void> {
    await this.#republisher.stop()
  }

  /** Republishes a record. @param published - ns; when it was last published; without it, it is due immediately */
  add(key: Uint8Array, published: bigint | undefined): void {
    this.#republisher.add(key, published)
  }

  /** Stops republishing a record. */
  remove(key: Uint8Array): void {
    this.#republisher.remove(key)
  }

  /**
   * The best of the stored record and those of the peers, past every cache, and the later ones that are not valid now.
   *
   * @throws the error of the network
   */
  async latest(
    key: Uint8Array,
    stored: VerifiedRecord | undefined,
    { timeout, signal }: NetworkPutOptions
  ): Promise<{ readonly record: VerifiedRecord | undefined; readonly untimely: readonly UnverifiedRecord[] }> {
    const { engine } = this.#context
    const namespace = engine.namespaceOf(key)
    const untimely: UnverifiedRecord[] = []
    const onUntimely = (record: UnverifiedRecord, { code }: Refusal): void => {
      // under a key that several authors share, a record from the future is not accepted by any peer
      if (code === 'EXPIRED' || ('revocable' in namespace && namespace.revocable === true)) untimely.push(record)
    }
    // without the stored record, which counts as an answer: with a quorum of 1 no peer would be asked
    const found = await raceAbort(this.#network.get(key, { timeout, signal, noCache: true, onUntimely }), signal)
    const record =
      found === undefined || (stored !== undefined && engine.compare(stored, found.record) >= 0) ? stored : found.record
    return { record, untimely }
  }

  /** Copies a stored record to peers and adds its key to the queue, unless it was deleted meanwhile. */
  async replicate({ key, value }: RecordView, options: NetworkPutOptions): Promise<ReplicationReceipt> {
    const { copies = this.#copies, timeout, signal } = options
    try {
      const receipt = await raceAbort(this.#network.put(key, value, { copies, timeout, signal }), signal)
      if (!hasEnoughCopies(receipt)) this.#failed(key, tooFewCopies(key, receipt))
      else if (await this.#published(key, receipt)) this.add(key, this.#context.clock())
      return receipt
    } catch (error) {
      this.#failed(key, error)
      throw error
    }
  }

  /** The record is published again after the back-off. */
  #failed(key: Uint8Array, error: unknown): void {
    this.#republisher.failed(key, error)
    this.#context.events.dispatch('record:unpublished', { key, error })
  }

  #defaultInterval(key: Uint8Array): number {
    const namespace = this.#context.engine.namespaceOf(key)
    return ('status' in namespace ? undefined : namespace.republishInterval) ?? defaultInterval
  }

  /** Publishes the stored record of a key again, signed for longer when we signed it. Returns `false` when it is gone. */
  async #publishAgain(key: Uint8Array): Promise<boolean> {
    const { pipeline, store } = this.#context
    const publication = await store.publication(key)
    const before = await pipeline.read(key, {})
    if (before === undefined || publication?.network !== true) return false
    // another allowed author has replaced our record: it is theirs to publish
    if (isDisplaced(before, publication)) return false
    const value = await renew(before, publication, this.#context)
    if (value !== undefined) {
      const { status, code, message } = await pipeline.process(key, value, { ifRank: before.stored.rank })
      // conflict, stale: a later record was put meanwhile, which is published below
      if (status !== 'stored' && status !== 'refreshed' && status !== 'stale' && status !== 'conflict') {
        throw new RecordError(code ?? 'STALE', message ?? status, { key })
      }
    }
    const { stored } = (await pipeline.read(key, {})) ?? before
    // read after the record: one that was put offline meanwhile is not published
    if ((await store.publication(key))?.network !== true) return false
    const receipt = await this.#network.put(key, stored.value, { copies: this.#copies })
    if (!hasEnoughCopies(receipt)) throw tooFewCopies(key, receipt)
    return this.#published(key, receipt)
  }

  /**
   * Stores when copies were acknowledged. Returns whether the key still has a publication: one that was deleted meanwhile
   * does not come back.
   */
  async #published(key: Uint8Array, { copies }: ReplicationReceipt): Promise<boolean> {
    const { store, clock, events } = this.#context
    let publication: Publication | undefined
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      // the rank is read first: a put in between changes it together with the publication
      const ifRank = (await store.get(key))?.rank ?? null
      publication = await store.publication(key)
      if (publication === undefined) break
      if (await store.touch(key, { ifRank, publication: { ...publication, published: clock() } })) break
    }
    events.dispatch('record:published', { key, copies: copies.reached })
    return publication !== undefined
  }
}

/** Enough copies for the caller of a put, but not to wait for the whole interval. */
function tooFewCopies(key: Uint8Array, receipt: ReplicationReceipt): RecordError<'TOO_FEW_COPIES'> {
  const { copies, peers } = receipt
  return new RecordError(
    'TOO_FEW_COPIES',
    copies.reached === 0
      ? 'no peer stored the record; it is published again'
      : `${copies.reached} of ${peers.length} peers stored the record, fewer than ten and than half; it is published again`,
    { key, details: receipt }
  )
}

/**
 * Signs a record again for longer: the same content under the same sequence. Returns `undefined` when that is not possible
 * (a record of another author, a revocation) or would shorten its lifetime; its bytes are then published unchanged.
 *
 * @throws RecordError `CLOCK_UNSOUND`
 */
async function renew(
  { verified, stored }: StoredAndVerified,
  publication: Publication,
  context: ReplicatorContext
): Promise<Uint8Array | undefined> {
  const { engine, clock, clockCheck } = context
  const namespace = engine.namespaceOf(stored.key)
  const { expires, issued, ttl, sequence, revoked } = verified
  if ('status' in namespace || namespace.seal === undefined) return undefined
  if (expires === undefined || sequence === undefined || revoked === true) return undefined
  const signer = signerOf(publication, context)
  if (signer === undefined) return undefined
  const lifetime = publication.lifetime ?? (issued === undefined ? undefined : expires - issued)
  const content = engine.content(verified)
  await clockCheck.check(stored.key, {})
  try {
    const draft = { key: stored.key, content, sequence, lifetime, ttl: publication.ttl ?? ttl, previous: stored.value }
    const value = await namespace.seal(draft, { now: clock(), signer })
    const parsed = engine.parse(stored.key, value)
    return isRefusal(parsed) || (parsed.expires ?? 0n) <= expires ? undefined : value
  } catch (error) {
    // another author may not sign it
    if (isRecordError(error, 'AUTHOR_FORBIDDEN', 'AUTHOR_DENIED')) return undefined
    throw error
  }
}

/** The signer of a publication. Dispatches `record:unrenewed` when the manager does not have it. */
function signerOf({ key, signer: peerId }: Publication, { signers, events }: ReplicatorContext): Signer | undefined {
  // the record of another author
  if (peerId === undefined) return undefined
  const signer = signers.get(peerId)
  if (signer === undefined) events.dispatch('record:unrenewed', { key, signer: peerId })
  return signer
}
