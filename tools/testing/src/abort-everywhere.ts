/** The part of Node's `process` that is used. */
interface ErrorEvents {
  on(event: 'unhandledRejection' | 'uncaughtException', listener: (error: unknown) => void): unknown
  off(event: 'unhandledRejection' | 'uncaughtException', listener: (error: unknown) => void): unknown
}

export interface AbortedRun {
  /** number of turns of the microtask queue before the abort */
  readonly turns: number
  /** how the call ended */
  readonly outcome: { readonly value: unknown } | { readonly error: unknown }
}

/** Starts a call. */
export type Call = (signal: AbortSignal) => Promise<unknown>

/** The reason of every abort. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

/** A call ends within this number of turns after its abort. */
const maxTurns = 400

/**
 * Runs a call again and again, and aborts its signal one turn of the microtask queue later in each run, until a run ends before
 * its abort, or `most` runs were made. So the abort comes once at every `await`, in the turn in which something else fails there.
 * Node.js only.
 *
 * @param prepare - makes what the call uses anew for each run, and returns a function that starts the call
 * @returns how each run ended
 * @throws an Error for a run that does not end after its abort, that rejects with something else than the reason of the signal
 * or a `RecordError`, or that leaves an unhandled rejection or an uncaught
 * error
 */
export async function abortEverywhere(prepare: () => Call | Promise<Call>, most = 100): Promise<readonly AbortedRun[]> {
  const { process } = globalThis as unknown as { readonly process: ErrorEvents }
  const unhandled: unknown[] = []
  const listener = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', listener)
  process.on('uncaughtException', listener)
  const runs: AbortedRun[] = []
  try {
    for (let turns = 0; turns < most; turns++) {
      const { run, ended } = await abortAfter(turns, await prepare())
      runs.push(run)
      if (unhandled.length > 0) throw failure(turns, 'left an unhandled rejection or an uncaught error', unhandled[0])
      if ('error' in run.outcome && !isExpected(run.outcome.error))
        throw failure(turns, 'rejected with an unexpected error', run.outcome.error)
      if (ended) break
    }
    return runs
  } finally {
    process.off('unhandledRejection', listener)
    process.off('uncaughtException', listener)
  }
}

async function abortAfter(turns: number, call: Call): Promise<{ readonly run: AbortedRun; readonly ended: boolean }> {
  const controller = new AbortController()
  let outcome: AbortedRun['outcome'] | undefined
  const end = (result: AbortedRun['outcome']): void => {
    outcome = result
  }
  call(controller.signal).then(
    (value) => end({ value }),
    (error: unknown) => end({ error })
  )
  for (let turn = 0; turn < turns && outcome === undefined; turn++) await Promise.resolve()
  const ended = outcome !== undefined
  controller.abort(new Cancelled('the test aborted the call'))
  for (let turn = 0; turn < maxTurns && outcome === undefined; turn++) await Promise.resolve()
  // Node.js reports unhandled rejections when the microtask queue is empty
  await macrotask()
  if (outcome === undefined) throw failure(turns, 'did not end after its abort', undefined)
  return { run: { turns, outcome }, ended }
}

function isExpected(error: unknown): boolean {
  return error instanceof Cancelled || (error instanceof Error && error.name === 'RecordError')
}

function failure(turns: number, what: string, cause: unknown): Error {
  return new Error(`the call that was aborted after ${turns} turns ${what}: ${String(cause)}`, { cause })
}

async function macrotask(): Promise<void> {
  const { setImmediate } = globalThis as unknown as { readonly setImmediate: (run: () => void) => unknown }
  await new Promise<void>((resolve) => void setImmediate(resolve))
}

/** When something that a call uses fails: immediately, some turns later, in the turn of the abort, or never. */
export type FailureTime = 'immediately' | 'soon' | 'later' | 'when aborted' | 'never'

export const failureTimes: readonly FailureTime[] = ['immediately', 'soon', 'later', 'when aborted', 'never']

/** Fails with `error` at a time. What never fails does not end either, and ignores its signal. */
export async function failAt(time: FailureTime, error: unknown, signal: AbortSignal | undefined): Promise<never> {
  const turns = { immediately: 0, soon: 1, later: 7, 'when aborted': 0, never: 0 }[time]
  if (time === 'never') await new Promise(() => undefined)
  for (let turn = 0; turn < turns; turn++) await Promise.resolve()
  if (time === 'when aborted' && signal?.aborted !== true)
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
  throw error
}
