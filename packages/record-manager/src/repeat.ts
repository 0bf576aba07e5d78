import type { SetTimer } from '@recordkit/record-types'

/**
 * Does `work` every so many milliseconds, counted from the end of the last time, however that went.
 *
 * @returns ends it; work that is under way is the last
 */
export function repeat(work: () => Promise<unknown>, milliseconds: number, setTimer: SetTimer): () => void {
  let ended = false
  let cancel = (): void => undefined
  const wait = (): void => {
    if (ended) return
    cancel = setTimer(() => {
      work().then(wait, wait)
    }, milliseconds)
  }
  wait()
  return () => {
    ended = true
    cancel()
  }
}
