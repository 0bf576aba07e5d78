import { copyBytes, RecordError, systemTimer } from '@recordkit/record-types'
import {
  checkDuration,
  checkFunction,
  checkObject,
  checkOptions,
  checkPart,
  nameOf
} from '@recordkit/record-types/internal'
import type { OptionNames } from '@recordkit/record-types/internal'
import type {
  AbortOptions,
  Provider,
  RecordRouting,
  RoutingAck,
  RoutingAnswer,
  SetTimer
} from '@recordkit/record-types'
import { CombinedCall, Sources } from './combined-call.ts'
import type { Router } from './combined-call.ts'
import { mergeStreams } from './merge-streams.ts'
import { untilStopped } from './until-stopped.ts'

/** A routing in a combination of routings, and how it is used there. */
export interface RoutingEntry {
  readonly routing: RecordRouting
  /** what answers, receipts and errors call it. @default its place: 'routings[0]', 'routings[1]' and so on */
  readonly name?: string | undefined
  /** ms that each call of it may take; `Infinity` means no timeout of its own */
  readonly timeout?: number | undefined
  /**
   * whether a miss of the others counts when this routing could not be asked. Otherwise that is an error, because this routing may
   * have the record. @default false
   */
  readonly ignoreErrors?: boolean | undefined
}

/** Options of a combination of routings. */
export interface CombinedRoutingOptions {
  readonly setTimer?: SetTimer | undefined
}

/**
 * The order in which the routings of a combination are asked.
 *
 * @param streams - each starts when it is called
 * @param hasEnough - whether the reader has what it looks for
 */
export type Arrange = <T>(
  streams: readonly (() => AsyncIterable<T>)[],
  hasEnough: () => Promise<boolean>
) => AsyncIterable<T>

/**
 * Reads the routings of a combination.
 *
 * @param entryNames - the options of a routing
 * @param timeoutOf - the default timeout in ms of the routing at a place
 * @throws RecordError `INVALID_ARGUMENT` naming the routing
 */
export function checkRoutings(
  entries: readonly (RecordRouting | RoutingEntry)[],
  entryNames: OptionNames<RoutingEntry>,
  timeoutOf: (index: number) => number
): readonly Router[] {
  if (!Array.isArray(entries))
    throw new RecordError('INVALID_ARGUMENT', `routings is ${nameOf(entries)}; an array of routings is expected`)
  return entries.map((given, index) => {
    const place = `routings[${index}]`
    checkObject(given, place)
    const entry: Partial<Router> = 'routing' in given ? given : { routing: given }
    checkOptions(entry as RoutingEntry, entryNames, place)
    const { routing, name = place, ignoreErrors = false, startAfter, timeout } = entry
    checkPart(routing, place, ['get', 'put'], "a RecordRouting, such as `delegatedRouting(['https://example.org'])`,")
    return {
      routing: routing as RecordRouting,
      name,
      ignoreErrors,
      timeout: checkDuration(timeout, `${place}.timeout`, timeoutOf(index)),
      startAfter: startAfter === 0 ? 0 : checkDuration(startAfter, `${place}.startAfter`, 0)
    }
  })
}

/** Several routings as one: reads in an order, everything else concurrently. */
export function combineRoutings(
  routers: readonly Router[],
  arrange: Arrange,
  options: CombinedRoutingOptions
): RecordRouting {
  checkOptions(options, { setTimer: 0 })
  const { setTimer = systemTimer } = options
  checkFunction(setTimer, 'setTimer')
  const sources = new Sources()
  const having = (method: keyof RecordRouting): readonly Router[] =>
    routers.filter(({ routing }) => routing[method] !== undefined)

  /** Asks routings for something. When the reader has it, it does not matter whether the others could be asked. */
  async function* read<T>(
    asked: readonly Router[],
    { signal }: AbortOptions,
    hasEnough: () => Promise<boolean>,
    ask: (call: CombinedCall, router: Router, signal: AbortSignal) => AsyncIterable<T>
  ): AsyncGenerator<T> {
    signal?.throwIfAborted()
    const call = new CombinedCall(sources, setTimer)
    yield* untilStopped({ signal }, (stopped) =>
      arrange(
        asked.map((router) => () => ask(call, router, stopped)),
        hasEnough
      )
    )
    signal?.throwIfAborted()
    if (!(await hasEnough())) call.assertAsked(asked)
  }

  /** Asks all routings concurrently to store something. */
  async function* write(
    asked: readonly Router[],
    { signal }: AbortOptions,
    ask: (routing: RecordRouting, signal: AbortSignal) => AsyncIterable<RoutingAck> | undefined
  ): AsyncGenerator<RoutingAck> {
    signal?.throwIfAborted()
    const call = new CombinedCall(sources, setTimer)
    yield* untilStopped({ signal }, (stopped) =>
      mergeStreams(asked.map((router) => call.acks(router, stopped, (signalOf) => ask(router.routing, signalOf))))
    )
    signal?.throwIfAborted()
    call.assertAsked(asked)
  }

  const writers = routers.filter(({ routing }) => routing.readOnly !== true)
  const combined: RecordRouting = {
    readOnly: writers.length === 0,
    get(key, options = {}) {
      let hasValue = false
      const hasEnough = async (): Promise<boolean> =>
        hasValue && (options.hasRecord === undefined || (await options.hasRecord()))
      const noteValue = (answer: RoutingAnswer): void => {
        hasValue ||= 'value' in answer && answer.value !== undefined
      }
      return read(routers, options, hasEnough, (call, router, stopped) =>
        call.answers(router, stopped, noteValue, (signal) => router.routing.get(copyBytes(key), { ...options, signal }))
      )
    },
    put: (key, value, options = {}) => {
      const found = new Map<RecordRouting, number>()
      const onFoundBy = (routing: RecordRouting) => (peers: number) => {
        found.set(routing, peers)
        options.onFound?.([...found.values()].reduce((sum, count) => sum + count, 0))
      }
      return write(writers, options, (routing, signal) =>
        routing.put(copyBytes(key), copyBytes(value), { ...options, onFound: onFoundBy(routing), signal })
      )
    }
  }
  if (having('putToPeer').length > 0) {
    combined.putToPeer = async (peer, key, value, options) => {
      const { routing, name } = sources.get(peer) ?? {}
      const ack = await routing?.putToPeer?.(peer, key, value, options)
      return ack === undefined
        ? { from: peer, status: 'refused', error: notAddressable(key) }
        : { ...ack, router: name }
    }
  }
  if (having('getFromPeer').length > 0) {
    combined.getFromPeer = async (peer, key, options) => {
      const { routing, name } = sources.get(peer) ?? {}
      const answer = await routing?.getFromPeer?.(peer, key, options)
      return answer === undefined ? { from: peer, error: notAddressable(key) } : { ...answer, router: name }
    }
  }
  const announcers = having('provide')
  if (announcers.length > 0) {
    combined.provide = (multihash, options = {}) =>
      write(announcers, options, (routing, signal) => routing.provide?.(copyBytes(multihash), { ...options, signal }))
  }
  const cancellers = having('cancelProvide')
  if (cancellers.length > 0) {
    combined.cancelProvide = async (multihash, options) => {
      const results = await Promise.allSettled(
        cancellers.map(async ({ routing }) => routing.cancelProvide?.(copyBytes(multihash), options))
      )
      for (const result of results) if (result.status === 'rejected') throw result.reason
    }
  }
  const finders = having('findProviders')
  if (finders.length > 0) {
    combined.findProviders = (multihash, options = {}) => {
      let hasProvider = false
      const noteProvider = (): void => {
        hasProvider = true
      }
      return read<Provider>(
        finders,
        options,
        async () => hasProvider,
        (call, router, stopped) =>
          call.found(router, stopped, noteProvider, (signal) =>
            router.routing.findProviders?.(copyBytes(multihash), { ...options, signal })
          )
      )
    }
  }
  return combined
}

function notAddressable(key: Uint8Array): RecordError {
  return new RecordError('NO_PEERS', 'the peer cannot be addressed, because it did not answer recently', { key })
}
