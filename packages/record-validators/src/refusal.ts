import { isRecordError } from '@recordkit/record-types'
import type { PeerId, Refusal, RecordErrorCode } from '@recordkit/record-types'

/** A refusal that counts against the sender: no honest peer of any implementation forwards such bytes. */
export function reject(code: RecordErrorCode, message: string): Refusal {
  return { status: 'reject', code, message }
}

/** A refusal that does not count against the sender. */
export function ignore(code: RecordErrorCode, message: string): Refusal {
  return { status: 'ignore', code, message }
}

/** Codes of errors that count against the sender: no implementation accepts a record without a signature or signed data. */
const rejected: ReadonlySet<string> = /* @__PURE__ */ new Set(['IPNS_SIGNATURE_MISSING', 'IPNS_DATA_MISSING'])

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
    status: rejected.has(error.code) ? 'reject' : 'ignore',
    code: error.code,
    message: error.message,
    cause: error
  }
}

/** The owner that a key names; `undefined` when the key is malformed. */
export function ownerOrUndefined(read: () => PeerId | undefined): PeerId | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
