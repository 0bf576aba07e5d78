import { isRecordError } from '@recordkit/record-types'
import type { Refusal, RecordErrorCode } from '@recordkit/record-types'

/** A refusal that counts against the sender: the bytes are wrong. */
export function reject(code: RecordErrorCode, message: string): Refusal {
  return { status: 'reject', code, message }
}

/** A refusal that does not count against the sender. */
export function ignore(code: RecordErrorCode, message: string): Refusal {
  return { status: 'ignore', code, message }
}

/** Whether an error says nothing about the bytes: this node cannot verify them, or was called wrongly. */
function isLocalFault(code: string): boolean {
  return code === 'ALGORITHM_MISSING' || code === 'INVALID_ARGUMENT'
}

/**
 * The refusal for an error. A `RecordError` is about the bytes; any other error is a bug of the namespace, and its message may
 * quote the content.
 */
export function refusalOf(error: unknown): Refusal {
  if (!isRecordError(error)) {
    const message = 'the namespace threw an error, which is the cause'
    return { status: 'ignore', code: 'VALIDATOR_FAILED', message, cause: error }
  }
  return {
    status: isLocalFault(error.code) ? 'ignore' : 'reject',
    code: error.code,
    message: error.message,
    cause: error
  }
}
