import { RecordError } from '@recordkit/record-types'
import type { CodecErrorCode, RecordErrorCode } from '@recordkit/record-types'
import { describe, isBytes } from '@recordkit/record-types/internal'

/** Throws a `RecordError`. A function, so that a bundle contains the constructor call once. */
export function throwRecordError(code: RecordErrorCode, message: string): never {
  throw new RecordError(code, message)
}

/**
 * Throws for bytes that are malformed at `offset`. The message consists of the code, the field and the offset, as in
 * `PROTOBUF_WIRE_TYPE in field 5 at byte 17`: a sentence for each code would add to every bundle.
 */
export function throwAt(code: CodecErrorCode, offset: number, field?: number): never {
  throw new RecordError(code, code + (field ? ' in field ' + field : '') + ' at byte ' + offset, { offset })
}

/** Throws `INVALID_ARGUMENT`: the caller is mistaken, not the bytes. */
export function failArgument(message: string): never {
  throwRecordError('INVALID_ARGUMENT', message)
}

/** Throws `INVALID_ARGUMENT` for an argument of the wrong type or range: what it is, and what is expected. */
export function failType(value: unknown, what: string, expected: string): never {
  failArgument(what + ' is ' + describe(value) + '; ' + expected + ' is expected')
}

/** @throws RecordError `INVALID_ARGUMENT` when `bytes` is not a `Uint8Array` */
export function checkBytes(bytes: unknown, what: string): asserts bytes is Uint8Array {
  if (!isBytes(bytes)) failType(bytes, what, 'a Uint8Array')
}

/** @throws RecordError `INVALID_ARGUMENT` when `value` is not a bigint */
export function checkBigint(value: unknown, what: string): asserts value is bigint {
  if (typeof value !== 'bigint') failType(value, what, 'a bigint')
}

/** @throws RecordError `INVALID_ARGUMENT` when `value` is not a whole number of at least 0 */
export function checkCount(value: unknown, what: string): void {
  if (!((value as number) >= 0 && Number.isSafeInteger(value))) {
    failType(value, what, 'a whole number of at least 0')
  }
}

/** @throws RecordError `INVALID_ARGUMENT`, also for a wrong `limit`; `TOO_LARGE` for more than `limit` bytes */
export function checkSize(bytes: Uint8Array, limit: number, what: string): void {
  checkBytes(bytes, what)
  checkCount(limit, 'limit')
  const size = bytes.length
  if (size > limit) {
    throw new RecordError('TOO_LARGE', `${what} is ${size} bytes; the limit is ${limit}`, { size, limit })
  }
}

/** @throws RecordError `INVALID_ARGUMENT` when `value` is not an object */
export function checkObject(value: object, what: string): void {
  if (typeof value !== 'object' || value === null) failType(value, what, 'an object')
}
