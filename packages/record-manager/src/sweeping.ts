import type { Clock, SetTimer } from '@recordkit/record-types'
import { nanosecondsOf } from '@recordkit/record-types/internal'
import type { Lease, RecordStore } from '@recordkit/record-store'
import { startInterval } from './interval.ts'

interface SweepingOptions {
  readonly store: RecordStore
  readonly clock: Clock
  readonly setTimer: SetTimer
}

/** ns: an hour */
const maxJump = 3_600_000_000_000n

/**
 * Sweeps expired records at an interval, in one of the managers that share the store: the one that has the lease. When it ends, another
 * takes the lease over after one and a half intervals.
 *
 * When the clock is more than an hour ahead of the interval, it has jumped, or the machine slept: that sweep is left out, so that
 * a clock that is wrong for a while does not remove records that are valid. A sweep that fails costs space only: expired records
 * are not returned in any case.
 *
 * @param milliseconds - ms; `Infinity` means never
 * @returns a function that stops it, and resolves when another manager can take the lease
 */
export function startSweeping(milliseconds: number, { store, clock, setTimer }: SweepingOptions): () => Promise<void> {
  let expected = clock() + nanosecondsOf(milliseconds)
  let lease: Lease | undefined
  let isStopped = false
  const leaseTime = Math.ceil(milliseconds * 1.5)
  /** Whether this manager sweeps. A store whose leases fail is swept by all. */
  const isSweeper = async (): Promise<boolean> => {
    try {
      if (lease !== undefined && (await lease.renew(leaseTime))) return true
      lease = await store.lease('sweep', leaseTime)
      return lease !== undefined
    } catch {
      return true
    }
  }
  const sweep = async (): Promise<void> => {
    const ahead = clock() - expected
    try {
      // the others only bring up to date what they counted themselves
      if (ahead <= maxJump) await store.sweep((await isSweeper()) ? {} : { limit: 0 })
    } finally {
      expected = clock() + nanosecondsOf(milliseconds)
      if (isStopped) await release()
    }
  }
  const release = async (): Promise<void> => {
    const held = lease
    lease = undefined
    await held?.release().catch(() => undefined)
  }
  const stop = startInterval(sweep, milliseconds, setTimer)
  return async () => {
    stop()
    isStopped = true
    await release()
  }
}
