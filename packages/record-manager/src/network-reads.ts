import { compareRecords, hour, isRecordError, mapKey, second } from '@recordkit/record-types'
import type { AbortOptions, Clock, NetworkGetOptions, OpenedRecord, RecordNetwork } from '@recordkit/record-types'
import { deadlineOf } from './options.ts'

export interface ReadOptions extends Pick<NetworkGetOptions, 'quorum' | 'deadline' | 'signal'> {
  /** ask peers even where an answer is remembered */
  readonly fresh?: boolean
}

export interface NetworkReadsOptions {
  /** ns for which a miss is remembered; 10 s when absent */
  readonly missAge?: bigint
  /** ns for which a record's own TTL is believed at the most; 1 hour when absent */
  readonly maxTtl?: bigint
  /** answers remembered at the most; the oldest goes first */
  readonly maxAnswers?: number
}

/**
 * Reads among peers, each question once: callers who ask the same at the same time share a look-up, misses are
 * remembered briefly, and a record's TTL says how long nobody needs to be asked again.
 */
export class NetworkReads {
  readonly #network: RecordNetwork
  readonly #clock: Clock
  readonly #missAge: bigint
  readonly #maxTtl: bigint
  readonly #maxAnswers: number
  readonly #asking = new Map<string, Promise<OpenedRecord | undefined>>()
  /** ns until which the answer by that key needs no asking */
  readonly #answered = new Map<string, bigint>()

  constructor(network: RecordNetwork, clock: Clock, options: NetworkReadsOptions = {}) {
    this.#network = network
    this.#clock = clock
    this.#missAge = options.missAge ?? 10n * second
    this.#maxTtl = options.maxTtl ?? hour
    this.#maxAnswers = options.maxAnswers ?? 10_000
  }

  /** Questions under way and answers remembered. */
  get stats(): { readonly asking: number; readonly remembered: number } {
    return { asking: this.#asking.size, remembered: this.#answered.size }
  }

  /**
   * The best of what peers answer and what is held here.
   *
   * @throws what the network throws, unless something is held here: then that is the answer
   */
  async best(key: Uint8Array, held: OpenedRecord | undefined, options: ReadOptions): Promise<OpenedRecord | undefined> {
    const name = mapKey(key)
    if (options.fresh !== true && (this.#answered.get(name) ?? -1n) >= this.#clock()) return held
    const { quorum, deadline } = options
    const question = `${quorum ?? ''},${deadline ?? ''},${name}`
    const shared = this.#asking.get(question) ?? this.#ask(question, name, key, held, options)
    try {
      const found = await abortable(shared, options)
      if (found === undefined || held === undefined) return found ?? held
      return compareRecords(held, found) >= 0 ? held : found
    } catch (error) {
      options.signal?.throwIfAborted()
      if (held !== undefined && isRecordError(error)) return held
      throw error
    }
  }

  /** What was remembered of a key does not hold any more: a record came in. */
  forget(key: Uint8Array): void {
    this.#answered.delete(mapKey(key))
  }

  #ask(
    question: string,
    name: string,
    key: Uint8Array,
    held: OpenedRecord | undefined,
    options: ReadOptions
  ): Promise<OpenedRecord | undefined> {
    const { quorum, deadline } = options
    // without the caller's signal: others may be waiting for the same answer
    const asking = this.#network
      .get(key, {
        ...(quorum === undefined ? {} : { quorum }),
        ...deadlineOf(deadline === undefined ? {} : { deadline }),
        ...(held === undefined ? {} : { local: held })
      })
      .then((found) => {
        this.#remember(name, found?.opened)
        return found?.opened
      })
      .finally(() => this.#asking.delete(question))
    this.#asking.set(question, asking)
    return asking
  }

  #remember(name: string, found: OpenedRecord | undefined): void {
    const now = this.#clock()
    const ttl = found?.ttl ?? 0n
    let until = now + (found === undefined ? this.#missAge : ttl < this.#maxTtl ? ttl : this.#maxTtl)
    if (found?.expires !== undefined && found.expires < until) until = found.expires
    this.#answered.delete(name)
    if (until <= now) return
    this.#answered.set(name, until)
    if (this.#answered.size > this.#maxAnswers)
      for (const oldest of this.#answered.keys()) if (this.#answered.delete(oldest)) break
  }
}

/** Gives up waiting, not the work, when the caller's signal aborts. */
async function abortable<T>(work: Promise<T>, { signal }: AbortOptions): Promise<T> {
  if (signal === undefined) return work
  signal.throwIfAborted()
  let abort = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
