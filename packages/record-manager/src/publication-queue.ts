import { isRecordError } from '@recordkit/record-types'
import type { NetworkPutOptions, ReplicationReceipt } from '@recordkit/record-types'
import { hasEnoughCopies, raceAbort, Republisher, toHex } from '@recordkit/record-types/internal'
import type { RepublishPlan, RepublishQueueEntry } from '@recordkit/record-types/internal'
import type { Publication } from '@recordkit/record-store'
import { loadPublications } from './load-publications.ts'
import type { PublicationParts } from './publication-parts.ts'
import { PublicationPlans } from './publication-plans.ts'
import type { RecordTimes } from './publication-plans.ts'
import { PublicationReports, tooFewCopies } from './publication-reports.ts'
import { RecordPublisher } from './publish-record.ts'
import type { RecordView } from './record-view.ts'
import type { Replicator } from './replication.ts'

export type { RepublishQueueEntry }

/** ms between two readings of the publications: other processes that share the store change them */
const reloadInterval = 3_600_000
/** ms: for how long one of several processes that share the store may publish a key alone */
const leaseTime = 60_000
/** ns: while a put copies a record to peers, the queue leaves the key alone */
const putTime = 600_000_000_000n

/**
 * Publishes and renews the records that the application put, before they lapse. The queue is the publications of the store,
 * which is read again every hour: nothing that leaves the queue by mistake stays unpublished.
 */
export class PublicationQueue {
  readonly #parts: PublicationParts
  readonly #plans: PublicationPlans
  readonly #reports: PublicationReports
  readonly #publisher: RecordPublisher
  readonly #republisher: Republisher
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
    await load(true)
    if (!stopped) this.#republisher.start()
  }

  /** Stops publishing and waits for publications in progress. */
  async stop(): Promise<void> {
    this.#stopLoading?.()
    await this.#republisher.stop()
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

  /** Stops publishing a key. */
  remove(key: Uint8Array): void {
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
  ): Promise<ReplicationReceipt> {
    const plan = this.#plans.plan(publication, record)
    this.#plans.remember(publication, record)
    this.#republisher.interrupt(key)
    this.#reports.forget(key)
    // a put that never ends is published by the queue
    this.#republisher.add(key, { ...plan, at: this.#parts.clock() + putTime })
    try {
      const receipt = await network.copy(key, value, options)
      if (!hasEnoughCopies(receipt)) this.#failed(key, tooFewCopies(key, receipt), plan)
      else {
        const published = await this.#publisher.published(key, receipt)
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
    return this.#publisher.authorChanged(record)
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
   * Publishes a key unless another manager of the store does it now, or has done it since the key was planned. When that manager
   * ends, its lease does too. Only cost depends on the lease: two managers may both publish a key.
   */
  async #publishAlone(key: Uint8Array, signal: AbortSignal): Promise<RepublishPlan | undefined> {
    const { store, clock } = this.#parts
    // a store that cannot lease can still publish
    const lease = await store.lease(`publish ${toHex(key)}`, leaseTime, { signal }).catch(() => null)
    signal.throwIfAborted()
    if (lease === undefined) return { at: clock() + BigInt(leaseTime) * 1_000_000n }
    try {
      const plan = await this.#plans.publishedMeanwhile(key, signal)
      return plan ?? (await this.#publisher.publish(key, signal))
    } finally {
      await lease?.release().catch(() => {})
    }
  }
}
