import { equalBytes } from '@recordkit/record-types'
import type { ReplicationReceipt } from '@recordkit/record-types'
import { hasEnoughCopies } from '@recordkit/record-types/internal'
import type { RepublishPlan } from '@recordkit/record-types/internal'
import type { Publication } from '@recordkit/record-store'
import type { DisplacedRecord } from './events.ts'
import { isDisplaced } from './is-displaced.ts'
import type { PublicationParts } from './publication-parts.ts'
import type { PublicationPlans } from './publication-plans.ts'
import { lapsedError, tooFewCopies } from './publication-reports.ts'
import type { PublicationReports } from './publication-reports.ts'
import type { HeldRecord } from './record-pipeline.ts'
import type { RecordView } from './record-view.ts'
import { adoptLatest, renewPublication, wasAway } from './renew-publication.ts'

/** How often the time of a publication is written anew when other processes put records under the same key meanwhile. */
const maxAttempts = 32
/** ns: an expired record of another author is not published any more after 30 days */
const dropAfter = 2_592_000_000_000_000n
/** ns: what was published is not published again within a second */
const minPause = 1_000_000_000n

/** Publishes a key that is due: its record is renewed if it is ours, copied to peers, and the time is stored. */
export class RecordPublisher {
  readonly #parts: PublicationParts
  readonly #plans: PublicationPlans
  readonly #reports: PublicationReports
  readonly #remove: (key: Uint8Array) => void

  /** @param remove - removes a key whose publication ended from the queue */
  constructor(
    parts: PublicationParts,
    plans: PublicationPlans,
    reports: PublicationReports,
    remove: (key: Uint8Array) => void
  ) {
    this.#parts = parts
    this.#plans = plans
    this.#reports = reports
    this.#remove = remove
  }

  /** Publishes a key again, its record renewed if it is ours. `undefined`: there is nothing to publish any more. */
  async publish(key: Uint8Array, signal: AbortSignal): Promise<RepublishPlan | undefined> {
    const { store, pipeline, republish } = this.#parts
    republish.interval(key)
    const publication = await store.publication(key, { signal })
    if (publication === undefined) return undefined
    const before = await pipeline.held(key, { signal })
    if (await this.#isReplaced(before, publication)) return undefined
    const answer = publication.network ? await adoptLatest(this.#parts, publication, before, signal) : {}
    const held = publication.network ? await pipeline.held(key, { signal }) : before
    if (await this.#isReplaced(held, publication)) return undefined
    const isAnswered = answer.error === undefined || republish.renewUnanswered
    if (!isAnswered && wasAway(this.#parts, publication, held)) {
      if (held?.refusal !== undefined) this.#reports.lapsed(key, held, answer.error)
      throw answer.error
    }
    let problem: unknown
    // one that was never published is valid for its lifetime at most, until the network answers
    let isRenewed = !isAnswered && publication.published === undefined
    try {
      if (!isRenewed) isRenewed = await renewPublication(this.#parts, publication, held, answer.expired, signal)
    } catch (error) {
      // what is stored is published nevertheless while it is valid
      problem = error
    }
    signal.throwIfAborted()
    const current = await pipeline.read(key, { signal })
    if (current === undefined) return this.#publishLapsed(publication, held, problem)
    if (await this.#isReplaced({ stored: current.stored, record: current.verified }, publication)) return undefined
    this.#reports.forget(key)
    // read after the record: one that was put offline, unpublished or deleted meanwhile is not published
    let latest = await store.publication(key, { signal })
    if (latest === undefined) return undefined
    if (latest.network && this.#parts.network !== undefined) {
      const receipt = await this.#parts.network.copy(key, current.stored.value, { reuseWalks: true, signal })
      if (!hasEnoughCopies(receipt)) throw tooFewCopies(key, receipt)
      latest = await this.published(key, receipt, current.stored.rank)
      if (latest === undefined) return undefined
    }
    this.#plans.remember(latest, current.stored)
    if (problem !== undefined) throw problem
    const plan = this.#plans.plan(latest, current.stored, isRenewed)
    const earliest = this.#parts.clock() + minPause
    return plan === undefined || plan.at >= earliest ? plan : { ...plan, at: earliest }
  }

  /** The stored record of a key is of another author than before. @param before - the one that it replaced */
  async authorChanged(record: RecordView, before: RecordView | undefined): Promise<void> {
    const { store } = this.#parts
    const stored = await store.get(record.key)
    const publication = await store.publication(record.key)
    if (stored === undefined || publication === undefined || !isDisplaced(stored, publication)) return
    const ours = isDisplaced(before, publication) ? undefined : before
    await this.#displaced({ ...record, ours, publication }, stored.rank)
  }

  /**
   * Stores when copies were acknowledged, unless another record was put meanwhile, and returns the publication; `undefined` when
   * it was removed meanwhile: it does not come back.
   *
   * @param rank - the rank of the record that was copied
   */
  async published(
    key: Uint8Array,
    { copies }: ReplicationReceipt,
    rank: Uint8Array | undefined
  ): Promise<Publication | undefined> {
    const { store, clock, events, metrics } = this.#parts
    let publication: Publication | undefined
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      // the rank is read first: a put in between changes it together with the publication
      const ifRank = (await store.get(key))?.rank ?? null
      const before = await store.publication(key)
      if (before === undefined) {
        publication = undefined
        break
      }
      if (rank !== undefined && ifRank !== null && !equalBytes(ifRank, rank)) {
        publication = before
        break
      }
      publication = { ...before, published: clock() }
      if (await store.touch(key, { ifRank, publication })) break
    }
    metrics.publication(key, 'published')
    events.dispatch('record:published', { key, copies: copies.reached })
    return publication
  }

  /** Whether another author's record is stored, which ends the publication. */
  async #isReplaced(held: HeldRecord | undefined, publication: Publication): Promise<boolean> {
    if (held === undefined || !isDisplaced(held.record, publication)) return false
    const { record, stored, refusal } = held
    const view = this.#parts.pipeline.view(record, stored.timeReceived)
    const ifRank = refusal?.code === 'EXPIRED' ? null : stored.rank
    await this.#displaced({ ...view, ours: undefined, publication }, ifRank)
    return true
  }

  /**
   * Another allowed author has replaced our record. The publication ends: what is published is exempt from the bounds of the store,
   * and the record of another author must not be.
   */
  async #displaced(record: DisplacedRecord, ifRank: Uint8Array | null): Promise<void> {
    const { store, metrics, events } = this.#parts
    // otherwise it was replaced meanwhile
    if (!(await store.touch(record.key, { ifRank, publication: null }))) return
    this.#remove(record.key)
    metrics.publication(record.key, 'displaced')
    events.dispatch('record:displaced', record)
  }

  /** There is no valid record to publish. */
  async #publishLapsed(
    publication: Publication,
    held: HeldRecord | undefined,
    problem: unknown
  ): Promise<RepublishPlan | undefined> {
    const { store, clock, republish, metrics, events } = this.#parts
    const { key, signer } = publication
    const error = problem ?? lapsedError(publication, held)
    this.#reports.lapsed(key, held, error)
    if (problem !== undefined || signer !== undefined) throw error
    const expires = held?.record.expires
    if (expires !== undefined && clock() - expires <= dropAfter) return { at: clock() + republish.interval(key) }
    if (!(await store.touch(key, { ifRank: null, publication: null }))) return { at: clock() + republish.retry }
    this.#reports.forget(key)
    metrics.publication(key, 'dropped')
    events.dispatch('record:dropped', { key })
    return undefined
  }
}
