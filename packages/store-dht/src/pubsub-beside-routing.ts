import { copyBytes, isRecordError } from '@recordkit/record-types'
import type { RecordRouting } from '@recordkit/record-types'
import { anySignal, membersOf } from '@recordkit/record-types/internal'
import { mergeStreams } from './merge-streams.ts'

/** A routing whose gets and puts also go to PubSub, which never fails them. */
export function besideRouting(routing: RecordRouting, pubsub: Pick<RecordRouting, 'get' | 'put'>): RecordRouting {
  return {
    ...membersOf(routing),
    async *get(key, options = {}) {
      const ended = new AbortController()
      const signal = options.signal === undefined ? ended.signal : anySignal([options.signal, ended.signal])
      try {
        yield* both(routing.get(copyBytes(key), { ...options, signal }), pubsub.get(key, { signal }))
      } finally {
        // a reader that stops early waits for no peer
        ended.abort()
      }
    },
    put: (key, value, options = {}) =>
      both(routing.put(copyBytes(key), copyBytes(value), options), pubsub.put(key, value, options))
  }
}

/**
 * The items of both streams. Ends with the error of the first, after the items of the second; that the first has no peers does not
 * matter once a peer of the second has answered.
 */
async function* both<T extends object>(first: AsyncIterable<T>, second: AsyncIterable<T>): AsyncGenerator<T> {
  let failure: { readonly error: unknown } | undefined
  let hasAnswer = false
  const untilError = async function* (stream: AsyncIterable<T>, report: (error: unknown) => void): AsyncGenerator<T> {
    try {
      yield* stream
    } catch (error) {
      report(error)
    }
  }
  const noted = async function* (): AsyncGenerator<T> {
    for await (const item of untilError(second, () => undefined)) {
      hasAnswer ||= !('error' in item)
      yield item
    }
  }
  yield* mergeStreams([
    untilError(first, (error) => {
      failure = { error }
    }),
    noted()
  ])
  if (failure !== undefined && !(hasAnswer && isRecordError(failure.error, 'NO_PEERS'))) throw failure.error
}
