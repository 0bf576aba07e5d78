import { RecordError } from '../errors.ts'
import { nameOf } from './check-bytes.ts'
import { isPromise } from './is-promise.ts'

function invalid(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}

/** ms: a hundred years */
const longestDuration = 3_155_760_000_000

/**
 * Checks a duration in the options.
 *
 * @param value - ms; `undefined` is replaced by `standard`
 * @param standard - the default
 * @throws RecordError `INVALID_ARGUMENT` naming the option, unless it is a number above 0 of at most a hundred years, which is
 * not in nanoseconds by mistake; `Infinity` is allowed
 */
export function checkDuration(value: number | undefined, name: string, standard: number): number {
  if (value === undefined) return standard
  if (typeof value === 'number' && value > 0 && (value <= longestDuration || value === Number.POSITIVE_INFINITY))
    return value
  throw invalid(
    `${name} is ${describe(value)}; a number of milliseconds above 0${value > longestDuration ? ' and up to a hundred years, or Infinity,' : ''} is expected`
  )
}

/**
 * Checks a count in the options.
 *
 * @param least - the smallest value that is allowed
 * @throws RecordError `INVALID_ARGUMENT` naming the option, unless it is a whole number of at least `least`; `Infinity` is
 * allowed
 */
export function checkCount(value: number | undefined, name: string, standard: number, least = 1): number {
  if (value === undefined) return standard
  if (value >= least && (value === Number.POSITIVE_INFINITY || Number.isSafeInteger(value))) return value
  throw invalid(`${name} is ${describe(value)}; a whole number of at least ${least} is expected`)
}

/**
 * Checks a number in the options that may be negative.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option, unless it is a finite number; `-Infinity` is allowed
 */
export function checkNumber(value: number | undefined, name: string, standard: number): number {
  if (value === undefined) return standard
  if (typeof value === 'number' && value < Number.POSITIVE_INFINITY) return value
  throw invalid(`${name} is ${describe(value)}; a finite number is expected`)
}

/** Checks a timestamp in the options. @throws RecordError `INVALID_ARGUMENT` naming the option, unless it is a bigint of at least 0 */
export function checkTime(value: unknown, name: string): asserts value is bigint {
  if (typeof value === 'bigint' && value >= 0n) return
  throw invalid(`${name} is ${describe(value)}; a bigint of nanoseconds since the Unix epoch is expected`)
}

/** Checks a boolean in the options. @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkBoolean(value: boolean | undefined, name: string, standard: boolean): boolean {
  if (value === undefined) return standard
  if (typeof value === 'boolean') return value
  throw invalid(`${name} is ${nameOf(value)}; a boolean is expected`)
}

/** Checks a function in the options. @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw invalid(`${name} is ${describe(value)}; a function is expected`)
}

/** Checks a clock in the options. @throws RecordError `INVALID_ARGUMENT` unless it is a function that returns a bigint */
export function checkClock(value: unknown): void {
  if (value === undefined) return
  checkFunction(value, 'clock')
  const now: unknown = (value as () => unknown)()
  if (typeof now !== 'bigint')
    throw invalid(`clock returned ${describe(now)}; a bigint of nanoseconds since the Unix epoch is expected`)
}

/** Checks the options of a call. @throws RecordError `INVALID_ARGUMENT` unless they are an object */
export function checkObject(value: unknown, name = 'options'): void {
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    ArrayBuffer.isView(value) ||
    isPromise(value)
  )
    throw invalid(`${name} is ${describe(value)}; an object is expected`)
}

/**
 * Checks a part that the caller passes, such as a store.
 *
 * @param methods - names of functions that it must have
 * @param expected - what the message asks for
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 */
export function checkPart(value: unknown, name: string, methods: readonly string[], expected: string): void {
  const part = (value ?? {}) as Readonly<Record<string, unknown>>
  if (methods.some((method) => typeof part[method] !== 'function'))
    throw invalid(`${name} is ${describe(value)}; ${expected} is expected`)
}

/** Converts milliseconds to nanoseconds, at most 2^63 - 1. */
export function nanosecondsOf(milliseconds: number): bigint {
  return milliseconds < 9e12 ? BigInt(Math.round(milliseconds * 1e6)) : 9_223_372_036_854_775_807n
}

/** A value for an error message: a number or bigint itself, of anything else the type. */
export function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : typeof value === 'bigint' ? `the bigint ${value}n` : nameOf(value)
}
