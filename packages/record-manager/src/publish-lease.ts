import type { SetTimer } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'
import type { RecordStore } from '@recordkit/record-store'
import { startInterval } from './interval.ts'

/** ms: for how long a manager that has died keeps others from publishing a key */
const leaseTime = 20_000
/** ms between two renewals of a lease */
const renewalInterval = 5000
/** ns after which a key that another manager publishes is looked at again: two deaths in a row take less than a minute */
export const leaseRetry = 10_000_000_000n

interface LeaseOptions {
  readonly store: RecordStore
  readonly setTimer: SetTimer
}

/**
 * Takes the right to publish a key alone among the managers that share the store, until it is released, the signal aborts, or the
 * process ends. Only cost depends on it: two managers may both publish a key, and a store whose leases fail does not stop publications.
 *
 * @returns a function that releases it, which never rejects; `undefined` while another manager publishes the key
 */
export async function takePublishLease(
  { store, setTimer }: LeaseOptions,
  key: Uint8Array,
  signal?: AbortSignal
): Promise<(() => Promise<void>) | undefined> {
  const lease = await store.lease(`publish ${toHex(key)}`, leaseTime, { signal }).catch(() => null)
  if (lease === undefined) return undefined
  const stop = lease === null ? undefined : startInterval(() => lease.renew(leaseTime), renewalInterval, setTimer)
  let released: Promise<void> | undefined
  const release = (): Promise<void> => {
    stop?.()
    signal?.removeEventListener('abort', onAbort)
    released ??= lease?.release().catch(() => undefined)
    return released ?? Promise.resolve()
  }
  const onAbort = (): void => void release()
  signal?.addEventListener('abort', onAbort)
  if (signal?.aborted === true) onAbort()
  return release
}
