import type { SetTimer } from '@recordkit/record-types'
import { anySignal } from '@recordkit/record-types/internal'

/** A signal that aborts with the signal of the caller or after a time. */
export interface Timeout {
  readonly signal: AbortSignal
  /** whether the timeout expired */
  readonly expired: boolean
  /** stops the timer */
  cancel(): void
}

/** Timers of the platform overflow above this number of ms, 24.8 days, and then run immediately. */
export const maxTimer = 2_147_483_647

/** @param milliseconds - `Infinity`, or more than 24 days, means no timeout */
export function startTimeout(milliseconds: number, signal: AbortSignal | undefined, setTimer: SetTimer): Timeout {
  const timer = new AbortController()
  let expired = false
  const expire = (): void => {
    expired = true
    timer.abort(new Error(`timeout of ${milliseconds / 1000} s`))
  }
  const cancel = milliseconds > maxTimer ? (): void => undefined : setTimer(expire, milliseconds)
  return {
    signal: signal === undefined ? timer.signal : anySignal([signal, timer.signal]),
    get expired() {
      return expired
    },
    cancel
  }
}

/** Runs `work` with a timeout that is stopped at its end. Not a `using` declaration: bundlers expand it to 0.4 kB. */
export async function withTimeout<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  setTimer: SetTimer,
  work: (timeout: Timeout) => Promise<T>
): Promise<T> {
  const timeout = startTimeout(milliseconds, signal, setTimer)
  try {
    return await work(timeout)
  } finally {
    timeout.cancel()
  }
}

/** The part of a timeout, in ms, that is reserved for verifying the answers: a tenth, at most a second. */
export function verificationTime(milliseconds: number): number {
  return Math.min(milliseconds / 10, 1000)
}

/** The result of `work`, or `undefined` when `signal` aborts before. A later rejection is ignored. */
export async function resultBeforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  work.catch(() => undefined)
  if (signal.aborted) return undefined
  let stop = (): void => undefined
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined)
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, stopped])
  } catch (error) {
    if (!signal.aborted) throw error
    return undefined
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
