import type { AbortOptions } from '@recordkit/record-types'
import { anySignal } from '@recordkit/record-types/internal'

/** The items of a stream, whose signal also aborts when the reader stops: nothing goes on without a reader. */
export async function* untilStopped<T>(
  { signal }: AbortOptions,
  start: (signal: AbortSignal) => AsyncIterable<T>
): AsyncGenerator<T> {
  const stopped = new AbortController()
  try {
    yield* start(signal === undefined ? stopped.signal : anySignal([signal, stopped.signal]))
  } finally {
    stopped.abort()
  }
}
