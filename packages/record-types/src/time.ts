import { RecordError } from './errors.ts'

/** Returns the current time in nanoseconds since the Unix epoch. Passed as an argument, so that tests control the time. */
export type Clock = () => bigint

/** The clock of the platform, with millisecond resolution. */
export const systemClock: Clock = () => BigInt(Date.now()) * 1_000_000n

/** Starts a timer of `delay` milliseconds and returns a function that cancels it. */
export type SetTimer = (run: () => void, delay: number) => () => void

/** The timers of the platform. A delay above 24.8 days ends then: platforms run a timer that exceeds 2^31 - 1 ms immediately. */
export const systemTimer: SetTimer = (run, delay) => {
  const timer = setTimeout(run, Math.min(delay, 2_147_483_647))
  return () => clearTimeout(timer)
}

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>

declare global {
  /** For programs without the types of a page or of Node.js, where this declaration is the only one. */
  interface AbortSignal {
    readonly aborted: boolean
  }
}

/** Options of asynchronous calls. An aborted call rejects with the signal's own reason. */
export interface AbortOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * Converts a date to a timestamp.
 *
 * @returns nanoseconds since the Unix epoch
 * @throws RecordError `INVALID_ARGUMENT` for anything else, an invalid date, and one before 1970
 * @example
 * ```ts
 * const validity = timeFromDate(new Date('2030-01-01'))
 * ```
 */
export function timeFromDate(date: Date): bigint {
  const milliseconds = typeof date?.getTime === 'function' ? date.getTime() : Number.NaN
  if (!(milliseconds >= 0)) {
    throw new RecordError('INVALID_ARGUMENT', `date is ${String(date)}; a valid date in or after 1970 is expected`)
  }
  return BigInt(milliseconds) * 1_000_000n
}

/**
 * Converts a timestamp to a date, with millisecond resolution.
 *
 * @param time - nanoseconds since the Unix epoch
 * @throws RecordError `INVALID_ARGUMENT` when `time` is not a bigint
 * @example
 * ```ts
 * const validUntil = dateFromTime(record.validity)
 * ```
 */
export function dateFromTime(time: bigint): Date {
  if (typeof time !== 'bigint') {
    throw new RecordError(
      'INVALID_ARGUMENT',
      `time is ${typeof time} ${String(time)}; a bigint of nanoseconds, such as that of systemClock(), is expected`
    )
  }
  return new Date(Number(time / 1_000_000n))
}
