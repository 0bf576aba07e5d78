/** The present, in nanoseconds since the Unix epoch. Handed in wherever time matters, so that tests can stand still. */
export type Clock = () => bigint

/** The machine's own clock, to the millisecond. */
export const systemClock: Clock = () => BigInt(Date.now()) * 1_000_000n

/** Timers, handed in for the same reason. `delay` in milliseconds; the answer cancels. */
export type SetTimer = (run: () => void, delay: number) => () => void

/** The platform's own timers. */
export const systemTimer: SetTimer = (run, delay) => {
  const timer = setTimeout(run, delay)
  return () => clearTimeout(timer)
}

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>

/** What every call that may wait takes. An aborted call throws the signal's own reason. */
export interface AbortOptions {
  readonly signal?: AbortSignal
}

/** The `signal` option to hand on, when there is one. */
export function signalOf({ signal }: AbortOptions): AbortOptions {
  return signal === undefined ? {} : { signal }
}
