import { mapKey } from '@recordkit/record-types/internal'
import type { RepublishPlan } from '@recordkit/record-types/internal'
import type { Publication } from '@recordkit/record-store'
import { planPublication } from './plan-publication.ts'
import type { PublicationParts } from './publication-parts.ts'
import type { RecordView } from './record-view.ts'
import { signerOf } from './signer-of.ts'

/** The times of a record that a plan depends on. */
export type RecordTimes = Pick<RecordView, 'expires' | 'timeReceived'>

/** Plans the next publication of a key, and remembers what the store said of it: other managers of the store may publish it too. */
export class PublicationPlans {
  readonly #parts: PublicationParts
  readonly #lastPublished = new Map<string, bigint>()

  constructor(parts: PublicationParts) {
    this.#parts = parts
  }

  plan(publication: Publication, record: RecordTimes | undefined, isRenewed = true): RepublishPlan | undefined {
    const { clock, republish, network } = this.#parts
    const renews = isRenewed && signerOf(publication, this.#parts) !== undefined
    let interval: bigint
    try {
      interval = republish.interval(publication.key)
    } catch {
      // it is called again, and its error reported, when the key is published
      return { at: clock(), longestRetry: republish.retry }
    }
    return planPublication(publication, record, { now: clock(), interval, renews, hasNetwork: network !== undefined })
  }

  /** Remembers when a key was published last, as the store says. */
  remember(publication: Publication, record: Pick<RecordView, 'expires'> | undefined): void {
    this.#lastPublished.set(mapKey(publication.key), lastPublished(publication, record))
  }

  forget(key: Uint8Array): void {
    this.#lastPublished.delete(mapKey(key))
  }

  /** The plan of a key that another manager of the store has published since it was planned, unless it is due again. */
  async publishedMeanwhile(key: Uint8Array, signal: AbortSignal): Promise<RepublishPlan | undefined> {
    const { store, clock } = this.#parts
    const known = this.#lastPublished.get(mapKey(key))
    const publication = known === undefined ? undefined : await store.publication(key, { signal })
    if (known === undefined || publication === undefined) return undefined
    const record = await store.get(key, { signal })
    const plan = lastPublished(publication, record) > known ? this.plan(publication, record) : undefined
    if (plan === undefined || plan.at <= clock()) return undefined
    this.remember(publication, record)
    return plan
  }
}

/** When a key was published last, in ns; one that is not published is renewed, which moves its expiry. */
function lastPublished(
  { network, published = 0n }: Publication,
  record: Pick<RecordView, 'expires'> | undefined
): bigint {
  return network ? published : (record?.expires ?? 0n)
}
