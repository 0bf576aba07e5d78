/**
 * Settles like `running`, or rejects with the signal's reason as soon as it aborts.
 *
 * @param canAbort - returns whether an abort may end the wait; when it returns `false`, the call waits for `running`
 */
export function raceAbort<Result>(
  running: Promise<Result>,
  signal: AbortSignal | undefined,
  canAbort: () => boolean = () => true
): Promise<Result> {
  if (signal === undefined) return running
  return new Promise<Result>((resolve, reject) => {
    const abort = (): void => {
      if (canAbort()) reject(signal.reason as Error)
    }
    const removeListener = (): void => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort, { once: true })
    running.then(
      (result) => {
        removeListener()
        resolve(result)
      },
      (error: Error) => {
        removeListener()
        reject(error)
      }
    )
    if (signal.aborted) abort()
  })
}
