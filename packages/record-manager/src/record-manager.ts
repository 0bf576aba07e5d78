import { toKey } from '@recordkit/record-codec'
import {
  compareRecords,
  equalBytes,
  isRecordError,
  isRefusal,
  KeyLocks,
  mapKey,
  RecordError,
  systemClock
} from '@recordkit/record-types'
import type {
  AbortOptions,
  AccessControl,
  Clock,
  Namespace,
  NetworkGetOptions,
  NetworkPutOptions,
  OpenedRecord,
  PeerId,
  PutReceipt,
  RecordNetwork,
  RecordStore,
  Signer
} from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import { highestSequence, nextSequence } from './next-sequence.ts'
import type { Known } from './next-sequence.ts'
import { kept, refused } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { viewOf } from './record-view.ts'
import type { RecordView } from './record-view.ts'

/** What a manager is composed of. Nothing of it is closed by the manager but the store. */
export interface RecordManagerParts {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  /** signs what we put; without one the manager only reads and receives */
  readonly signer?: Signer
  /** without one the manager is local */
  readonly network?: RecordNetwork
  readonly access?: AccessControl
  readonly clock?: Clock
}

export interface GetOptions extends Pick<NetworkGetOptions, 'quorum' | 'deadline' | 'signal'> {
  /** touch no network */
  readonly offline?: boolean
}

export interface PutOptions extends Pick<NetworkPutOptions, 'copies' | 'deadline' | 'signal'> {
  /** store and do not replicate */
  readonly offline?: boolean
  /** compare and set: fail with `SEQUENCE_CONFLICT` unless this is the latest sequence known */
  readonly ifSequence?: bigint
  /**
   * Ask the network for the latest sequence before making a new one. By default when nothing is known here: a record
   * that starts again below what others hold would never be taken.
   */
  readonly refresh?: boolean
  /** ns from now */
  readonly lifetime?: bigint
  /** ns */
  readonly ttl?: bigint
}

export interface ReceiveOptions extends AbortOptions {
  /** the peer that handed us the record; absent when nobody did */
  readonly sender?: PeerId
}

/** What a put did: the record as it now is, and where its copies are when a network was asked. */
export interface PutReport {
  readonly record: RecordView
  readonly outcome: 'stored' | 'refreshed'
  readonly receipt?: PutReceipt
}

interface Origin extends ReceiveOptions {
  readonly local?: boolean
}

/**
 * One object for the life of records: makes, stores, copies, finds and receives them. Every record takes one path,
 * whoever brings it.
 */
export class RecordManager implements AsyncDisposable {
  readonly #engine: ValidationEngine
  readonly #store: RecordStore
  readonly #signer: Signer | undefined
  readonly #network: RecordNetwork | undefined
  readonly #access: AccessControl | undefined
  readonly #clock: Clock
  readonly #puts = new KeyLocks()

  constructor(parts: RecordManagerParts) {
    this.#engine = parts.engine
    this.#store = parts.store
    this.#signer = parts.signer
    this.#network = parts.network
    this.#access = parts.access
    this.#clock = parts.clock ?? systemClock
  }

  /**
   * Makes a record of `content`, stores it and copies it to the network.
   *
   * @param key - `/namespace/path`; text is encoded as UTF-8
   * @throws RecordError the refusal's code when the record is not taken here; `COPIES_NOT_REACHED` with the receipt in
   * `details` when too few peers took it: the record is kept all the same
   */
  async put(key: string | Uint8Array, content: Uint8Array, options: PutOptions = {}): Promise<PutReport> {
    const recordKey = toKey(key)
    const namespace = this.#sealingNamespace(recordKey)
    const { opened, outcome } = await this.#puts.run([mapKey(recordKey)], async () => {
      options.signal?.throwIfAborted()
      const value = await this.#seal(namespace, recordKey, content, options)
      return this.#mustTake(recordKey, value, options)
    })
    const record = viewOf(opened, this.#engine.content(opened), this.#clock())
    if (this.#network === undefined || options.offline === true) return { record, outcome }
    return { record, outcome, receipt: await this.#network.put(recordKey, opened.value, networkOptions(options)) }
  }

  /** The application's bytes under a key; `undefined` when there is no valid record. */
  async get(key: string | Uint8Array, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    const record = await this.getRecord(key, options)
    return record?.revoked === true ? undefined : record?.value
  }

  /**
   * The best valid record under a key, here or among peers. `undefined` is a miss; not being able to ask, with nothing
   * valid here, is an error.
   */
  async getRecord(key: string | Uint8Array, options: GetOptions = {}): Promise<RecordView | undefined> {
    const recordKey = toKey(key)
    const local = await this.#readLocal(recordKey, options)
    if (this.#network === undefined || options.offline === true) return local?.view
    const best = await this.#ask(recordKey, local?.opened, options)
    if (best === undefined || best === local?.opened) return local?.view
    const { opened } = await this.#take(recordKey, best.value, signalOf(options))
    return viewOf(opened ?? best, this.#engine.content(opened ?? best), this.#clock())
  }

  /** Whether a valid record is held here; asks no network. */
  async has(key: string | Uint8Array, options: AbortOptions = {}): Promise<boolean> {
    return (await this.#readLocal(toKey(key), options)) !== undefined
  }

  /** Forgets the record held here. Its mark stays: nothing older is taken afterwards. Copies elsewhere are not touched. */
  async delete(key: string | Uint8Array, options: AbortOptions = {}): Promise<boolean> {
    return this.#store.delete(toKey(key), options)
  }

  /** Takes a record that somebody hands us. Never throws for bad bytes: the outcome says what became of them. */
  async receive(key: Uint8Array, value: Uint8Array, options: ReceiveOptions = {}): Promise<Outcome> {
    const outcome = await this.#take(key, value, options)
    if (options.sender !== undefined) this.#access?.report?.(options.sender, verdictOf(outcome))
    return outcome
  }

  /** Closes the store. */
  async close(): Promise<void> {
    await this.#store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** The one path of every record; stops at the first step that refuses. */
  async #take(key: Uint8Array, value: Uint8Array, origin: Origin): Promise<Outcome> {
    const { sender } = origin
    const namespace = this.#engine.locate(key, value) // 1 sizes, 2 namespace
    if ('verdict' in namespace) return refused(namespace)
    const barred = sender === undefined ? undefined : await this.#access?.admit(sender, key, signalOf(origin)) // 3 sender
    if (barred !== undefined) return refused(barred)
    const opened = this.#engine.parse(key, value, namespace) // 4 decode
    if (isRefusal(opened)) return refused(opened)
    const verdict = await this.#engine.verify(opened, origin) // 5 binding, 6 signature, 7 time, 8 content
    if (isRefusal(verdict)) return refused(verdict)
    return kept(opened, await this.#store.put(this.#storedRecord(opened, origin), signalOf(origin))) // 9 quota, 10 put
  }

  #storedRecord(opened: OpenedRecord, { sender, local }: Origin): Parameters<RecordStore['put']>[0] {
    const { key, value, rank, expires, author } = opened
    return {
      key,
      value,
      rank,
      timeReceived: this.#clock(),
      digest: this.#engine.digest(value),
      ...(expires === undefined ? {} : { expires }),
      ...(author === undefined ? {} : { author }),
      ...(sender === undefined ? {} : { sender }),
      ...(local === true ? { local } : {})
    }
  }

  async #mustTake(
    key: Uint8Array,
    value: Uint8Array,
    options: PutOptions
  ): Promise<{ opened: OpenedRecord; outcome: 'stored' | 'refreshed' }> {
    const { opened, outcome, code, message, cause } = await this.#take(key, value, {
      ...signalOf(options),
      local: true
    })
    if (opened !== undefined && (outcome === 'stored' || outcome === 'refreshed')) return { opened, outcome }
    throw new RecordError(code ?? 'STALE', message ?? `the record was ${outcome}`, {
      key,
      ...(cause === undefined ? {} : { cause })
    })
  }

  #sealingNamespace(key: Uint8Array): Namespace & Required<Pick<Namespace, 'seal'>> {
    const namespace = this.#engine.namespaceOf(key)
    if ('verdict' in namespace) throw new RecordError(namespace.code, namespace.message, { key })
    if (namespace.seal === undefined) {
      throw new RecordError(
        'NOT_SEALABLE',
        `records of ${namespace.name} are not made here; hand a finished one to receive`,
        { key }
      )
    }
    return namespace as Namespace & Required<Pick<Namespace, 'seal'>>
  }

  async #seal(
    namespace: Namespace & Required<Pick<Namespace, 'seal'>>,
    key: Uint8Array,
    content: Uint8Array,
    options: PutOptions
  ): Promise<Uint8Array> {
    const signer = this.#signer
    if (signer === undefined)
      throw new RecordError('NOT_SEALABLE', 'this manager has no signer; hand one in to put records', { key })
    const known = await this.#known(key, options)
    const { held } = known
    const unchanged = held !== undefined && equalBytes(this.#engine.content(held), content)
    const sequence = nextSequence(highestSequence(namespace, known), held, unchanged, options.ifSequence, key)
    const { lifetime, ttl } = options
    return namespace.seal(
      {
        key,
        content,
        sequence,
        ...(lifetime === undefined ? {} : { lifetime }),
        ...(ttl === undefined ? {} : { ttl }),
        ...(held === undefined ? {} : { previous: held.value })
      },
      { now: this.#clock(), signer, ...signalOf(options) }
    )
  }

  /** The latest that is known of a key: here, and among peers where asked for or where nothing is known here. */
  async #known(key: Uint8Array, options: PutOptions): Promise<Known> {
    const held = (await this.#readLocal(key, options))?.opened
    const mark = await this.#store.mark(key, signalOf(options))
    const refresh = options.refresh ?? (options.offline !== true && held === undefined && mark === undefined)
    if (!refresh || this.#network === undefined) return { held, mark }
    const found = await this.#network.get(key, {
      ...(held === undefined ? {} : { local: held }),
      ...deadlineOf(options)
    })
    return { held: found?.opened ?? held, mark }
  }

  /** The record held here, checked like any other: what a disk gives back is no more trusted than what a peer sends. */
  async #readLocal(
    key: Uint8Array,
    options: AbortOptions
  ): Promise<{ opened: OpenedRecord; view: RecordView } | undefined> {
    const stored = await this.#store.get(key, signalOf(options))
    if (stored === undefined) return undefined
    const opened = this.#engine.parse(key, stored.value)
    if (isRefusal(opened) || isRefusal(await this.#engine.verify(opened, signalOf(options)))) return undefined
    return { opened, view: viewOf(opened, this.#engine.content(opened), stored.timeReceived) }
  }

  /** The best of what peers answer and what is held here; what is held here when nobody can be asked. */
  async #ask(key: Uint8Array, local: OpenedRecord | undefined, options: GetOptions): Promise<OpenedRecord | undefined> {
    const { quorum } = options
    try {
      const found = await this.#network?.get(key, {
        ...(quorum === undefined ? {} : { quorum }),
        ...(local === undefined ? {} : { local }),
        ...deadlineOf(options)
      })
      if (found === undefined) return local
      return local !== undefined && compareRecords(local, found.opened) >= 0 ? local : found.opened
    } catch (error) {
      if (local !== undefined && isRecordError(error)) return local
      throw error
    }
  }
}

function signalOf({ signal }: AbortOptions): AbortOptions {
  return signal === undefined ? {} : { signal }
}

function deadlineOf({
  deadline,
  signal
}: AbortOptions & { readonly deadline?: number }): AbortOptions & { readonly deadline?: number } {
  return { ...(deadline === undefined ? {} : { deadline }), ...(signal === undefined ? {} : { signal }) }
}

function networkOptions(options: PutOptions): NetworkPutOptions {
  const { copies } = options
  return { ...(copies === undefined ? {} : { copies }), ...deadlineOf(options) }
}

function verdictOf({ outcome }: Outcome): 'accept' | 'ignore' | 'reject' {
  if (outcome === 'rejected') return 'reject'
  return outcome === 'stored' || outcome === 'refreshed' ? 'accept' : 'ignore'
}
