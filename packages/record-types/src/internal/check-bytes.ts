import { isPromise } from './is-promise.ts'
import { RecordError } from '../errors.ts'

function invalid(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}

/** The type of a value for an error message. */
export function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (isPromise(value)) return 'a promise, which must be awaited'
  if (typeof value !== 'object') return `a ${typeof value}`
  // such as Date, ArrayBuffer or PeerId
  const kind = Object.prototype.toString.call(value).slice(8, -1)
  return kind === 'Object' ? 'an object' : `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`
}

/** Whether `value` is a `Uint8Array` (a subclass or another realm's counts). */
export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]')
  )
}

/**
 * Checks a byte string.
 *
 * @param name - names the argument in the message
 * @param least - minimum length in bytes
 * @param most - maximum length in bytes
 * @throws RecordError `INVALID_ARGUMENT` unless `value` is a `Uint8Array` of `least` to `most` bytes
 */
export function checkBytes(value: unknown, name: string, least: number, most: number): asserts value is Uint8Array {
  if (!isBytes(value)) throw invalid(`${name} is ${nameOf(value)}; a Uint8Array is expected`)
  if (value.length < least || value.length > most) {
    throw invalid(`${name} is ${value.length} bytes; ${least} to ${most} bytes are allowed`)
  }
}
