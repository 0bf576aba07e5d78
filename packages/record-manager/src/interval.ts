import type { SetTimer } from '@recordkit/record-types'

/**
 * Runs `work` repeatedly. The next run starts `milliseconds` after the end of the last one, however it ended.
 *
 * @returns stops it; a run in progress is the last
 */
export function startInterval(work: () => Promise<unknown>, milliseconds: number, setTimer: SetTimer): () => void {
  let stopped = false
  let cancel = (): void => undefined
  const wait = (): void => {
    if (stopped) return
    cancel = setTimer(() => {
      work().then(wait, wait)
    }, milliseconds)
  }
  wait()
  return () => {
    stopped = true
    cancel()
  }
}
