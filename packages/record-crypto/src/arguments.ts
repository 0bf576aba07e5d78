import { RecordError } from '@recordkit/record-types'

/** @throws RecordError `INVALID_ARGUMENT` */
export function checkBytes(value: unknown, what: string): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) {
    throw new RecordError('INVALID_ARGUMENT', `${what} must be a Uint8Array`)
  }
}
