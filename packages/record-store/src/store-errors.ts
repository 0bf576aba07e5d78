import { isRecordError, RecordError } from '@recordkit/record-types'
import type { MaybePromise } from '@recordkit/record-types'

/** What every call on a closed store rejects with. */
export function closedError(): RecordError<'STORE_CLOSED'> {
  return new RecordError('STORE_CLOSED', 'the store is closed; open it again to use it')
}

/** What a call rejects with when the backend throws `error` and nothing was changed: `STORE_IO`, or a `RecordError` as it is. */
export function storeError(error: unknown): RecordError {
  return isRecordError(error)
    ? error
    : new RecordError('STORE_IO', `the storage failed: ${textOf(error)}`, { cause: error })
}

/** What a call rejects with when a write throws `error`: only `STORE_IO` says that nothing was changed. */
export function writeError(error: unknown): RecordError {
  if (isRecordError(error)) return error
  return new RecordError(
    'STORE_UNKNOWN',
    `the storage failed during a write, which may or may not have happened: ${textOf(error)}`,
    { cause: error }
  )
}

/** What a call rejects with when a write fails after others of the same call: also `STORE_IO` does not mean that nothing was changed. */
export function partialError(written: number, count: number, error: unknown): RecordError<'STORE_UNKNOWN'> {
  const message = `${written} of ${count} keys were written; then the storage failed: ${textOf(error)}`
  return new RecordError('STORE_UNKNOWN', message, { cause: error })
}

/** Runs `work` and converts what it throws by {@link storeError}. */
export async function wrapErrors<Result>(work: () => MaybePromise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw storeError(error)
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
