import { raceAbort } from './race-abort.ts'

/**
 * The items of a stream until `signal` aborts, even when the stream itself ignores the signal. A stream that has not ended is
 * asked to return, but not waited for.
 */
export async function* takeUntilAborted<T>(
  stream: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal
): AsyncGenerator<T> {
  const iterator = Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]()
  let ended = false
  try {
    while (!signal.aborted) {
      const step = await raceAbort(Promise.resolve(iterator.next()), signal)
      if (step.done === true) {
        ended = true
        return
      }
      yield step.value
    }
  } catch (error) {
    if (signal.aborted) return
    ended = true
    throw error
  } finally {
    if (!ended) void end(iterator)
  }
}

/** Asks an iterator to return. No reader is left for its errors. */
async function end(iterator: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
  try {
    await iterator.return?.()
  } catch {
    // the stream has ended in any case
  }
}
