import { copyBytes, isRecordError, RecordError, systemTimer } from '@recordkit/record-types'
import type {
  NetworkGetOptions,
  NetworkPutOptions,
  NetworkRecord,
  PeerId,
  PutReceipt,
  RecordEngine,
  RecordNetwork,
  RecordRouting,
  Refusal,
  RoutingGetOptions,
  SetTimer
} from '@recordkit/record-types'
import {
  checkCount,
  checkDuration,
  checkOptions,
  checkPart,
  isPromise,
  takeUntilAborted
} from '@recordkit/record-types/internal'
import { LookupResults } from './lookup-results.ts'
import { RecordPuts } from './record-puts.ts'
import { Repairs } from './repairs.ts'
import { resultBeforeAbort, verificationTime, withTimeout } from './timeout.ts'

export interface DhtRecordStoreOptions {
  readonly routing: RecordRouting
  /** verifies every answer; only records that it accepts are returned. @default the engine of the manager that it is passed to */
  readonly engine?: RecordEngine | undefined
  /**
   * number of valid answers from distinct peers that ends a read; `undefined` for a key: no number does. Malicious peers that answer
   * first can reach any number. @default the read ends when the routing has asked the peers that are nearest to the key
   */
  readonly quorum?: number | ((key: Uint8Array) => number | undefined) | undefined
  /** number of acknowledged copies below which a put fails. @default 1 */
  readonly copies?: number | undefined
  /** ms that a call may take; `Infinity` means no timeout. @default 30_000 */
  readonly timeout?: number | undefined
  /** maximum number of repairs of stale copies that run at the same time; 0 disables repairs. @default 8 */
  readonly maxRepairs?: number | undefined
  readonly setTimer?: SetTimer | undefined
}

/** How the peers answered a read. */
interface Answers {
  /** number of peers that answered, with a value or without */
  readonly peers: number
  /** the error of the last peer that did not answer */
  readonly failure: unknown
  /** whether the stream of answers failed: other peers may have the record */
  readonly broken: boolean
  /** whether the quorum is reached or, without one, the routing has no further answers */
  readonly complete: boolean
}

const defaultTimeout = 30_000

/** Ends a read without a record: a miss is `undefined`; when the peers could not be asked, it throws. */
function missOrError(
  key: Uint8Array,
  milliseconds: number,
  answers: Answers,
  unverified: boolean,
  late: boolean
): undefined {
  const { peers, failure: cause, broken } = answers
  if (unverified) {
    throw new RecordError('TIMEOUT', `no answer could be verified within ${milliseconds / 1000} s`, { key, cause })
  }
  if (peers > 0 && !broken) return undefined
  if (late) throw new RecordError('TIMEOUT', `no peer answered within ${milliseconds / 1000} s`, { key, cause })
  if (cause === undefined || isRecordError(cause, 'NO_PEERS'))
    throw new RecordError('NO_PEERS', `there is no peer to ask${reasonOf(cause)}`, { key, cause })
  const asked =
    peers > 0 ? 'no peer that was asked has a valid record, and not all could be asked' : 'no peer could be asked'
  throw new RecordError('ROUTING_FAILED', `${asked}${reasonOf(cause)}`, { key, cause })
}

/** The message of a cause of this library, for a message that can be understood without it. */
function reasonOf(cause: unknown): string {
  return isRecordError(cause) ? `: ${cause.message}` : ''
}

/**
 * Keeps records among the peers of a DHT. A read ends as early as it safely can; a put reports where the copies are. The DHT
 * itself is the `routing`. A manager receives `replication(network)` as its `network`; this is not its `store`.
 *
 * @example
 * ```ts
 * const network = new DhtRecordStore({ routing: kadDhtRouting(libp2p.services.dht) })
 * const manager = new RecordManager({ engine, store, signer, network: replication(network) })
 * ```
 */
export class DhtRecordStore implements RecordNetwork {
  readonly #routing: RecordRouting
  #givenEngine: RecordEngine | undefined
  readonly #quorum: (key: Uint8Array) => number | undefined
  readonly #copies: number
  readonly #timeout: number
  readonly #setTimer: SetTimer
  readonly #repairs: Repairs
  readonly #puts: RecordPuts

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(options: DhtRecordStoreOptions) {
    checkOptions(options, { routing: 0, engine: 0, quorum: 0, copies: 0, timeout: 0, maxRepairs: 0, setTimer: 0 })
    const { engine, quorum } = options
    checkPart(
      options.routing,
      'routing',
      ['get', 'put'],
      'a RecordRouting, such as `kadDhtRouting(libp2p.services.dht)`,'
    )
    if (engine !== undefined)
      checkPart(engine, 'engine', ['parse', 'verify'], 'a ValidationEngine, such as `new ValidationEngine([ipns()])`,')
    this.#routing = options.routing
    this.#givenEngine = engine
    this.#quorum = quorumFunction(quorum)
    this.#copies = checkCount(options.copies, 'copies', 1, 0)
    this.#timeout = checkDuration(options.timeout, 'timeout', defaultTimeout)
    const max = checkCount(options.maxRepairs, 'maxRepairs', 8, 0)
    this.#setTimer = options.setTimer ?? systemTimer
    const parts = { routing: this.#routing, setTimer: this.#setTimer }
    this.#repairs = new Repairs({ ...parts, max, timeout: this.#timeout })
    this.#puts = new RecordPuts({ ...parts, engine: () => this.#engine, onBegin: (key) => this.#repairs.end(key) })
  }

  /** Receives the engine of the manager, which is used when the options contain none. */
  useEngine(engine: RecordEngine): void {
    this.#givenEngine ??= engine
  }

  get #engine(): RecordEngine {
    if (this.#givenEngine !== undefined) return this.#givenEngine
    throw new RecordError(
      'INVALID_ARGUMENT',
      'engine is undefined; pass it to the DhtRecordStore, or pass `replication(store)` to a manager as its network'
    )
  }

  /**
   * The best valid record among peers. The read ends when the routing has asked the peers that are nearest to the key, when the
   * timeout expires (with the best record so far), or, if there is one, when the quorum is reached. A single peer that fails, sends
   * invalid values or does not answer never ends a read. The last tenth of the timeout, at most a second, is reserved for verification.
   *
   * @returns `undefined` when peers answered and none has a valid record
   * @throws RecordError `ROUTING_FAILED` or `NO_PEERS` when no peer could be asked; `TIMEOUT` when no peer answered, or no
   * answer could be verified in time; `INVALID_ARGUMENT` naming the option
   */
  async get(key: Uint8Array, options: NetworkGetOptions = {}): Promise<NetworkRecord | undefined> {
    options.signal?.throwIfAborted()
    const ownKey = copyBytes(key)
    const quorum = checkQuorum(options.quorum ?? this.#quorum(copyBytes(key)))
    const milliseconds = checkDuration(options.timeout, 'timeout', this.#timeout)
    const listeningTime = milliseconds - verificationTime(milliseconds)
    // a put of the key reaches the nearest peers itself, and may have a later record
    const canRepair = options.repair !== false && !this.#puts.isRunning(ownKey)
    const repairs = this.#repairs.begin(ownKey)
    return withTimeout(milliseconds, options.signal, this.#setTimer, ({ signal }) =>
      withTimeout(listeningTime, signal, this.#setTimer, async (listening) => {
        const results = new LookupResults(this.#engine, ownKey, options, signal)
        const { noCache, onEclipse } = options
        const complete = quorum !== undefined
        const answers = await this.#ask(ownKey, quorum, results, {
          signal: listening.signal,
          noCache,
          complete,
          onEclipse
        })
        options.signal?.throwIfAborted()
        const best = await results.best(listening.signal)
        options.signal?.throwIfAborted()
        if (this.#engine.access !== undefined) results.report(this.#engine.access)
        for (const { record, refusal } of results.untimely) options.onUntimely?.(record, refusal)
        if (best === undefined) return missOrError(ownKey, milliseconds, answers, results.unverified, listening.expired)
        if (canRepair) repairs.send(best.record.value, results.stale(best.record))
        return {
          record: best.record,
          valid: results.valid,
          complete: answers.complete,
          from: best.from,
          maxAge: best.maxAge,
          refused: results.refused
        }
      })
    ).finally(() => repairs.end())
  }

  /** Collects answers until the quorum is reached, the stream ends or the signal aborts. */
  async #ask(
    key: Uint8Array,
    quorum: number | undefined,
    results: LookupResults,
    options: RoutingGetOptions & { readonly signal: AbortSignal }
  ): Promise<Answers> {
    const { signal } = options
    let peers = 0
    let failure: unknown
    const isReached = async (): Promise<boolean> => quorum !== undefined && (await results.reached(quorum, signal))
    if (await isReached()) return { peers, failure, broken: false, complete: true }
    try {
      const hasRecord = (): Promise<boolean> => results.hasValid(signal)
      for await (const answer of takeUntilAborted(
        this.#routing.get(copyBytes(key), { ...options, hasRecord }),
        signal
      )) {
        if ('error' in answer) {
          failure = answer.error
          continue
        }
        peers++
        if (answer.value === undefined) continue
        const denied = await this.#checkSender(answer.from, key, signal)
        if (denied !== undefined) {
          results.refuse(answer.from, denied)
          continue
        }
        results.add(answer.from, answer.value, answer.maxAge)
        if (await isReached()) return { peers, failure, broken: false, complete: true }
      }
      return { peers, failure, broken: false, complete: quorum === undefined && !signal.aborted }
    } catch (error) {
      return { peers, failure: error, broken: true, complete: false }
    }
  }

  async #checkSender(from: PeerId, key: Uint8Array, signal: AbortSignal): Promise<Refusal | undefined> {
    const denied = this.#engine.access?.checkSender?.(from, key, { asked: true, signal })
    return isPromise(denied) ? resultBeforeAbort(denied, signal) : denied
  }

  /**
   * Copies a value to the peers closest to its key. Resolves when there are enough copies: ten, or half of the peers that were found,
   * and never fewer than `copies`. The other peers receive the value in the background, until a later put of the key, the timeout,
   * or an abort of the signal. A put that a later one of its key replaces ends before the later one sends anything.
   *
   * @returns which peers stored it; `complete` of the receipt resolves, and never rejects, with the final receipt
   * @throws RecordError `TOO_FEW_COPIES`, with the receipt in `details`, when fewer than `copies` are stored at the end; the code of
   * the refusal when the value is not valid; `TIMEOUT` when it could not be verified in time; `INVALID_ARGUMENT` naming the option
   * @example
   * ```ts
   * const { copies, complete } = await network.put(key, value)
   * console.log(copies.reached, (await complete).copies.reached)
   * ```
   */
  async put(key: Uint8Array, value: Uint8Array, options: NetworkPutOptions = {}): Promise<PutReceipt> {
    options.signal?.throwIfAborted()
    const [ownKey, ownValue] = [copyBytes(key), copyBytes(value)]
    const copies = checkCount(options.copies, 'copies', this.#copies, 0)
    const milliseconds = checkDuration(options.timeout, 'timeout', this.#timeout)
    const { signal, verified, reuseWalks, onEclipse } = options
    return this.#puts.put(ownKey, ownValue, { copies, timeout: milliseconds, signal, verified, reuseWalks, onEclipse })
  }

  /** Resolves when the puts and repairs that run in the background have ended, successful or not. */
  async settled(): Promise<void> {
    await Promise.all([this.#repairs.settled(), this.#puts.settled()])
  }
}

/** The quorum of each key. @throws RecordError `INVALID_ARGUMENT` for a number that is not a quorum */
function quorumFunction(quorum: DhtRecordStoreOptions['quorum']): (key: Uint8Array) => number | undefined {
  if (typeof quorum === 'function') return quorum
  checkQuorum(quorum)
  return () => quorum
}

/** @throws RecordError `INVALID_ARGUMENT` for a number that is not a quorum */
function checkQuorum(quorum: number | undefined): number | undefined {
  return quorum === undefined ? undefined : checkCount(quorum, 'quorum', 1)
}
