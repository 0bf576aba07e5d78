import { copyBytes, equalBytes, isRecordError, isRefusal, RecordError, systemTimer } from '@recordkit/record-types'
import type {
  NetworkGetOptions,
  NetworkPutOptions,
  NetworkRecord,
  PeerId,
  RecordEngine,
  RecordNetwork,
  RecordRouting,
  Refusal,
  ReplicationReceipt,
  RoutingAck,
  RoutingGetOptions,
  SetTimer,
  UnverifiedRecord,
  VerifiedRecord
} from '@recordkit/record-types'
import {
  checkCount,
  checkDuration,
  checkOptions,
  checkPart,
  mapKey,
  takeUntilAborted
} from '@recordkit/record-types/internal'
import { LookupResults } from './lookup-results.ts'
import { resultBeforeAbort, startTimeout, verificationTime, withTimeout } from './timeout.ts'
import { verifiedNormalForm } from './verified-normal-form.ts'
import type { Timeout } from './timeout.ts'

export interface DhtRecordStoreOptions {
  readonly routing: RecordRouting
  /** verifies every answer; only records that it accepts are returned */
  readonly engine: RecordEngine
  /** number of valid answers from distinct peers that ends a read. @default the `quorum` of the namespace, else 3 */
  readonly quorum?: number | ((key: Uint8Array) => number) | undefined
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
  /** whether the quorum is reached */
  readonly complete: boolean
}

const defaultTimeout = 30_000
const defaultQuorum = 3

/** Ends a read without a record: a miss is `undefined`; when the peers could not be asked, it throws. */
function missOrError(
  key: Uint8Array,
  milliseconds: number,
  answers: Answers,
  unverified: boolean,
  late: boolean
): undefined {
  const { peers, failure: cause } = answers
  if (unverified) {
    throw new RecordError('TIMEOUT', `no answer could be verified within ${milliseconds / 1000} s`, { key, cause })
  }
  if (peers > 0) return undefined
  if (late) throw new RecordError('TIMEOUT', `no peer answered within ${milliseconds / 1000} s`, { key, cause })
  if (cause === undefined || isRecordError(cause, 'NO_PEERS'))
    throw new RecordError('NO_PEERS', `there is no peer to ask${reasonOf(cause)}`, { key, cause })
  throw new RecordError('ROUTING_FAILED', `no peer could be asked${reasonOf(cause)}`, { key, cause })
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
 * const network = new DhtRecordStore({ routing: kadDhtRouting(libp2p.services.dht), engine })
 * const manager = new RecordManager({ engine, store, signer, network: replication(network) })
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
    checkOptions(options, { routing: 0, engine: 0, quorum: 0, copies: 0, timeout: 0, maxRepairs: 0, setTimer: 0 })
    const { engine, quorum } = options
    checkPart(
      options.routing,
      'routing',
      ['get', 'put'],
      'a RecordRouting, such as `kadDhtRouting(libp2p.services.dht)`,'
    )
    checkPart(engine, 'engine', ['parse', 'verify'], 'a ValidationEngine, such as `new ValidationEngine([ipns()])`,')
    this.#routing = options.routing
    this.#engine = engine
    this.#quorum = quorumFunction(engine, quorum)
    this.#copies = checkCount(options.copies, 'copies', 1, 0)
    this.#timeout = checkDuration(options.timeout, 'timeout', defaultTimeout)
    this.#maxRepairs = checkCount(options.maxRepairs, 'maxRepairs', 8, 0)
    this.#setTimer = options.setTimer ?? systemTimer
  }

  /**
   * The best valid record among peers. The read ends when the quorum is reached, when the timeout expires (with the best
   * record so far), or when there are no more peers to ask. A single peer that fails, sends invalid values or does not answer
   * never ends a read. The last tenth of the timeout, at most a second, is reserved for verification.
   *
   * @returns `undefined` when peers answered and none has a valid record
   * @throws RecordError `ROUTING_FAILED` or `NO_PEERS` when no peer could be asked; `TIMEOUT` when no peer answered, or no
   * answer could be verified in time; `INVALID_ARGUMENT` naming the option
   */
  async get(key: Uint8Array, options: NetworkGetOptions = {}): Promise<NetworkRecord | undefined> {
    options.signal?.throwIfAborted()
    const ownKey = copyBytes(key)
    const quorum = checkCount(options.quorum ?? this.#quorum(key), 'quorum', defaultQuorum)
    const milliseconds = checkDuration(options.timeout, 'timeout', this.#timeout)
    const listeningTime = milliseconds - verificationTime(milliseconds)
    return withTimeout(milliseconds, options.signal, this.#setTimer, ({ signal }) =>
      withTimeout(listeningTime, signal, this.#setTimer, async (listening) => {
        const results = new LookupResults(this.#engine, ownKey, options.local, signal)
        const { noCache } = options
        const answers = await this.#ask(ownKey, quorum, results, { signal: listening.signal, noCache })
        options.signal?.throwIfAborted()
        const best = await results.best(listening.signal)
        options.signal?.throwIfAborted()
        if (this.#engine.access !== undefined) results.report(this.#engine.access)
        for (const { record, refusal } of results.untimely) options.onUntimely?.(record, refusal)
        if (best === undefined) return missOrError(ownKey, milliseconds, answers, results.unverified, listening.expired)
        if (options.repair !== false) this.#repair(ownKey, best.record, results.stale(best.record))
        return {
          record: best.record,
          valid: results.valid,
          quorum: answers.complete,
          from: best.from,
          maxAge: best.maxAge,
          refused: results.refused
        }
      })
    )
  }

  /** Collects answers until the quorum is reached, the stream ends or the signal aborts. */
  async #ask(
    key: Uint8Array,
    quorum: number,
    results: LookupResults,
    options: RoutingGetOptions & { readonly signal: AbortSignal }
  ): Promise<Answers> {
    const { signal } = options
    let peers = 0
    let failure: unknown
    let complete = await results.reached(quorum, signal)
    if (complete) return { peers, failure, complete }
    try {
      for await (const answer of takeUntilAborted(this.#routing.get(key, options), signal)) {
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
        complete = await results.reached(quorum, signal)
        if (complete) break
      }
    } catch (error) {
      failure = error
    }
    return { peers, failure, complete }
  }

  async #checkSender(from: PeerId, key: Uint8Array, signal: AbortSignal): Promise<Refusal | undefined> {
    const denied = this.#engine.access?.checkSender?.(from, key, { asked: true, signal })
    return denied instanceof Promise ? resultBeforeAbort(denied, signal) : denied
  }

  /**
   * Copies a value to the peers closest to its key.
   *
   * @returns which peers stored it
   * @throws RecordError `TOO_FEW_COPIES`, with the receipt in `details`; the code of the refusal when the value is not
   * valid; `TIMEOUT` when it could not be verified in time; `INVALID_ARGUMENT` naming the option
   */
  async put(key: Uint8Array, value: Uint8Array, options: NetworkPutOptions = {}): Promise<ReplicationReceipt> {
    options.signal?.throwIfAborted()
    const [ownKey, ownValue] = [copyBytes(key), copyBytes(value)]
    const copies = checkCount(options.copies, 'copies', this.#copies, 0)
    const milliseconds = checkDuration(options.timeout, 'timeout', this.#timeout)
    return withTimeout(milliseconds, options.signal, this.#setTimer, (timeout) =>
      this.#put(ownKey, ownValue, copies, options, timeout)
    )
  }

  async #put(
    key: Uint8Array,
    value: Uint8Array,
    copies: number,
    { verified, signal }: NetworkPutOptions,
    timeout: Timeout
  ): Promise<ReplicationReceipt> {
    const isVerified = verified !== undefined && equalBytes(verified.key, key) && equalBytes(verified.value, value)
    const record = isVerified ? verified : await this.#verified(key, value, timeout)
    const acks = new Map<string, RoutingAck>()
    const copiesOf = (): number => [...acks.values()].filter(({ status }) => status === 'stored').length
    const ended = new AbortController()
    const asking = new Set<Promise<void>>()
    /** A peer that refuses the record because it has it in another encoding has a copy. */
    const ask = (from: PeerId): void => {
      const asked = this.#hasCopy(from, record, AbortSignal.any([timeout.signal, ended.signal]))
        .then((hasCopy) => {
          if (hasCopy && !ended.signal.aborted) acks.set(mapKey(from), { from, status: 'stored' })
        })
        .catch(() => undefined)
        .finally(() => asking.delete(asked))
      asking.add(asked)
    }
    let failure: unknown
    try {
      const stream = this.#routing.put(key, record.value, { signal: timeout.signal })
      for await (const ack of takeUntilAborted(stream, timeout.signal)) {
        const name = mapKey(ack.from)
        if (acks.get(name)?.status === 'stored') continue
        acks.set(name, ack)
        if (ack.status === 'refused' || ack.status === 'mismatch') ask(ack.from)
      }
    } catch (error) {
      failure = error
    }
    while (copiesOf() < copies && asking.size > 0 && !timeout.signal.aborted)
      await resultBeforeAbort(Promise.race(asking), timeout.signal)
    ended.abort()
    signal?.throwIfAborted()
    const peers = [...acks.values()]
    const reached = copiesOf()
    const receipt: ReplicationReceipt = { copies: { requested: copies, reached }, peers }
    if (reached >= copies) return receipt
    throw new RecordError(
      'TOO_FEW_COPIES',
      `${reached} of ${copies} copies were acknowledged; ${peers.length} peers were asked${reasonOf(failure)}`,
      { key, details: receipt, cause: failure }
    )
  }

  /** Whether a peer answers with the same record, in this encoding or another. */
  async #hasCopy(peer: PeerId, record: VerifiedRecord, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#routing.getFromPeer?.(peer, record.key, { signal })
    if (answer === undefined || 'error' in answer || answer.value === undefined) return false
    const copy = this.#engine.parse(record.key, answer.value)
    if (isRefusal(copy) || !equalBytes(this.#engine.rank(copy), this.#engine.rank(record))) return false
    return !isRefusal(await this.#engine.verify(copy, { signal, sender: peer }))
  }

  /** Resolves when the repairs that run in the background have ended, successful or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#repairing)
  }

  /** The verified record in normal form. @throws RecordError with the code of the refusal; `TIMEOUT` */
  async #verified(key: Uint8Array, value: Uint8Array, timeout: Timeout): Promise<VerifiedRecord> {
    const { signal } = timeout
    const record = this.#engine.parse(key, value)
    const result = isRefusal(record)
      ? record
      : await resultBeforeAbort(verifiedNormalForm(this.#engine, record, { signal }), signal)
    if (timeout.expired) throw new RecordError('TIMEOUT', 'the value could not be verified in time', { key })
    signal.throwIfAborted()
    if (result === undefined) throw new RecordError('TIMEOUT', 'the value could not be verified in time', { key })
    if (isRefusal(result)) throw new RecordError(result.code, result.message, { key, cause: result.cause })
    return result
  }

  /** Sends the best record to peers that answered with an older one: in the background, at most `maxRepairs` at a time. */
  #repair(key: Uint8Array, best: UnverifiedRecord, stalePeers: readonly PeerId[]): void {
    const { putToPeer } = this.#routing
    if (putToPeer === undefined) return
    for (const peer of stalePeers.slice(0, Math.max(0, this.#maxRepairs - this.#repairing.size))) {
      const timeout = startTimeout(this.#timeout, undefined, this.#setTimer)
      const repair = Promise.resolve()
        .then(() => putToPeer.call(this.#routing, peer, key, best.value, { signal: timeout.signal }))
        .catch(() => undefined)
        .finally(() => {
          timeout.cancel()
          this.#repairing.delete(repair)
        })
      this.#repairing.add(repair)
    }
  }
}

/** The quorum of each key. @throws RecordError `INVALID_ARGUMENT` for a number that is not a quorum */
function quorumFunction(
  engine: RecordEngine,
  quorum: number | ((key: Uint8Array) => number) | undefined
): (key: Uint8Array) => number {
  if (typeof quorum === 'function') return quorum
  if (quorum === undefined) return (key) => namespaceQuorum(engine, key) ?? defaultQuorum
  checkCount(quorum, 'quorum', defaultQuorum)
  return () => quorum
}

function namespaceQuorum(engine: RecordEngine, key: Uint8Array): number | undefined {
  const namespace = engine.namespaceOf?.(key)
  return namespace === undefined || 'status' in namespace ? undefined : namespace.quorum
}
