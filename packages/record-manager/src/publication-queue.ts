import { isRecordError, RecordError } from '@recordkit/record-types'
import type { Clock, NetworkPutOptions, PutReceipt, ReplicationReceipt, SetTimer } from '@recordkit/record-types'
import type { UnverifiedRecord } from '@recordkit/record-types'
import { hasEnoughCopies, mapKey, raceAbort, Republisher, toHex } from '@recordkit/record-types/internal'
import type { RepublishPlan, RepublishQueueEntry } from '@recordkit/record-types/internal'
import type { Publication, RecordStore } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { ClockCheck } from './clock-check.ts'
import type { ManagerEvents } from './events.ts'
import { isDisplaced } from './is-displaced.ts'
import type { ManagerMetrics } from './metrics.ts'
import type { KeyChain } from './key-chain.ts'
import { planPublication } from './plan-publication.ts'
import type { ReceiveResult } from './receive-result.ts'
import type { HeldRecord, Origin, RecordPipeline } from './record-pipeline.ts'
import type { RecordView } from './record-view.ts'
import { renewRecord } from './renew-record.ts'
import type { Replicator } from './replication.ts'
import type { CheckedRepublishOptions } from './republish-options.ts'
import { signerOf } from './signer-of.ts'

export type { RepublishQueueEntry }

/** The parts of a manager that publish records. */
export interface PublicationQueueOptions {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly pipeline: RecordPipeline
  readonly signers: KeyChain
  readonly network: Replicator | undefined
  readonly republish: CheckedRepublishOptions
  readonly events: ManagerEvents
  readonly metrics: ManagerMetrics
  readonly clock: Clock
  readonly clockCheck: ClockCheck
  readonly setTimer: SetTimer
  /** passes a record through the pipeline, and notifies watchers and listeners */
  readonly process: (key: Uint8Array, value: Uint8Array, origin: Origin) => Promise<ReceiveResult>
}

/** What the network answered before a record is renewed. */
interface Answer {
  /** the error of the network; `undefined` when it answered */
  readonly error?: unknown
  /** a later record of our own that has expired: its content is the latest */
  readonly expired?: UnverifiedRecord | undefined
}

/** How often the time of a publication is written anew when other processes put records under the same key meanwhile. */
const maxAttempts = 32
/** ms between two readings of the publications: other processes that share the store change them */
const reloadInterval = 3_600_000
/** publications whose records are read together */
const pageSize = 256
/** ns: an expired record of another author is not published any more after 30 days */
const dropAfter = 2_592_000_000_000_000n
/** ns: what was published is not published again within a second */
const minPause = 1_000_000_000n
/** ms: for how long one of several processes that share the store may publish a key alone */
const leaseTime = 60_000
/** ns: while a put copies a record to peers, the queue leaves the key alone */
const putTime = 600_000_000_000n

/**
 * Publishes and renews the records that the application put, before they lapse. The queue is the publications of the store,
 * which is read again every hour: nothing that leaves the queue by mistake stays unpublished.
 */
export class PublicationQueue {
  readonly #options: PublicationQueueOptions
  readonly #republisher: Republisher
  /** the keys of lapsed records that were reported */
  readonly #reported = new Set<string>()
  /** what the store said of a key when it was planned: other managers of the store may have published it since */
  readonly #known = new Map<string, bigint>()
  #stopLoading: (() => void) | undefined

  constructor(options: PublicationQueueOptions) {
    const { clock, setTimer, republish } = options
    this.#options = options
    this.#republisher = new Republisher({
      ...republish,
      clock,
      setTimer,
      publish: (key, signal) => this.#publishReported(key, signal)
    })
  }

  /** The keys that are published again, the one that is due next first. */
  get entries(): RepublishQueueEntry[] {
    return this.#republisher.entries
  }

  get size(): number {
    return this.#republisher.size
  }

  entry(key: Uint8Array): RepublishQueueEntry | undefined {
    return this.#republisher.entry(key)
  }

  /**
   * Calls the application's `interval` before a record is stored, so that a wrong result changes nothing.
   *
   * @throws RecordError `INVALID_ARGUMENT`
   */
  checkInterval(key: Uint8Array): void {
    this.#options.republish.interval(key)
  }

  /** Continues the queue of an earlier run. A store that cannot be read now is read again later. */
  async start(): Promise<void> {
    this.#stopLoading?.()
    let stopped = false
    let cancel = (): void => undefined
    this.#stopLoading = () => {
      stopped = true
      cancel()
    }
    let failures = 0
    const load = async (isFirst: boolean): Promise<void> => {
      failures = (await this.#load(isFirst)) ? 0 : failures + 1
      const retry = Math.min(reloadInterval, 60_000 * 2 ** (failures - 1))
      if (!stopped) cancel = this.#options.setTimer(() => void load(false), failures === 0 ? reloadInterval : retry)
    }
    await load(true)
    if (!stopped) this.#republisher.start()
  }

  /** Stops publishing and waits for publications in progress. */
  async stop(): Promise<void> {
    this.#stopLoading?.()
    await this.#republisher.stop()
  }

  /** Publishes a key when its record and publication are due. */
  add(publication: Publication, record: Pick<RecordView, 'expires' | 'timeReceived'> | undefined): void {
    const plan = this.#plan(publication, record)
    if (plan === undefined) return this.remove(publication.key)
    this.#known.set(mapKey(publication.key), lastPublished(publication, record))
    this.#republisher.add(publication.key, plan)
  }

  /** Publishes a key now. */
  addNow(key: Uint8Array): void {
    this.#known.delete(mapKey(key))
    this.#republisher.add(key, { at: this.#options.clock() })
  }

  /** Stops publishing a key, also in the background of a put. */
  remove(key: Uint8Array): void {
    this.#options.network?.endBackground(key)
    this.#reported.delete(mapKey(key))
    this.#known.delete(mapKey(key))
    this.#republisher.remove(key)
  }

  /** Copies a record that was put to peers, and publishes it again later, unless it is deleted meanwhile. */
  async replicate(
    network: Replicator,
    { key, value, ...record }: RecordView,
    publication: Publication,
    options: NetworkPutOptions
  ): Promise<PutReceipt> {
    const plan = this.#plan(publication, record)
    this.#known.set(mapKey(key), lastPublished(publication, record))
    this.#republisher.interrupt(key)
    this.#reported.delete(mapKey(key))
    // a put that never ends is published by the queue
    this.#republisher.add(key, { ...plan, at: this.#options.clock() + putTime })
    try {
      const receipt = await network.copy(key, value, options)
      if (!hasEnoughCopies(receipt)) this.#failed(key, tooFewCopies(key, receipt), plan)
      else {
        const published = await this.#published(key, receipt)
        if (published === undefined) this.#republisher.remove(key)
        else this.add(published, record)
      }
      return receipt
    } catch (error) {
      this.#failed(key, error, plan)
      throw error
    }
  }

  /** The stored record of a key is of another author than before. */
  async authorChanged(record: RecordView): Promise<void> {
    const { store } = this.#options
    const stored = await store.get(record.key)
    const publication = await store.publication(record.key)
    if (stored !== undefined && publication !== undefined && isDisplaced(stored, publication))
      await this.#displaced(record, stored.rank)
  }

  #plan(
    publication: Publication,
    record: Pick<RecordView, 'expires' | 'timeReceived'> | undefined,
    isRenewed = true
  ): RepublishPlan | undefined {
    const { clock, republish, network } = this.#options
    const renews = isRenewed && signerOf(publication, this.#options) !== undefined
    let interval: bigint
    try {
      interval = republish.interval(publication.key)
    } catch {
      // it is called again, and its error reported, when the key is published
      return { at: clock(), longestRetry: republish.retry }
    }
    return planPublication(publication, record, { now: clock(), interval, renews, hasNetwork: network !== undefined })
  }

  /**
   * Adds the publications of the store that are not in the queue, the first time all of them. Returns whether all could be
   * read.
   */
  async #load(isFirst: boolean): Promise<boolean> {
    const { store, events } = this.#options
    const isMissing = ({ key, network, published }: Publication): boolean => {
      if (this.#republisher.isRunning(key)) return false
      const entry = this.#republisher.entry(key)
      if (isFirst || entry === undefined) return true
      // another process has put it since, and did not publish it
      return network && published === undefined && entry.failures === 0 && entry.next - this.#options.clock() > putTime
    }
    // from both ends: one entry that cannot be read does not stop the others
    for (const reverse of [false, true]) {
      let page: Publication[] = []
      try {
        for await (const publication of store.publications({ reverse })) {
          if (isMissing(publication)) page.push(publication)
          if (page.length < pageSize) continue
          await this.#addAll(page, isMissing)
          page = []
        }
        await this.#addAll(page, isMissing)
        return !reverse
      } catch (error) {
        await this.#addAll(page, isMissing).catch(() => {})
        if (isRecordError(error, 'STORE_CLOSED')) return true
        if (!reverse) events.dispatch('publications:unread', { error })
      }
    }
    return false
  }

  async #addAll(publications: readonly Publication[], isMissing: (publication: Publication) => boolean): Promise<void> {
    // the time of a publication and the lifetime of its record are enough to plan the next one
    const local = publications.filter(({ network }) => !network)
    const records = await this.#options.store.getMany(local.map(({ key }) => key))
    local.forEach((publication, index) => {
      const record = records[index]
      if (!isMissing(publication)) return
      if (record === undefined) this.addNow(publication.key)
      else this.add(publication, record)
    })
    for (const publication of publications)
      if (publication.network && isMissing(publication)) this.add(publication, undefined)
  }

  /** The record is published again after the back-off. */
  #failed(key: Uint8Array, error: unknown, plan: RepublishPlan | undefined): void {
    this.#republisher.failed(key, error, plan?.longestRetry)
    this.#reportFailure(key, error)
  }

  #reportFailure(key: Uint8Array, error: unknown): void {
    this.#options.metrics.publication(key, 'failed')
    this.#options.events.dispatch('record:unpublished', { key, error })
  }

  async #publishReported(key: Uint8Array, signal: AbortSignal): Promise<RepublishPlan | undefined> {
    try {
      return await raceAbort(this.#publishAlone(key, signal), signal)
    } catch (error) {
      // not when something later is published in its place
      if (!signal.aborted || isRecordError(signal.reason, 'TIMEOUT')) this.#reportFailure(key, error)
      throw error
    }
  }

  /**
   * Publishes a key unless another manager of the store does it now, or has done it since the key was planned. When that manager
   * ends, its lease does too. Only cost depends on the lease: two managers may both publish a key.
   */
  async #publishAlone(key: Uint8Array, signal: AbortSignal): Promise<RepublishPlan | undefined> {
    const { store, clock } = this.#options
    // a store that cannot lease can still publish
    const lease = await store.lease(`publish ${toHex(key)}`, leaseTime, { signal }).catch(() => null)
    signal.throwIfAborted()
    if (lease === undefined) return { at: clock() + BigInt(leaseTime) * 1_000_000n }
    try {
      const known = this.#known.get(mapKey(key))
      const publication = known === undefined ? undefined : await store.publication(key, { signal })
      if (known !== undefined && publication !== undefined) {
        const record = await store.get(key, { signal })
        const last = lastPublished(publication, record)
        const plan = last > known ? this.#plan(publication, record) : undefined
        if (plan !== undefined && plan.at > clock()) {
          this.#known.set(mapKey(key), last)
          return plan
        }
      }
      return await this.#publish(key, signal)
    } finally {
      await lease?.release().catch(() => {})
    }
  }

  /** Publishes a key again, its record renewed if it is ours. `undefined`: there is nothing to publish any more. */
  async #publish(key: Uint8Array, signal: AbortSignal): Promise<RepublishPlan | undefined> {
    const { store, pipeline, republish } = this.#options
    republish.interval(key)
    const publication = await store.publication(key, { signal })
    if (publication === undefined) return undefined
    const before = await pipeline.held(key, { signal })
    if (await this.#isReplaced(before, publication)) return undefined
    const answer = publication.network ? await this.#ask(publication, before, signal) : {}
    const held = publication.network ? await pipeline.held(key, { signal }) : before
    if (await this.#isReplaced(held, publication)) return undefined
    const isAnswered = answer.error === undefined || republish.renewUnanswered
    if (!isAnswered && this.#wasAway(publication, held)) {
      if (held?.refusal !== undefined) this.#lapsed(key, held, answer.error)
      throw answer.error
    }
    let problem: unknown
    // one that was never published is valid for its lifetime at most, until the network answers
    let isRenewed = !isAnswered && publication.published === undefined
    try {
      if (!isRenewed) isRenewed = await this.#renew(publication, held, answer.expired, signal)
    } catch (error) {
      // what is stored is published nevertheless while it is valid
      problem = error
    }
    signal.throwIfAborted()
    const current = await pipeline.read(key, { signal })
    if (current === undefined) return this.#publishLapsed(publication, held, problem)
    if (await this.#isReplaced({ stored: current.stored, record: current.verified }, publication)) return undefined
    this.#reported.delete(mapKey(key))
    // read after the record: one that was put offline, unpublished or deleted meanwhile is not published
    let latest = await store.publication(key, { signal })
    if (latest === undefined) return undefined
    if (latest.network && this.#options.network !== undefined) {
      const receipt = await this.#options.network.copy(key, current.stored.value, { reuseWalks: true, signal })
      if (!hasEnoughCopies(receipt)) throw tooFewCopies(key, receipt)
      latest = await this.#published(key, receipt)
      if (latest === undefined) return undefined
    }
    this.#known.set(mapKey(key), lastPublished(latest, current.stored))
    if (problem !== undefined) throw problem
    const plan = this.#plan(latest, current.stored, isRenewed)
    const earliest = this.#options.clock() + minPause
    return plan === undefined || plan.at >= earliest ? plan : { ...plan, at: earliest }
  }

  /** Reads a key from the network, and adopts a later record of it. */
  async #ask(publication: Publication, held: HeldRecord | undefined, signal: AbortSignal): Promise<Answer> {
    const { network, process, engine } = this.#options
    const { key } = publication
    if (network === undefined)
      return { error: new RecordError('NO_PEERS', 'this manager has no network to ask for a later record', { key }) }
    const stored = held?.verified
    try {
      const { record, sender, untimely } = await network.latest(key, stored, { signal })
      if (record !== undefined && record !== stored) await process(key, record.value, { sender, asked: true, signal })
      let expired: UnverifiedRecord | undefined
      for (const found of untimely) {
        if (found.expires === undefined || found.expires >= this.#options.clock()) continue
        if (found.author === undefined || isDisplaced(found, publication)) continue
        if (expired === undefined || engine.compare(found, expired) > 0) expired = found
      }
      return { expired }
    } catch (error) {
      signal.throwIfAborted()
      return { error }
    }
  }

  /** Whether this node did not publish a key for longer than the lifetime of its record. */
  #wasAway({ lifetime, published }: Publication, held: HeldRecord | undefined): boolean {
    if (held?.refusal !== undefined) return true
    if (lifetime === undefined || published === undefined) return false
    const since = this.#options.clock() - published
    // below 0: published while the clock was ahead, so that nothing says when
    return since > lifetime || since < 0n
  }

  /** Signs and stores our record for longer. Returns whether it was. */
  async #renew(
    publication: Publication,
    held: HeldRecord | undefined,
    expired: UnverifiedRecord | undefined,
    signal: AbortSignal
  ): Promise<boolean> {
    const { engine, pipeline, process, metrics, events } = this.#options
    const { key } = publication
    const isLater = expired !== undefined && (held === undefined || engine.compare(expired, held.record) > 0)
    const record = isLater ? expired : held?.record
    const refused = isLater ? undefined : held?.refusal?.code
    // signed while this clock was ahead: no peer accepts it, and only a higher sequence replaces it
    const isAhead = refused === 'ISSUED_IN_FUTURE'
    // not damaged or denied, but valid or past its time
    if (record === undefined || (refused !== undefined && refused !== 'EXPIRED' && !isAhead)) return false
    const signer = signerOf(publication, this.#options)
    if (signer === undefined) {
      const peerId = publication.signer
      if (peerId !== undefined) events.dispatch('record:unrenewed', { key, signer: peerId })
      return false
    }
    if (refused === undefined && !isLater && this.#isUnpublished(publication, record)) return true
    const value = await renewRecord(record, publication, { ...this.#options, signer, signal, isAhead })
    if (value === undefined) return false
    const ifRank = held === undefined || held.refusal?.code === 'EXPIRED' ? null : held.stored.rank
    const result = await process(key, value, { ifRank, signal })
    const { status, code, message, cause } = result
    // conflict, stale: a later record was put meanwhile, which is published in its place
    if (status === 'conflict' || status === 'stale') return true
    if (result.record === undefined || (status !== 'stored' && status !== 'refreshed'))
      throw new RecordError(code ?? 'STALE', message ?? status, { key, cause })
    metrics.publication(key, 'renewed')
    events.dispatch('record:renewed', pipeline.view(result.record))
    return true
  }

  /** Whether our record was signed since the last publication, and not long ago: a publication that failed does not sign again. */
  #isUnpublished({ network, published, lifetime }: Publication, { expires }: UnverifiedRecord): boolean {
    if (!network || lifetime === undefined || expires === undefined) return false
    const signed = expires - lifetime
    return (published === undefined || signed > published) && this.#options.clock() - signed < lifetime / 6n
  }

  /** Whether another author's record is stored, which ends the publication. */
  async #isReplaced(held: HeldRecord | undefined, publication: Publication): Promise<boolean> {
    if (held === undefined || !isDisplaced(held.record, publication)) return false
    const { record, stored, refusal } = held
    const view = this.#options.pipeline.view(record, stored.timeReceived)
    await this.#displaced(view, refusal?.code === 'EXPIRED' ? null : stored.rank)
    return true
  }

  /**
   * Another allowed author has replaced our record. The publication ends: what is published is exempt from the bounds of the store,
   * and the record of another author must not be.
   */
  async #displaced(record: RecordView, ifRank: Uint8Array | null): Promise<void> {
    const { store, metrics, events } = this.#options
    // otherwise it was replaced meanwhile
    if (!(await store.touch(record.key, { ifRank, publication: null }))) return
    this.remove(record.key)
    metrics.publication(record.key, 'displaced')
    events.dispatch('record:displaced', record)
  }

  /** There is no valid record to publish. */
  async #publishLapsed(
    publication: Publication,
    held: HeldRecord | undefined,
    problem: unknown
  ): Promise<RepublishPlan | undefined> {
    const { store, clock, republish, metrics, events } = this.#options
    const { key, signer } = publication
    const error = problem ?? lapsedError(publication, held)
    this.#lapsed(key, held, error)
    if (problem !== undefined || signer !== undefined) throw error
    const expires = held?.record.expires
    if (expires !== undefined && clock() - expires <= dropAfter) return { at: clock() + republish.interval(key) }
    if (!(await store.touch(key, { ifRank: null, publication: null }))) return { at: clock() + republish.retry }
    this.#reported.delete(mapKey(key))
    metrics.publication(key, 'dropped')
    events.dispatch('record:dropped', { key })
    return undefined
  }

  /** Reports once that a record has lapsed. */
  #lapsed(key: Uint8Array, held: HeldRecord | undefined, error: unknown): void {
    if (this.#isReported(key)) return
    const { pipeline, metrics, events } = this.#options
    metrics.publication(key, 'lapsed')
    events.dispatch('record:lapsed', {
      key,
      record: held && pipeline.view(held.record, held.stored.timeReceived),
      error
    })
  }

  #isReported(key: Uint8Array): boolean {
    const name = mapKey(key)
    if (this.#reported.has(name)) return true
    this.#reported.add(name)
    return false
  }

  /**
   * Stores when copies were acknowledged, and returns the publication; `undefined` when it was removed meanwhile: it does not
   * come back.
   */
  async #published(key: Uint8Array, { copies }: ReplicationReceipt): Promise<Publication | undefined> {
    const { store, clock, events, metrics } = this.#options
    let publication: Publication | undefined
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      // the rank is read first: a put in between changes it together with the publication
      const ifRank = (await store.get(key))?.rank ?? null
      const before = await store.publication(key)
      if (before === undefined) {
        publication = undefined
        break
      }
      publication = { ...before, published: clock() }
      if (await store.touch(key, { ifRank, publication })) break
    }
    metrics.publication(key, 'published')
    events.dispatch('record:published', { key, copies: copies.reached })
    return publication
  }
}

/** When a key was published last, in ns; one that is not published is renewed, which moves its expiry. */
function lastPublished(
  { network, published = 0n }: Publication,
  record: Pick<RecordView, 'expires'> | undefined
): bigint {
  return network ? published : (record?.expires ?? 0n)
}

function lapsedError({ key, signer }: Publication, held: HeldRecord | undefined): RecordError {
  if (held === undefined) return new RecordError('EXPIRED', 'there is no record to publish under this key', { key })
  const { refusal } = held
  if (refusal !== undefined && refusal.code !== 'EXPIRED')
    return new RecordError(refusal.code, refusal.message, { key })
  if (signer === undefined) return new RecordError('EXPIRED', 'the record of another author has expired', { key })
  return new RecordError('SIGNER_MISSING', 'the record has expired, and its signer was not passed to this manager', {
    key
  })
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
