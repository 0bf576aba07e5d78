import { isRecordError, RecordError } from '@recordkit/record-types'
import { BoundedMap, mapKey, takeUntilAborted } from '@recordkit/record-types/internal'
import type { PeerId, RecordRouting, RoutingAck, RoutingAnswer, SetTimer } from '@recordkit/record-types'
import { maxTimer, startTimeout } from './timeout.ts'

/** A routing of a combination, with all its options. */
export interface Router {
  readonly routing: RecordRouting
  readonly name: string
  /** ms */
  readonly timeout: number
  /** ms */
  readonly startAfter: number
  readonly ignoreErrors: boolean
}

/** A routing that could not be asked. */
interface Failure {
  readonly router: Router
  readonly error: unknown
}

/** maximum number of peers whose routing is remembered; the peer that answered longest ago is removed first */
const maxSources = 4096

/** Which routing a peer answered. */
export class Sources {
  readonly #routers = new BoundedMap<string, Router>(maxSources)

  add(peer: PeerId, router: Router): void {
    const { putToPeer, getFromPeer } = router.routing
    if (putToPeer !== undefined || getFromPeer !== undefined) this.#routers.set(mapKey(peer), router)
  }

  get(peer: PeerId): Router | undefined {
    return this.#routers.get(mapKey(peer))
  }
}

/** One call of a combination: what its routings return, and which of them could not be asked. */
export class CombinedCall {
  readonly #failures: Failure[] = []
  readonly #setTimer: SetTimer
  readonly #sources: Sources

  constructor(sources: Sources, setTimer: SetTimer) {
    this.#sources = sources
    this.#setTimer = setTimer
  }

  /** The answers of a routing to a get. Its failure is an answer too. */
  async *answers(
    router: Router,
    signal: AbortSignal,
    note: (answer: RoutingAnswer) => void,
    get: (signal: AbortSignal) => AsyncIterable<RoutingAnswer>
  ): AsyncGenerator<RoutingAnswer> {
    let answered = false
    let failure: unknown = new RecordError('NO_PEERS', 'there is no peer to ask')
    try {
      for await (const answer of this.#items(router, signal, get)) {
        if ('error' in answer) failure = answer.error
        else {
          answered = true
          this.#sources.add(answer.from, router)
        }
        note(answer)
        yield { ...answer, router: router.name }
      }
    } catch (error) {
      if (signal.aborted || (answered && isRecordError(error, 'TIMEOUT'))) return
      this.#failures.push({ router, error })
      yield { from: idOf(router), error, router: router.name }
      return
    }
    if (!answered) this.#failures.push({ router, error: failure })
  }

  /** The acknowledgements of a routing. Its failure is one too. */
  async *acks(
    router: Router,
    signal: AbortSignal,
    put: (signal: AbortSignal) => AsyncIterable<RoutingAck> | undefined
  ): AsyncGenerator<RoutingAck> {
    let acknowledged = false
    try {
      for await (const ack of this.#items(router, signal, put)) {
        acknowledged = true
        this.#sources.add(ack.from, router)
        yield { ...ack, router: router.name }
      }
    } catch (error) {
      const isLate = isRecordError(error, 'TIMEOUT')
      if (signal.aborted || (acknowledged && isLate)) return
      this.#failures.push({ router, error })
      yield { from: idOf(router), status: isLate ? 'timeout' : 'refused', error, router: router.name }
    }
  }

  /** What a routing finds. Its failure is thrown at the end of the call. */
  async *found<T>(
    router: Router,
    signal: AbortSignal,
    note: () => void,
    find: (signal: AbortSignal) => AsyncIterable<T> | undefined
  ): AsyncGenerator<T> {
    try {
      for await (const item of this.#items(router, signal, find)) {
        note()
        yield item
      }
    } catch (error) {
      if (!signal.aborted) this.#failures.push({ router, error })
    }
  }

  /**
   * Checks at the end of a call that the routings were asked.
   *
   * @throws RecordError `NO_PEERS` or `ROUTING_FAILED` when a routing could not be asked, unless it is one whose errors are ignored
   * and another one could
   */
  assertAsked(routers: readonly Router[]): void {
    const counted = this.#failures.filter(({ router }) => !router.ignoreErrors)
    const failures = this.#failures.length === routers.length ? this.#failures : counted
    const [first] = failures
    if (first === undefined && routers.length > 0) return
    const errors = failures.map(({ error }) => error)
    const code = errors.every((error) => isRecordError(error, 'NO_PEERS')) ? 'NO_PEERS' : 'ROUTING_FAILED'
    const names = failures.map(({ router, error }) => router.name + (isRecordError(error) ? ` (${error.message})` : ''))
    throw new RecordError(code, `${names.join(', ') || 'no routing'} could not be asked`, {
      cause: errors.length > 1 ? new AggregateError(errors, 'routings failed') : errors[0]
    })
  }

  /** The items of a routing, from its start until its timeout. @throws RecordError `TIMEOUT`; the error of the routing */
  async *#items<T>(
    { name, startAfter, timeout: milliseconds }: Router,
    signal: AbortSignal,
    call: (signal: AbortSignal) => AsyncIterable<T> | undefined
  ): AsyncGenerator<T> {
    if (startAfter > 0) await delay(startAfter, signal, this.#setTimer)
    if (signal.aborted) return
    const timeout = startTimeout(milliseconds, signal, this.#setTimer)
    try {
      yield* takeUntilAborted(call(timeout.signal) ?? [], timeout.signal)
    } finally {
      timeout.cancel()
    }
    if (timeout.expired)
      throw new RecordError('TIMEOUT', `${name} did not answer completely within ${milliseconds / 1000} s`)
  }
}

/** The ID under which a routing itself is reported, when it is not one of its peers that failed. */
function idOf({ name }: Router): PeerId {
  return new TextEncoder().encode(name)
}

/** Resolves after a time, or when the signal aborts. */
function delay(milliseconds: number, signal: AbortSignal, setTimer: SetTimer): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = milliseconds > maxTimer ? (): void => undefined : setTimer(end, milliseconds)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
  })
}
