import type { SetTimer } from '@recordkit/record-types'

/** A signal that ends with the caller's or at a deadline, and says which. */
export interface Deadline {
  readonly signal: AbortSignal
  /** the time ran out, rather than the caller losing interest */
  readonly passed: boolean
  /** lets go of the timer */
  cancel(): void
}

/** @param milliseconds - from now on */
export function deadlineAfter(milliseconds: number, signal: AbortSignal | undefined, setTimer: SetTimer): Deadline {
  const timer = new AbortController()
  let passed = false
  const cancel = setTimer(() => {
    passed = true
    timer.abort(new Error(`deadline of ${milliseconds} ms passed`))
  }, milliseconds)
  return {
    signal: signal === undefined ? timer.signal : AbortSignal.any([signal, timer.signal]),
    get passed() {
      return passed
    },
    cancel
  }
}

/** Does `work` under a deadline that ends with it. A function, as bundlers write `using` out in 0.4 kB. */
export async function withDeadline<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  setTimer: SetTimer,
  work: (deadline: Deadline) => Promise<T>
): Promise<T> {
  const deadline = deadlineAfter(milliseconds, signal, setTimer)
  try {
    return await work(deadline)
  } finally {
    deadline.cancel()
  }
}

/** Of ms in all, those that are kept for proving what came. */
export function provingTime(milliseconds: number): number {
  return Math.min(milliseconds / 10, 1000)
}

/** What `work` answers before `signal` aborts; `undefined` when it does not: what it throws later is nobody's concern. */
export async function settled<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
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

/**
 * The items of a stream until `signal` aborts, even when the stream itself does not listen to it; then it just ends.
 * The stream is told to stop and not waited for.
 */
export async function* until<T>(stream: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = stream[Symbol.asyncIterator]()
  let stop = (): void => undefined
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined)
    signal.addEventListener('abort', stop)
  })
  let ended = false
  try {
    while (!signal.aborted) {
      const step = await Promise.race([iterator.next(), stopped])
      if (step === undefined) return
      if (step.done === true) {
        ended = true
        return
      }
      yield step.value
    }
  } catch (error) {
    ended = true
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    if (!ended) iterator.return?.()?.then(undefined, () => undefined)
  }
}
