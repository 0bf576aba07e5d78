import { RecordError } from '@recordkit/record-types'
import type { CodecErrorCode, RecordErrorCode } from '@recordkit/record-types'

/** Throws. One place, so that a caller's code stays a line and a bundle pays for the class once. */
export function throwRecordError(code: RecordErrorCode, message: string): never {
  throw new RecordError(code, message)
}

/**
 * Throws for bytes that are not what their format says, at `offset`. The message is made of the code, so that a format
 * with a dozen refusals does not bring a dozen sentences into every bundle: `PROTOBUF_WIRE_TYPE in field 5 at byte 17`.
 */
export function throwAt(code: CodecErrorCode, offset: number, field?: number): never {
  throw new RecordError(code, code + (field ? ' in field ' + field : '') + ' at byte ' + offset, { offset })
}

/** Throws `INVALID_ARGUMENT`: the caller's mistake, not the bytes'. */
export function failArgument(message: string): never {
  throwRecordError('INVALID_ARGUMENT', message)
}

/** @throws RecordError `INVALID_ARGUMENT` when `bytes` is no `Uint8Array` */
export function checkBytes(bytes: Uint8Array, what: string): void {
  if (!(bytes instanceof Uint8Array)) failArgument(what + ' must be a Uint8Array')
}

/** @throws RecordError `INVALID_ARGUMENT`, or `TOO_LARGE` above `limit` bytes */
export function checkSize(bytes: Uint8Array, limit: number, what: string): void {
  checkBytes(bytes, what)
  const size = bytes.length
  if (size > limit) {
    throw new RecordError('TOO_LARGE', `${what} is ${size} bytes; at most ${limit} are read`, { size, limit })
  }
}

/** @throws RecordError `INVALID_ARGUMENT` when `value` is no object */
export function checkObject(value: object, what: string): void {
  if (typeof value !== 'object' || value === null) failArgument(what + ' must be an object')
}
