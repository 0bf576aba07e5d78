import type { Clock, SetTimer } from '@recordkit/record-types'
import { nanosecondsOf } from '@recordkit/record-types/internal'
import { startInterval } from './interval.ts'

/** ns: an hour */
const maxJump = 3_600_000_000_000n

/**
 * Sweeps expired records at an interval. When the clock is more than an hour ahead of the interval, it has jumped, or the machine
 * slept: that sweep is left out, so that a clock that is wrong for a while does not remove records that are valid. A sweep that
 * fails costs space only: expired records are not returned in any case.
 *
 * @param milliseconds - ms; `Infinity` means never
 * @returns a function that stops it
 */
export function startSweeping(
  sweep: () => Promise<unknown>,
  milliseconds: number,
  { clock, setTimer }: { readonly clock: Clock; readonly setTimer: SetTimer }
): () => void {
  let expected = clock() + nanosecondsOf(milliseconds)
  const sweepUnlessJumped = async (): Promise<void> => {
    const ahead = clock() - expected
    try {
      if (ahead <= maxJump) await sweep()
    } finally {
      expected = clock() + nanosecondsOf(milliseconds)
    }
  }
  return startInterval(sweepUnlessJumped, milliseconds, setTimer)
}
