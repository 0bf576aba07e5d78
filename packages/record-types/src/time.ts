import { RecordError } from './errors.ts'

/** Returns the current time in nanoseconds since the Unix epoch. An argument wherever time matters, so that tests control it. */
export type Clock = () => bigint

/** The clock of the platform, to the millisecond. */
export const systemClock: Clock = () => BigInt(Date.now()) * 1_000_000n

/** Starts a timer of `delay` milliseconds and returns a function that cancels it. */
export type SetTimer = (run: () => void, delay: number) => () => void

/** The timers of the platform. */
export const systemTimer: SetTimer = (run, delay) => {
  const timer = setTimeout(run, delay)
  return () => clearTimeout(timer)
}

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>

/** Options of every call that may wait. An aborted call throws the reason of the signal. */
export interface AbortOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * The timestamp of a date.
 *
 * @returns nanoseconds since the Unix epoch
 * @throws RecordError `INVALID_ARGUMENT` for an invalid date and one before 1970
 * @example
 * ```ts
 * const validity = timeFromDate(new Date('2030-01-01'))
 * ```
 */
export function timeFromDate(date: Date): bigint {
  const milliseconds = date.getTime()
  if (!(milliseconds >= 0)) {
    throw new RecordError('INVALID_ARGUMENT', `date is ${String(date)}; a valid date in or after 1970 is expected`)
  }
  return BigInt(milliseconds) * 1_000_000n
}

/**
 * The date of a timestamp, to the millisecond.
 *
 * @param time - nanoseconds since the Unix epoch
 * @example
 * ```ts
 * const validUntil = dateFromTime(record.validity)
 * ```
 */
export function dateFromTime(time: bigint): Date {
  return new Date(Number(time / 1_000_000n))
}
