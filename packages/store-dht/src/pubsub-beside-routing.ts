import type { RecordRouting } from '@recordkit/record-types'
import { membersOf } from '@recordkit/record-types/internal'
import { mergeStreams } from './merge-streams.ts'

/** A routing whose gets and puts also go to PubSub, which never fails them. */
export function besideRouting(routing: RecordRouting, pubsub: Pick<RecordRouting, 'get' | 'put'>): RecordRouting {
  return {
    ...membersOf(routing),
    async *get(key, options = {}) {
      const ended = new AbortController()
      const signal = options.signal === undefined ? ended.signal : AbortSignal.any([options.signal, ended.signal])
      try {
        yield* both(routing.get(key, { ...options, signal }), pubsub.get(key, { signal }))
      } finally {
        // a reader that stops early waits for no peer
        ended.abort()
      }
    },
    put: (key, value, options = {}) => both(routing.put(key, value, options), pubsub.put(key, value, options))
  }
}

/** The items of both streams. Ends with the error of the first, after the items of the second. */
async function* both<T>(first: AsyncIterable<T>, second: AsyncIterable<T>): AsyncGenerator<T> {
  let failure: { readonly error: unknown } | undefined
  const untilError = async function* (stream: AsyncIterable<T>, report: (error: unknown) => void): AsyncGenerator<T> {
    try {
      yield* stream
    } catch (error) {
      report(error)
    }
  }
  yield* mergeStreams([
    untilError(first, (error) => {
      failure = { error }
    }),
    untilError(second, () => undefined)
  ])
  if (failure !== undefined) throw failure.error
}
