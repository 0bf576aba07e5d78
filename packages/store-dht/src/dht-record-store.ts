import { isRecordError, isRefusal, RecordError, systemTimer } from '@recordkit/record-types'
import type {
  NetworkGetOptions,
  NetworkPutOptions,
  NetworkRecord,
  PeerId,
  RecordEngine,
  RecordNetwork,
  RecordRouting,
  ReplicationReceipt,
  RoutingAck,
  SetTimer,
  UnverifiedRecord
} from '@recordkit/record-types'
import { checkCount, checkDuration, mapKey } from '@recordkit/record-types/internal'
import { LookupResults } from './lookup-results.ts'
import { resultBeforeAbort, startTimeout, takeUntilAborted, verificationTime, withTimeout } from './timeout.ts'
import type { Timeout } from './timeout.ts'

export interface DhtRecordStoreOptions {
  readonly routing: RecordRouting
  /** verifies every answer; only what it accepts is returned */
  readonly engine: RecordEngine
  /** valid answers from distinct peers that end a read. @default the `quorum` of the namespace, else 3 */
  readonly quorum?: number | ((key: Uint8Array) => number) | undefined
  /** acknowledged copies below which a put fails. @default 1 */
  readonly copies?: number | undefined
  /** ms; `Infinity` means no timeout. @default 30_000 */
  readonly timeout?: number | undefined
  /** maximum number of repairs of stale copies that run at the same time; 0 disables repairs. @default 8 */
  readonly maxRepairs?: number | undefined
  readonly setTimer?: SetTimer | undefined
}

/** What the peers answered. */
interface Answered {
  /** number of peers that answered, with a value or without */
  readonly peers: number
  /** the error of the last peer that did not */
  readonly failure: unknown
  /** whether the quorum is reached */
  readonly complete: boolean
}

const defaultTimeout = 30_000
const defaultQuorum = 3

/** The result of a read without a record: `undefined` for a miss, an error when it is not known to be one. */
function missOrError(
  key: Uint8Array,
  milliseconds: number,
  answered: Answered,
  unverified: boolean,
  late: boolean
): undefined {
  const { peers, failure: cause } = answered
  if (unverified) {
    throw new RecordError('TIMEOUT', `no answer could be verified within ${milliseconds} ms`, { key, cause })
  }
  if (peers > 0) return undefined
  if (late) throw new RecordError('TIMEOUT', `no peer answered within ${milliseconds} ms`, { key, cause })
  if (cause === undefined || isRecordError(cause, 'NO_PEERS'))
    throw new RecordError('NO_PEERS', 'there is no peer to ask', { key, cause })
  throw new RecordError('ROUTING_FAILED', 'no peer could be asked', { key, cause })
}

/**
 * Stores records among the peers of a DHT: a read ends as early as it safely can, and a put reports where the copies are.
 * Uses the routing that it receives; contains no DHT itself.
 *
 * @example
 * ```ts
 * const network = new DhtRecordStore({ routing: kadDhtRouting(libp2p.services.dht), engine })
 * const found = await network.get(key)
 * ```
 */
export class DhtRecordStore implements RecordNetwork {
  readonly #routing: RecordRouting
  readonly #engine: RecordEngine
  readonly #quorum: (key: Uint8Array) => number
  readonly #copies: number
  readonly #timeout: number
  readonly #maxRepairs: number
  readonly #setTimer: SetTimer
  readonly #repairing = new Set<Promise<unknown>>()

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(options: DhtRecordStoreOptions) {
    const { engine, quorum } = options
    this.#routing = options.routing
    this.#engine = engine
    this.#quorum = typeof quorum === 'function' ? quorum : (key) => checkCount(quorum, 'quorum', quorumOf(engine, key))
    this.#copies = checkCount(options.copies, 'copies', 1, 0)
    this.#timeout = checkDuration(options.timeout, 'timeout', defaultTimeout)
    this.#maxRepairs = checkCount(options.maxRepairs, 'maxRepairs', 8, 0)
    this.#setTimer = options.setTimer ?? systemTimer
  }

  /**
   * The best valid record among peers. The read ends when the quorum is reached, when the timeout expires (with the best
   * record so far), or when there are no more peers to ask. One peer that fails, lies or does not answer never ends a read.
   * The last tenth of the timeout, at most a second, is reserved for verification.
   *
   * @returns `undefined` when peers answered and none has a valid record
   * @throws RecordError `ROUTING_FAILED` or `NO_PEERS` when no peer could be asked; `TIMEOUT` when no peer answered, or no
   * answer could be verified in time; `INVALID_ARGUMENT` naming the option
   */
  async get(key: Uint8Array, options: NetworkGetOptions = {}): Promise<NetworkRecord | undefined> {
    options.signal?.throwIfAborted()
    const quorum = checkCount(options.quorum, 'quorum', this.#quorum(key))
    const milliseconds = checkDuration(options.timeout, 'timeout', this.#timeout)
    const listeningTime = milliseconds - verificationTime(milliseconds)
    return withTimeout(milliseconds, options.signal, this.#setTimer, ({ signal }) =>
      withTimeout(listeningTime, signal, this.#setTimer, async (listening) => {
        const results = new LookupResults(this.#engine, key, options.local, signal)
        const answered = await this.#ask(key, quorum, results, listening.signal)
        options.signal?.throwIfAborted()
        const best = await results.best(listening.signal)
        options.signal?.throwIfAborted()
        if (best === undefined) return missOrError(key, milliseconds, answered, results.unverified, listening.passed)
        this.#repair(key, best.record, results.stale(best.record))
        return {
          record: best.record,
          valid: results.valid,
          quorum: answered.complete,
          from: best.from,
          refused: results.refused
        }
      })
    )
  }

  /** Collects answers until the quorum is reached, the stream ends or the signal aborts. */
  async #ask(key: Uint8Array, quorum: number, results: LookupResults, signal: AbortSignal): Promise<Answered> {
    let peers = 0
    let failure: unknown
    let complete = await results.reached(quorum, signal)
    if (complete) return { peers, failure, complete }
    try {
      for await (const answer of takeUntilAborted(this.#routing.get(key, { signal }), signal)) {
        if ('error' in answer) {
          failure = answer.error
          continue
        }
        peers++
        if (answer.value === undefined) continue
        results.add(answer.from, answer.value)
        complete = await results.reached(quorum, signal)
        if (complete) break
      }
    } catch (error) {
      failure = error
    }
    return { peers, failure, complete }
  }

  /**
   * Copies a value to the peers that should store it.
   *
   * @returns where the copies are
   * @throws RecordError `TOO_FEW_COPIES`, with the receipt in `details`; the code of the refusal when the value is not
   * valid; `TIMEOUT` when it could not be verified in time; `INVALID_ARGUMENT` naming the option
   */
  async put(key: Uint8Array, value: Uint8Array, options: NetworkPutOptions = {}): Promise<ReplicationReceipt> {
    options.signal?.throwIfAborted()
    const copies = checkCount(options.copies, 'copies', this.#copies, 0)
    const milliseconds = checkDuration(options.timeout, 'timeout', this.#timeout)
    return withTimeout(milliseconds, options.signal, this.#setTimer, (timeout) =>
      this.#put(key, value, copies, options.signal, timeout)
    )
  }

  async #put(
    key: Uint8Array,
    value: Uint8Array,
    copies: number,
    signal: AbortSignal | undefined,
    timeout: Timeout
  ): Promise<ReplicationReceipt> {
    await this.#assertValid(key, value, timeout)
    const acks = new Map<string, RoutingAck>()
    let failure: unknown
    try {
      for await (const ack of takeUntilAborted(
        this.#routing.put(key, value, { signal: timeout.signal }),
        timeout.signal
      )) {
        const name = mapKey(ack.from)
        if (acks.get(name)?.status !== 'stored') acks.set(name, ack)
      }
    } catch (error) {
      failure = error
    }
    signal?.throwIfAborted()
    const peers = [...acks.values()]
    const reached = peers.filter(({ status }) => status === 'stored').length
    const receipt: ReplicationReceipt = { copies: { asked: copies, reached }, peers }
    if (reached >= copies) return receipt
    throw new RecordError(
      'TOO_FEW_COPIES',
      `${reached} of ${copies} copies were acknowledged; ${peers.length} peers were asked`,
      { key, details: receipt, cause: failure }
    )
  }

  /** Resolves when the repairs that run in the background have ended, however they end. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#repairing)
  }

  async #assertValid(key: Uint8Array, value: Uint8Array, timeout: Timeout): Promise<void> {
    const { signal } = timeout
    const record = this.#engine.parse(key, value)
    const result = isRefusal(record)
      ? record
      : await resultBeforeAbort(Promise.resolve(this.#engine.verify(record, { signal })), signal)
    if (timeout.passed) throw new RecordError('TIMEOUT', 'the value could not be verified in time', { key })
    signal.throwIfAborted()
    if (result !== undefined && isRefusal(result))
      throw new RecordError(result.code, result.message, { key, cause: result.cause })
  }

  /** Sends the best record to peers that answered with an older one: in the background, a bounded number. */
  #repair(key: Uint8Array, best: UnverifiedRecord, holders: readonly PeerId[]): void {
    const { putToPeer } = this.#routing
    if (putToPeer === undefined) return
    for (const holder of holders.slice(0, Math.max(0, this.#maxRepairs - this.#repairing.size))) {
      const timeout = startTimeout(this.#timeout, undefined, this.#setTimer)
      const repair = Promise.resolve()
        .then(() => putToPeer.call(this.#routing, holder, key, best.value, { signal: timeout.signal }))
        .catch(() => undefined)
        .finally(() => {
          timeout.cancel()
          this.#repairing.delete(repair)
        })
      this.#repairing.add(repair)
    }
  }
}

function quorumOf(engine: RecordEngine, key: Uint8Array): number {
  const namespace = engine.namespaceOf?.(key)
  return namespace === undefined || 'status' in namespace ? defaultQuorum : (namespace.quorum ?? defaultQuorum)
}
