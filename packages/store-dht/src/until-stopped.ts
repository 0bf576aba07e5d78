import type { AbortOptions } from '@recordkit/record-types'

/** The items of a stream, whose signal also aborts when the reader stops: nothing goes on without a reader. */
export async function* untilStopped<T>(
  { signal }: AbortOptions,
  start: (signal: AbortSignal) => AsyncIterable<T>
): AsyncGenerator<T> {
  const stopped = new AbortController()
  try {
    yield* start(signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]))
  } finally {
    stopped.abort()
  }
}
