import { copyBytes, equalBytes, isRecordError, isRefusal, RecordError } from '@recordkit/record-types'
import type {
  NetworkPutOptions,
  PeerId,
  PutReceipt,
  RecordEngine,
  RecordRouting,
  ReplicationReceipt,
  RoutingAck,
  SetTimer,
  VerifiedRecord
} from '@recordkit/record-types'
import { anySignal, enoughCopies, mapKey, ownCopy, takeUntilAborted } from '@recordkit/record-types/internal'
import { resultBeforeAbort, withTimeout } from './timeout.ts'
import type { Timeout } from './timeout.ts'

/** The parts of a store that puts use. */
export interface PutParts {
  readonly routing: RecordRouting
  /** the engine, which a manager may pass after the store was created */
  readonly engine: () => RecordEngine
  readonly setTimer: SetTimer
}

export interface PutOptions extends NetworkPutOptions {
  readonly copies: number
}

/** ms for which a peer that refused a record may take to answer with the one that it has */
const answerTimeout = 5000

/** One put of a record, until the last peer has answered. */
export class RunningPut {
  readonly #parts: PutParts
  readonly #options: PutOptions
  /** aborts when time is over, the caller aborts, or the put is ended */
  readonly #signal: AbortSignal
  readonly #ended = new AbortController()
  readonly #acks = new Map<string, RoutingAck>()
  readonly #asking = new Set<Promise<unknown>>()
  /** number of peers that the record is for, once the routing knows it */
  #found: number | undefined
  #failure: unknown
  #settle: (isLast: boolean) => void = () => undefined

  /** @param timeout - of the whole put, with its background */
  constructor(parts: PutParts, options: PutOptions, timeout: Timeout) {
    this.#parts = parts
    this.#options = options
    this.#signal = anySignal([timeout.signal, this.#ended.signal])
  }

  /** Sends nothing any more: a later put of the key takes its place. */
  end(): void {
    this.#ended.abort()
  }

  /**
   * Starts the put.
   *
   * @returns `receipt` resolves when there are enough copies, or rejects at the end with `TOO_FEW_COPIES` or the reason of the caller's
   * signal; `complete` resolves with the final receipt
   */
  run(record: VerifiedRecord): {
    readonly receipt: Promise<PutReceipt>
    readonly complete: Promise<ReplicationReceipt>
  } {
    const complete = this.#send(record).then(() => this.#receipt())
    const receipt = new Promise<PutReceipt>((resolve, reject) => {
      this.#settle = (isLast) => {
        const { signal, copies } = this.#options
        const stored = this.#copies()
        const enough = this.#found === undefined ? Number.POSITIVE_INFINITY : enoughCopies(copies, this.#found)
        if (isLast && signal?.aborted === true) reject(signal.reason as Error)
        else if (stored >= (isLast ? copies : enough)) resolve({ ...this.#receipt(), complete })
        else if (isLast) reject(this.#tooFewCopies(record.key))
      }
    })
    return { receipt, complete }
  }

  /** Sends the record to its peers, and collects their answers. Never rejects. */
  async #send(record: VerifiedRecord): Promise<void> {
    const { routing } = this.#parts
    const { key, value } = record
    const onFound = (peers: number): void => {
      this.#found = peers
      this.#settle(false)
    }
    const { reuseWalks, onEclipse } = this.#options
    const options = { signal: this.#signal, onFound, reuseWalks, onEclipse }
    try {
      for await (const ack of takeUntilAborted(routing.put(copyBytes(key), copyBytes(value), options), this.#signal))
        this.#add(ack, record)
    } catch (error) {
      this.#failure = error
    }
    // only a put that has too few copies waits for peers that refused the record
    if (this.#copies() >= this.#options.copies) this.#settle(true)
    while (this.#asking.size > 0 && !this.#signal.aborted)
      await resultBeforeAbort(Promise.race(this.#asking), this.#signal)
    this.#settle(true)
  }

  #add(ack: RoutingAck, record: VerifiedRecord): void {
    const name = mapKey(ack.from)
    if (this.#acks.get(name)?.status === 'stored') return
    this.#acks.set(name, ownCopy(ack))
    if (ack.status === 'refused' || ack.status === 'mismatch') this.#ask(ack.from, record)
    else this.#settle(false)
  }

  /** A peer that refuses the record because it has it in another encoding has a copy. */
  #ask(from: PeerId, record: VerifiedRecord): void {
    const asked = withTimeout(answerTimeout, this.#signal, this.#parts.setTimer, ({ signal }) =>
      resultBeforeAbort(this.#hasCopy(from, record, signal), signal)
    )
      .then((hasCopy) => {
        if (hasCopy !== true || this.#signal.aborted) return
        this.#acks.set(mapKey(from), { from, status: 'stored' })
        this.#settle(false)
      })
      .catch(() => undefined)
      .finally(() => this.#asking.delete(asked))
    this.#asking.add(asked)
  }

  /** Whether a peer answers with the same record, in this encoding or another. */
  async #hasCopy(peer: PeerId, record: VerifiedRecord, signal: AbortSignal): Promise<boolean> {
    const { routing } = this.#parts
    const engine = this.#parts.engine()
    const answer = await routing.getFromPeer?.(copyBytes(peer), copyBytes(record.key), { signal })
    if (answer === undefined || 'error' in answer || answer.value === undefined) return false
    const copy = engine.parse(record.key, answer.value)
    if (isRefusal(copy) || !equalBytes(engine.rank(copy), engine.rank(record))) return false
    return !isRefusal(await engine.verify(copy, { signal, sender: peer }))
  }

  #copies(): number {
    let copies = 0
    for (const { status } of this.#acks.values()) if (status === 'stored') copies++
    return copies
  }

  #receipt(): ReplicationReceipt {
    return {
      copies: { requested: this.#options.copies, reached: this.#copies() },
      peers: ownCopy([...this.#acks.values()])
    }
  }

  #tooFewCopies(key: Uint8Array): RecordError {
    const details = this.#receipt()
    const { copies, peers } = details
    const isReplaced = this.#ended.signal.aborted
    const reason = isRecordError(this.#failure) ? `: ${this.#failure.message}` : ''
    return new RecordError(
      'TOO_FEW_COPIES',
      `${copies.reached} of ${copies.requested} copies were acknowledged; ${peers.length} peers were asked${isReplaced ? ', before a later put of the key took the place of this one' : reason}`,
      { key, details, cause: this.#failure }
    )
  }
}
