/** Answers what `running` does, or throws the signal's reason as soon as it aborts, while `mayLeave` says so. */
export function raceAbort<Result>(
  running: Promise<Result>,
  signal: AbortSignal | undefined,
  mayLeave: () => boolean = () => true
): Promise<Result> {
  if (signal === undefined) return running
  return new Promise<Result>((resolve, reject) => {
    const leave = (): void => {
      if (mayLeave()) reject(signal.reason as Error)
    }
    const done = (): void => signal.removeEventListener('abort', leave)
    signal.addEventListener('abort', leave, { once: true })
    running.then(
      (result) => {
        done()
        resolve(result)
      },
      (error: Error) => {
        done()
        reject(error)
      }
    )
    if (signal.aborted) leave()
  })
}
