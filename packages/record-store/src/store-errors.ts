import type { MaybePromise } from '@recordkit/record-types'
import { isRecordError, RecordError } from '@recordkit/record-types'

/** The error of every call on a closed store. */
export function closedError(): RecordError<'STORE_CLOSED'> {
  return new RecordError('STORE_CLOSED', 'the store is closed; open it again to use it')
}

/** Runs `work` and wraps its errors in `STORE_IO`. A `RecordError` is rethrown unchanged. */
export async function wrapErrors<Result>(work: () => MaybePromise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw storeError(error)
  }
}

/** Wraps an error of a backend in `STORE_IO`. A `RecordError` is returned unchanged. */
export function storeError(error: unknown): RecordError {
  if (isRecordError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new RecordError('STORE_IO', `the storage failed: ${message}`, { cause: error })
}
