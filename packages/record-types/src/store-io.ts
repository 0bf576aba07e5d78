import type { MaybePromise } from './time.ts'
import { isRecordError, RecordError } from './errors.ts'

/** What every call on a closed store rejects with. */
export function closedError(): RecordError<'STORE_CLOSED'> {
  return new RecordError('STORE_CLOSED', 'the store is closed; open it again to use it')
}

/** Runs `work` and wraps what it throws in `STORE_IO`; a `RecordError` goes through as it is. */
export async function wrapped<Result>(work: () => MaybePromise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw storeError(error)
  }
}

/** What a call rejects with when the backend throws `error`: `STORE_IO`, or a `RecordError` as it is. */
export function storeError(error: unknown): RecordError {
  if (isRecordError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new RecordError('STORE_IO', `the storage failed: ${message}`, { cause: error })
}

/** Answers what `running` does, or throws the signal's reason as soon as it aborts, while `mayLeave` says so. */
export function untilAborted<Result>(
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
