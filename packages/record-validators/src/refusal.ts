import { isRecordError } from '@recordkit/record-types'
import type { Refusal, RecordErrorCode } from '@recordkit/record-types'

/** The bytes are at fault: counts against their sender. */
export function reject(code: RecordErrorCode, message: string): Refusal {
  return { status: 'reject', code, message }
}

/** Not taken, but nobody is to blame. */
export function ignore(code: RecordErrorCode, message: string): Refusal {
  return { status: 'ignore', code, message }
}

/** What we cannot judge is not the sender's fault. */
function isBlameless(code: string): boolean {
  return code === 'ALGORITHM_MISSING' || code === 'INVALID_ARGUMENT'
}

/** A decoder's error as a refusal. Anything but a `RecordError` is a validator at fault, not the bytes. */
export function refusalOf(error: unknown): Refusal {
  if (!isRecordError(error)) {
    const message = error instanceof Error ? error.message : String(error)
    return {
      status: 'ignore',
      code: 'VALIDATOR_FAILED',
      message: `the namespace's own code failed: ${message}`,
      cause: error
    }
  }
  return {
    status: isBlameless(error.code) ? 'ignore' : 'reject',
    code: error.code as RecordErrorCode,
    message: error.message,
    cause: error
  }
}
