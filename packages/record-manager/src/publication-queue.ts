import { isRecordError } from '@recordkit/record-types'
import type { ManagerStats, NetworkPutOptions, PutReceipt } from '@recordkit/record-types'
import { hasEnoughCopies, mapKey, raceAbort, Republisher } from '@recordkit/record-types/internal'
import type { RepublishPlan, RepublishQueueEntry } from '@recordkit/record-types/internal'
import type { Publication } from '@recordkit/record-store'
import { addPublications, loadPublications } from './load-publications.ts'
import { PublicationChanges } from './publication-changes.ts'
import type { PublicationParts } from './publication-parts.ts'
import { PublicationPlans } from './publication-plans.ts'
import type { RecordTimes } from './publication-plans.ts'
import { PublicationReports, tooFewCopies } from './publication-reports.ts'
import { leaseRetry, takePublishLease } from './publish-lease.ts'
import { RecordPublisher } from './publish-record.ts'
import type { RecordView } from './record-view.ts'
import { ReplacedCopies } from './replaced-copies.ts'
import type { Replicator } from './replication.ts'

export type { RepublishQueueEntry }

/** ms between two readings of all publications */
const reloadInterval = 3_600_000
/** ns: while a put copies a record to peers, the queue leaves the key alone */
const putTime = 600_000_000_000n

/**
 * Publishes and renews the records that the application put, before they lapse. The queue is the publications of the store. What
 * other processes change is added within ten seconds, and all are read again every hour: nothing that leaves the queue by
 * mistake stays unpublished.
 */
export class PublicationQueue {
  readonly #parts: PublicationParts
  readonly #plans: PublicationPlans
  readonly #reports: PublicationReports
  readonly #publisher: RecordPublisher
  readonly #republisher: Republisher
  /** the keys whose records a put copies to peers now */
  readonly #putting = new Map<string, number>()
  /** leases of puts that are being given back */
  readonly #releases = new Set<Promise<void>>()
  readonly #changes: PublicationChanges
  readonly #replaced: ReplacedCopies
  #stopLoading: (() => void) | undefined

  constructor(parts: PublicationParts) {
    const { clock, setTimer, republish } = parts
    this.#parts = parts
    this.#plans = new PublicationPlans(parts)
    this.#reports = new PublicationReports(parts)
    this.#publisher = new RecordPublisher(parts, this.#plans, this.#reports, (key) => this.remove(key))
    this.#republisher = new Republisher({
      ...republish,
      clock,
      setTimer,
      publish: (key, signal) => this.#publishReported(key, signal)
    })
    this.#changes = new PublicationChanges({
      ...parts,
      update: (publications) => this.#addChanged(publications),
      reload: () => this.#load(false)
    })
    this.#replaced = new ReplacedCopies(parts)
  }

  /** The keys that are published again, the one that is due next first. */
  get entries(): RepublishQueueEntry[] {
    return this.#republisher.entries
  }

  get stats(): ManagerStats['queue'] {
    return this.#republisher.stats
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
    this.#parts.republish.interval(key)
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
      if (!stopped) cancel = this.#parts.setTimer(() => void load(false), failures === 0 ? reloadInterval : retry)
    }
    // before the publications are read: what is put meanwhile is not missed
    this.#changes.start()
    const { store, network, changes } = this.#parts
    if (store.capabilities.multiProcess && network !== undefined) changes.add(this.#replaced)
    await load(true)
    if (!stopped) this.#republisher.start()
  }

  /** Stops publishing and waits for publications in progress, and until other managers can publish what was put. */
  async stop(): Promise<void> {
    this.#stopLoading?.()
    this.#changes.stop()
    this.#parts.changes.remove(this.#replaced)
    await this.#republisher.stop()
    await Promise.all(this.#releases)
  }

  /** Publishes a key when its record and publication are due. */
  add(publication: Publication, record: RecordTimes | undefined): void {
    const plan = this.#plans.plan(publication, record)
    if (plan === undefined) return this.remove(publication.key)
    this.#plans.remember(publication, record)
    this.#republisher.add(publication.key, plan)
  }

  /** Publishes a key now. */
  addNow(key: Uint8Array): void {
    this.#plans.forget(key)
    this.#republisher.add(key, { at: this.#parts.clock() })
  }

  /** Stops publishing a key, also in the background of a put. */
  remove(key: Uint8Array): void {
    this.#parts.network?.endBackground(key)
    this.#reports.forget(key)
    this.#plans.forget(key)
    this.#republisher.remove(key)
  }

  /** Copies a record that was put to peers, and publishes it again later, unless it is deleted meanwhile. */
  async replicate(
    network: Replicator,
    { key, value, ...record }: RecordView,
    publication: Publication,
    options: NetworkPutOptions
  ): Promise<PutReceipt> {
    const plan = this.#plans.plan(publication, record)
    this.#plans.remember(publication, record)
    this.#republisher.interrupt(key)
    this.#reports.forget(key)
    // a put that never ends is published by the queue
    this.#republisher.add(key, { ...plan, at: this.#parts.clock() + putTime })
    const name = mapKey(key)
    this.#putting.set(name, (this.#putting.get(name) ?? 0) + 1)
    // so that no other manager publishes it meanwhile; the put does not wait for the lease
    const lease = takePublishLease(this.#parts, key)
    try {
      const receipt = await network.copy(key, value, options)
      if (!hasEnoughCopies(receipt)) this.#failed(key, tooFewCopies(key, receipt), plan)
      else {
        const rank = options.verified && this.#parts.engine.rank(options.verified)
        const published = await this.#publisher.published(key, receipt, rank)
        if (published === undefined) this.#republisher.remove(key)
        else this.add(published, record)
      }
      return receipt
    } catch (error) {
      this.#failed(key, error, plan)
      throw error
    } finally {
      const puts = (this.#putting.get(name) as number) - 1
      if (puts > 0) this.#putting.set(name, puts)
      else this.#putting.delete(name)
      const released = lease.then(async (release) => release?.())
      this.#releases.add(released)
      void released.then(() => this.#releases.delete(released))
    }
  }

  /** The stored record of a key is of another author than before. @param before - the one that it replaced */
  async authorChanged(record: RecordView, before: RecordView | undefined): Promise<void> {
    return this.#publisher.authorChanged(record, before)
  }

  /** Reads the publications of the store, the first time all of them. Returns whether all could be read. */
  async #load(isFirst: boolean): Promise<boolean> {
    return loadPublications(this.#parts, {
      isMissing: ({ key, network, published }) => {
        if (this.#republisher.isRunning(key)) return false
        const entry = this.#republisher.entry(key)
        if (isFirst || entry === undefined) return true
        // another process has put it since, and did not publish it
        return network && published === undefined && entry.failures === 0 && entry.next - this.#parts.clock() > putTime
      },
      add: (publication, record) => this.add(publication, record),
      addNow: (key) => this.addNow(key)
    })
  }

  /** Adds the publications of keys that another process has put or published since they were planned. */
  async #addChanged(publications: readonly Publication[]): Promise<void> {
    await addPublications(this.#parts.store, publications, {
      isMissing: (publication, record) => {
        const { key } = publication
        if (this.#republisher.isRunning(key) || this.#putting.has(mapKey(key))) return false
        return this.#republisher.entry(key) === undefined || !this.#plans.isRemembered(publication, record)
      },
      add: (publication, record) => this.add(publication, record),
      addNow: (key) => this.addNow(key)
    })
  }

  /** The record is published again after the back-off. */
  #failed(key: Uint8Array, error: unknown, plan: RepublishPlan | undefined): void {
    this.#republisher.failed(key, error, plan?.longestRetry)
    this.#reports.failed(key, error)
  }

  async #publishReported(key: Uint8Array, signal: AbortSignal): Promise<RepublishPlan | undefined> {
    try {
      return await raceAbort(this.#publishAlone(key, signal), signal)
    } catch (error) {
      // not when something later is published in its place
      if (!signal.aborted || isRecordError(signal.reason, 'TIMEOUT')) this.#reports.failed(key, error)
      throw error
    }
  }

  /**
   * Publishes a key unless another manager of the store does it now, or has done it since the key was planned.
   */
  async #publishAlone(key: Uint8Array, signal: AbortSignal): Promise<RepublishPlan | undefined> {
    const release = await takePublishLease(this.#parts, key, signal)
    try {
      signal.throwIfAborted()
      if (release === undefined) return { at: this.#parts.clock() + leaseRetry }
      const plan = await this.#plans.publishedMeanwhile(key, signal)
      return plan ?? (await this.#publisher.publish(key, signal))
    } finally {
      await release?.()
    }
  }
}
