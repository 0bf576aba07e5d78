import { isRefusal, mapKey, RecordError, systemTimer } from '@recordkit/record-types'
import type {
  NetworkGetOptions,
  NetworkPutOptions,
  NetworkRecord,
  OpenedRecord,
  PeerId,
  PutReceipt,
  RecordEngine,
  RecordNetwork,
  RecordRouting,
  RoutingAck,
  SetTimer
} from '@recordkit/record-types'
import { Answers } from './answers.ts'
import { deadlineAfter, until } from './deadline.ts'

export interface DhtRecordStoreOptions {
  readonly routing: RecordRouting
  /** judges every answer; what it refuses is never returned */
  readonly engine: RecordEngine
  /** valid answers from distinct peers that end a read; by default 16 for IPNS, as Kubo, and 3 for the rest */
  readonly quorum?: number | ((key: Uint8Array) => number)
  /** acknowledged copies below which a put fails; 1 by default: a put without any copy is never a success */
  readonly copies?: number
  /** ms; 30 s by default */
  readonly deadline?: number
  /** stale holders that are repaired after a read, at most; 8 by default, 0: none */
  readonly repairs?: number
  readonly setTimer?: SetTimer
}

const ipnsPrefix: readonly number[] = [0x2f, 0x69, 0x70, 0x6e, 0x73, 0x2f]

function defaultQuorum(key: Uint8Array): number {
  return ipnsPrefix.every((byte, index) => key[index] === byte) ? 16 : 3
}

/**
 * Records among the peers of a DHT: reads that end as early as they safely can, puts that say where the copies are.
 * Stands on a routing it is handed; contains no DHT.
 */
export class DhtRecordStore implements RecordNetwork {
  readonly #routing: RecordRouting
  readonly #engine: RecordEngine
  readonly #quorum: (key: Uint8Array) => number
  readonly #copies: number
  readonly #deadline: number
  readonly #repairs: number
  readonly #setTimer: SetTimer
  readonly #repairing = new Set<Promise<unknown>>()

  constructor(options: DhtRecordStoreOptions) {
    const { quorum = defaultQuorum } = options
    this.#routing = options.routing
    this.#engine = options.engine
    this.#quorum = typeof quorum === 'number' ? () => quorum : quorum
    this.#copies = options.copies ?? 1
    this.#deadline = options.deadline ?? 30_000
    this.#repairs = options.repairs ?? 8
    this.#setTimer = options.setTimer ?? systemTimer
  }

  /**
   * The best valid record among peers. Ends at the quorum, at the deadline with the best so far, or when nobody is left
   * to ask. One peer's error, lie or silence never ends a read.
   *
   * @returns `undefined` when peers answered and none had a valid record
   * @throws RecordError `ROUTING_FAILED` or `NO_PEERS` when nobody could be asked; `DEADLINE` when nobody answered in time
   */
  async get(key: Uint8Array, options: NetworkGetOptions = {}): Promise<NetworkRecord | undefined> {
    options.signal?.throwIfAborted()
    const quorum = options.quorum ?? this.#quorum(key)
    const milliseconds = options.deadline ?? this.#deadline
    using deadline = deadlineAfter(milliseconds, options.signal, this.#setTimer)
    const answers = new Answers(this.#engine, key, options.local)
    let asked = 0
    let failure: unknown
    let complete = await answers.reached(quorum, {})
    try {
      if (!complete) {
        for await (const answer of until(this.#routing.get(key, { signal: deadline.signal }), deadline.signal)) {
          if ('error' in answer) {
            failure = answer.error
            continue
          }
          asked++
          if (answer.value === undefined) continue
          answers.add(answer.from, answer.value)
          complete = await answers.reached(quorum, {})
          if (complete) break
        }
      }
    } catch (error) {
      failure = error
    }
    options.signal?.throwIfAborted()
    const best = await answers.best({})
    if (best === undefined) {
      if (asked > 0) return undefined
      if (deadline.passed)
        throw new RecordError('DEADLINE', `no peer answered within ${milliseconds} ms`, { key, cause: failure })
      if (failure !== undefined)
        throw new RecordError('ROUTING_FAILED', 'no peer could be asked', { key, cause: failure })
      throw new RecordError('NO_PEERS', 'there was no peer to ask', { key })
    }
    this.#repair(key, best.opened, answers.stale(best.opened))
    return { opened: best.opened, valid: answers.valid, quorum: complete, from: best.from, refused: answers.refused }
  }

  /**
   * Copies a value to the peers that are to hold it.
   *
   * @returns where the copies are
   * @throws RecordError `COPIES_NOT_REACHED`, with the receipt in `details`; the refusal's code when the value is not valid
   */
  async put(key: Uint8Array, value: Uint8Array, options: NetworkPutOptions = {}): Promise<PutReceipt> {
    options.signal?.throwIfAborted()
    await this.#mustBeValid(key, value, options)
    const copies = options.copies ?? this.#copies
    using deadline = deadlineAfter(options.deadline ?? this.#deadline, options.signal, this.#setTimer)
    const acks = new Map<string, RoutingAck>()
    let failure: unknown
    try {
      for await (const ack of until(this.#routing.put(key, value, { signal: deadline.signal }), deadline.signal)) {
        const name = mapKey(ack.from)
        if (acks.get(name)?.outcome !== 'stored') acks.set(name, ack)
      }
    } catch (error) {
      failure = error
    }
    options.signal?.throwIfAborted()
    const peers = [...acks.values()]
    const reached = peers.filter(({ outcome }) => outcome === 'stored').length
    const receipt: PutReceipt = { copies: { asked: copies, reached }, peers }
    if (reached >= copies) return receipt
    throw new RecordError(
      'COPIES_NOT_REACHED',
      `${reached} of ${copies} copies were acknowledged, by ${peers.length} peers asked`,
      {
        key,
        details: receipt,
        cause: failure
      }
    )
  }

  /** Resolves when repairs that run in the background have ended, however they did. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#repairing)
  }

  async #mustBeValid(key: Uint8Array, value: Uint8Array, { signal }: NetworkPutOptions): Promise<void> {
    const opened = this.#engine.parse(key, value)
    const refusal = isRefusal(opened)
      ? opened
      : await this.#engine.verify(opened, signal === undefined ? {} : { signal })
    if (isRefusal(refusal)) throw new RecordError(refusal.code, refusal.message, { key, cause: refusal.cause })
  }

  /** Hands the best record to peers that answered with a lesser one: afterwards, bounded, and never a reader's concern. */
  #repair(key: Uint8Array, best: OpenedRecord, holders: readonly PeerId[]): void {
    const routing = this.#routing
    if (routing.putTo === undefined) return
    for (const holder of holders.slice(0, Math.max(0, this.#repairs - this.#repairing.size))) {
      const deadline = deadlineAfter(this.#deadline, undefined, this.#setTimer)
      const repair = Promise.resolve()
        .then(() => routing.putTo?.(holder, key, best.value, { signal: deadline.signal }))
        .catch(() => undefined)
        .finally(() => {
          deadline[Symbol.dispose]()
          this.#repairing.delete(repair)
        })
      this.#repairing.add(repair)
    }
  }
}
