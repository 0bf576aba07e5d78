import { isRecordError, isRefusal, mapKey, RecordError, systemTimer } from '@recordkit/record-types'
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
import { deadlineAfter, provingTime, settled, until, withDeadline } from './deadline.ts'
import type { Deadline } from './deadline.ts'

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

/** What came of listening. */
interface Heard {
  /** peers that answered, with a value or without */
  readonly asked: number
  /** why the last one that did not answer did not */
  readonly failure: unknown
  readonly complete: boolean
}

const ipnsPrefix: readonly number[] = [0x2f, 0x69, 0x70, 0x6e, 0x73, 0x2f]

function defaultQuorum(key: Uint8Array): number {
  return ipnsPrefix.every((byte, index) => key[index] === byte) ? 16 : 3
}

/** What there is to say without a record: a miss is `undefined`, not knowing is an error. */
function nothing(key: Uint8Array, milliseconds: number, heard: Heard, unproven: boolean, late: boolean): undefined {
  const { asked, failure: cause } = heard
  if (unproven) throw new RecordError('DEADLINE', `no answer could be proven within ${milliseconds} ms`, { key, cause })
  if (asked > 0) return undefined
  if (late) throw new RecordError('DEADLINE', `no peer answered within ${milliseconds} ms`, { key, cause })
  if (cause === undefined || isRecordError(cause, 'NO_PEERS'))
    throw new RecordError('NO_PEERS', 'there was no peer to ask', { key, cause })
  throw new RecordError('ROUTING_FAILED', 'no peer could be asked', { key, cause })
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
   * to ask. One peer's error, lie or silence never ends a read. The last tenth of the time, a second at most, is for
   * proving what came.
   *
   * @returns `undefined` when peers answered and none had a valid record
   * @throws RecordError `ROUTING_FAILED` or `NO_PEERS` when nobody could be asked; `DEADLINE` when nobody answered in time,
   * or nothing could be proven in time
   */
  async get(key: Uint8Array, options: NetworkGetOptions = {}): Promise<NetworkRecord | undefined> {
    options.signal?.throwIfAborted()
    const quorum = options.quorum ?? this.#quorum(key)
    const milliseconds = options.deadline ?? this.#deadline
    const listeningTime = milliseconds - provingTime(milliseconds)
    return withDeadline(milliseconds, options.signal, this.#setTimer, ({ signal }) =>
      withDeadline(listeningTime, signal, this.#setTimer, async (listening) => {
        const answers = new Answers(this.#engine, key, options.local, signal)
        const heard = await this.#listen(key, quorum, answers, listening.signal)
        options.signal?.throwIfAborted()
        const best = await answers.best(listening.signal)
        options.signal?.throwIfAborted()
        if (best === undefined) return nothing(key, milliseconds, heard, answers.unproven, listening.passed)
        this.#repair(key, best.opened, answers.stale(best.opened))
        return {
          opened: best.opened,
          valid: answers.valid,
          quorum: heard.complete,
          from: best.from,
          refused: answers.refused
        }
      })
    )
  }

  /** Takes answers until there are enough, or no more, or no more time. */
  async #listen(key: Uint8Array, quorum: number, answers: Answers, signal: AbortSignal): Promise<Heard> {
    let asked = 0
    let failure: unknown
    let complete = await answers.reached(quorum, signal)
    if (complete) return { asked, failure, complete }
    try {
      for await (const answer of until(this.#routing.get(key, { signal }), signal)) {
        if ('error' in answer) {
          failure = answer.error
          continue
        }
        asked++
        if (answer.value === undefined) continue
        answers.add(answer.from, answer.value)
        complete = await answers.reached(quorum, signal)
        if (complete) break
      }
    } catch (error) {
      failure = error
    }
    return { asked, failure, complete }
  }

  /**
   * Copies a value to the peers that are to hold it.
   *
   * @returns where the copies are
   * @throws RecordError `COPIES_NOT_REACHED`, with the receipt in `details`; the refusal's code when the value is not valid,
   * `DEADLINE` when that could not be told in time
   */
  async put(key: Uint8Array, value: Uint8Array, options: NetworkPutOptions = {}): Promise<PutReceipt> {
    options.signal?.throwIfAborted()
    return withDeadline(options.deadline ?? this.#deadline, options.signal, this.#setTimer, (deadline) =>
      this.#put(key, value, options, deadline)
    )
  }

  async #put(key: Uint8Array, value: Uint8Array, options: NetworkPutOptions, deadline: Deadline): Promise<PutReceipt> {
    const copies = options.copies ?? this.#copies
    await this.#mustBeValid(key, value, deadline)
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

  async #mustBeValid(key: Uint8Array, value: Uint8Array, deadline: Deadline): Promise<void> {
    const { signal } = deadline
    const opened = this.#engine.parse(key, value)
    const judged = isRefusal(opened)
      ? opened
      : await settled(Promise.resolve(this.#engine.verify(opened, { signal })), signal)
    if (deadline.passed) throw new RecordError('DEADLINE', 'the value could not be proven in time', { key })
    signal.throwIfAborted()
    if (judged !== undefined && isRefusal(judged))
      throw new RecordError(judged.code, judged.message, { key, cause: judged.cause })
  }

  /** Hands the best record to peers that answered with a lesser one: afterwards, bounded, and never a reader's concern. */
  #repair(key: Uint8Array, best: OpenedRecord, holders: readonly PeerId[]): void {
    const { putTo } = this.#routing
    if (putTo === undefined) return
    for (const holder of holders.slice(0, Math.max(0, this.#repairs - this.#repairing.size))) {
      const deadline = deadlineAfter(this.#deadline, undefined, this.#setTimer)
      const repair = Promise.resolve()
        .then(() => putTo.call(this.#routing, holder, key, best.value, { signal: deadline.signal }))
        .catch(() => undefined)
        .finally(() => {
          deadline.cancel()
          this.#repairing.delete(repair)
        })
      this.#repairing.add(repair)
    }
  }
}
