import { RecordError } from '../errors.ts'

function invalid(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}

/** The type of a value, as an error message names it. */
export function nameOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
}

/** Whether `value` is a `Uint8Array` (a subclass or another realm's counts). */
export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]')
  )
}

/** @throws RecordError `INVALID_ARGUMENT` when `value` is not bytes, or has fewer or more of them than allowed */
export function checkBytes(value: unknown, name: string, least: number, most: number): asserts value is Uint8Array {
  if (!isBytes(value)) throw invalid(`${name} is ${nameOf(value)}; a Uint8Array is needed`)
  if (value.length < least || value.length > most) {
    throw invalid(`${name} is ${value.length} bytes; ${least} to ${most} are allowed`)
  }
}
