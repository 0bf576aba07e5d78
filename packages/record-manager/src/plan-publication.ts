import type { RepublishPlan } from '@recordkit/record-types/internal'
import type { Publication, StoredRecord } from '@recordkit/record-store'

interface PlanOptions {
  /** ns since the Unix epoch */
  readonly now: bigint
  /** ns between two publications */
  readonly interval: bigint
  /** whether the record is signed anew before it expires */
  readonly renews: boolean
  readonly hasNetwork: boolean
}

/**
 * When a key is published next: after the interval, or when a third of the lifetime of its record remains, whichever is sooner.
 * What is not published is only renewed, at the same times. `undefined`: never, as there is nothing to publish and nothing expires. No plan is
 * further away than the interval or two thirds of the lifetime, whatever the clock showed when the times were written.
 */
export function planPublication(
  { network, published, lifetime: wanted }: Publication,
  record: Pick<StoredRecord, 'expires' | 'timeReceived'> | undefined,
  { now, interval, renews, hasNetwork }: PlanOptions
): RepublishPlan | undefined {
  const publishes = network && hasNetwork
  const expires = record?.expires
  const lifetime = wanted ?? (record === undefined || expires === undefined ? undefined : expires - record.timeReceived)
  const remaining = lifetime === undefined || lifetime < 0n ? 0n : lifetime / 3n
  const waits: bigint[] = []
  if (publishes) waits.push(published === undefined ? 0n : published + interval - now)
  if (publishes || expires !== undefined) waits.push(interval)
  // the record was signed when it was last published
  if (publishes && renews && published !== undefined && lifetime !== undefined)
    waits.push(published + lifetime - remaining - now)
  if (expires !== undefined) {
    if (renews) waits.push(expires - remaining - now)
    else waits.push(expires + 1n - now)
    if (renews && lifetime !== undefined) waits.push(lifetime - remaining)
  }
  if (waits.length === 0) return undefined
  const wait = waits.reduce((least, each) => (each < least ? each : least))
  const shortLifetime = lifetime === undefined || lifetime <= 0n ? interval : lifetime / 6n
  return { at: now + (wait > 0n ? wait : 0n), longestRetry: shortLifetime < interval ? shortLifetime : interval }
}
