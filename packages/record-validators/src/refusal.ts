import { isRecordError } from '@recordkit/record-types'
import type { Refusal, RefusalCode } from '@recordkit/record-types'

/** The bytes are at fault: counts against their sender. */
export function reject(code: RefusalCode, message: string): Refusal {
  return { verdict: 'reject', code, message }
}

/** Not taken, but nobody is to blame. */
export function ignore(code: RefusalCode, message: string): Refusal {
  return { verdict: 'ignore', code, message }
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
      verdict: 'ignore',
      code: 'VALIDATOR_FAILED',
      message: `the namespace's own code failed: ${message}`,
      cause: error
    }
  }
  return {
    verdict: isBlameless(error.code) ? 'ignore' : 'reject',
    code: error.code as RefusalCode,
    message: error.message,
    cause: error
  }
}
