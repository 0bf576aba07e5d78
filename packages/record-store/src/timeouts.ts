import type { RecordError, SetTimer } from '@recordkit/record-types'

/** Rejects with `error()` when `work` does not settle within `milliseconds`. A later result of `work` is ignored. */
export function withTimeout<Result>(
  work: Promise<Result>,
  milliseconds: number,
  setTimer: SetTimer,
  error: () => RecordError
): Promise<Result> {
  if (milliseconds === Number.POSITIVE_INFINITY) return work
  return new Promise<Result>((resolve, reject) => {
    const cancel = setTimer(() => reject(error()), milliseconds)
    work.then(
      (result) => {
        cancel()
        resolve(result)
      },
      (reason: Error) => {
        cancel()
        reject(reason)
      }
    )
  })
}
