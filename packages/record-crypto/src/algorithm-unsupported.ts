import { RecordError } from '@recordkit/record-types'
import type { KeyType } from '@recordkit/record-types'

/** Returns the error for a well-formed key that the platform cannot use. It says nothing about a signature. */
export function algorithmUnsupported(type: KeyType, cause: unknown): RecordError<'ALGORITHM_UNSUPPORTED'> {
  const message = `the platform cannot use the ${type} key, which is well-formed`
  return new RecordError('ALGORITHM_UNSUPPORTED', message, { cause })
}
