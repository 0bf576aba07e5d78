import type { MaybePromise } from '@recordkit/record-types'
import { isRecordError, RecordError } from '@recordkit/record-types'

/** What every call on a closed store rejects with. */
export function closedError(): RecordError<'STORE_CLOSED'> {
  return new RecordError('STORE_CLOSED', 'the store is closed; open it again to use it')
}

/** Runs `work` and wraps what it throws in `STORE_IO`; a `RecordError` goes through as it is. */
export async function wrapErrors<Result>(work: () => MaybePromise<Result>): Promise<Result> {
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
