import type { SetTimer } from '@recordkit/record-types'

/** ms: the longest delay of a timer. `setTimeout` fires immediately for a longer one. */
const maxDelay = 2_147_483_647

/**
 * Runs `work` repeatedly. The next run starts `milliseconds` after the end of the last one, also when that failed.
 *
 * @param milliseconds - ms; `Infinity` means never
 * @returns a function that stops it; a run in progress is then the last
 */
export function startInterval(work: () => Promise<unknown>, milliseconds: number, setTimer: SetTimer): () => void {
  let stopped = false
  let cancel = (): void => undefined
  const wait = (): void => {
    if (stopped || milliseconds === Number.POSITIVE_INFINITY) return
    cancel = setTimer(
      () => {
        work().then(wait, wait)
      },
      Math.min(milliseconds, maxDelay)
    )
  }
  wait()
  return () => {
    stopped = true
    cancel()
  }
}
