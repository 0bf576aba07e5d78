import { toKey } from '@recordkit/record-codec'
import { day, KeyLocks, mapKey, RecordError, systemClock, systemTimer, signalOf } from '@recordkit/record-types'
import type { AbortOptions, OpenedRecord, SetTimer } from '@recordkit/record-types'
import { ManagerEvents } from './events.ts'
import type { ManagedNetwork } from './managed-network.ts'
import type {
  GetOptions,
  ManagerStats,
  PublishOptions,
  PutOptions,
  PutReport,
  ReceiveOptions,
  RecordManagerParts,
  WatchOptions
} from './manager-options.ts'
import { Measures } from './measures.ts'
import type { Outcome } from './outcome.ts'
import { Publisher } from './publisher.ts'
import { RecordPath } from './record-path.ts'
import type { Origin } from './record-path.ts'
import type { RecordView } from './record-view.ts'
import type { RepublishStatus } from './republisher.ts'
import { repeat } from './repeat.ts'
import { Watchers } from './watchers.ts'
import type { Watched } from './watchers.ts'

/**
 * One object for the life of records: makes, stores, copies, finds, receives and keeps them. Every record takes one
 * path, whoever brings it; see `RecordPath`.
 */
export class RecordManager implements AsyncDisposable {
  readonly events: ManagerEvents = new ManagerEvents()
  readonly #parts: RecordManagerParts
  readonly #setTimer: SetTimer
  readonly #path: RecordPath
  readonly #measures: Measures
  readonly #publisher: Publisher
  readonly #network: ManagedNetwork | undefined
  readonly #watchers = new Watchers()
  readonly #puts = new KeyLocks()
  #stopSweeping: (() => void) | undefined

  constructor(parts: RecordManagerParts) {
    const { engine, store, signer, clock = systemClock, setTimer = systemTimer } = parts
    this.#parts = parts
    this.#setTimer = setTimer
    const path = new RecordPath(parts)
    const network = parts.network?.({ engine, store, path, signer, events: this.events, clock, setTimer })
    this.#path = path
    this.#measures = new Measures(parts.metrics, engine)
    this.#network = network
    this.#publisher = new Publisher({ engine, store, path, signer, network, clock })
  }

  /**
   * Makes a record of `content`, stores it and copies it to the network.
   *
   * @param key - `/namespace/path`; text is encoded as UTF-8
   * @throws RecordError the refusal's code when the record is not taken here; `COPIES_NOT_REACHED` with the receipt in
   * `details` when too few peers took it: the record is kept, and tried again once the manager is started
   */
  async put(key: string | Uint8Array, content: Uint8Array, options: PutOptions = {}): Promise<PutReport> {
    return this.#put(toKey(key), content, false, options)
  }

  /**
   * Closes a key for good: no later record for it counts, a thief's neither. Only where the key itself names its owner.
   *
   * @param options - `lifetime`: how long, ns; 10 years when absent
   */
  async revoke(key: string | Uint8Array, options: PutOptions = {}): Promise<PutReport> {
    return this.#put(toKey(key), new Uint8Array(0), true, { lifetime: 3650n * day, ...options })
  }

  /** The application's bytes under a key; `undefined` when there is no valid record, or the key is closed. */
  async get(key: string | Uint8Array, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    const record = await this.getRecord(key, options)
    return record?.revoked === true ? undefined : record?.value
  }

  /**
   * The best valid record under a key, here or among peers. `undefined` is a miss; not being able to ask, with nothing
   * valid here, is an error.
   */
  async getRecord(key: string | Uint8Array, options: GetOptions = {}): Promise<RecordView | undefined> {
    return this.#measures.get(() => this.#getRecord(toKey(key), options))
  }

  /** Whether a valid record is held here; asks no network. */
  async has(key: string | Uint8Array, options: AbortOptions = {}): Promise<boolean> {
    return (await this.#path.held(toKey(key), options)) !== undefined
  }

  /** Forgets the record held here. Its mark stays: nothing older is taken afterwards. Copies elsewhere are not touched. */
  async delete(key: string | Uint8Array, options: AbortOptions = {}): Promise<boolean> {
    const recordKey = toKey(key)
    this.#network?.drop(recordKey)
    return this.#parts.store.delete(recordKey, options)
  }

  /** Valid records held here whose keys begin with `prefix`, in byte order of their keys. */
  async *list(prefix: string | Uint8Array = '', options: AbortOptions = {}): AsyncGenerator<RecordView> {
    for await (const stored of this.#parts.store.iterate({ prefix: toKey(prefix) }, signalOf(options))) {
      const held = await this.#path.check(stored, options)
      if (held !== undefined) yield held.view
    }
  }

  /**
   * Records under a key, or under all keys that begin with a prefix, as they are stored here. Of a slow reader's key only
   * the latest waits.
   */
  async *watch(
    watched: string | Uint8Array | { readonly prefix: string | Uint8Array },
    options: WatchOptions = {}
  ): AsyncGenerator<RecordView> {
    const ofPrefix = typeof watched === 'object' && 'prefix' in watched
    const what = ofPrefix ? { prefix: toKey(watched.prefix) } : { key: toKey(watched) }
    const watcher = this.#watchers.open(what, options.signal)
    const stopAsking =
      'key' in what && options.every !== undefined ? this.#askEvery(what.key, options.every) : undefined
    try {
      if (options.initial === true) yield* this.#held(what, options)
      for (let record = await watcher.next(); record !== undefined; record = await watcher.next()) yield record
    } finally {
      stopAsking?.()
      watcher.leave()
    }
  }

  /**
   * Takes a finished value as ours: stores it, copies it to the network and keeps it alive. For records that were made
   * elsewhere, or that this namespace does not make.
   *
   * @throws RecordError as `put`
   */
  async publish(key: string | Uint8Array, value: Uint8Array, options: PublishOptions = {}): Promise<PutReport> {
    return this.#copied(await this.#mustTake(toKey(key), value, options), options)
  }

  /** Takes a record that somebody hands us. Never throws for bad bytes: the outcome says what became of them. */
  async receive(key: Uint8Array, value: Uint8Array, options: ReceiveOptions = {}): Promise<Outcome> {
    const outcome = await this.#take(key, value, options, true)
    this.#network?.reads.forget(key)
    if (options.sender !== undefined) this.#parts.access?.report?.(options.sender, verdictOf(outcome))
    return outcome
  }

  /** Publishes a record held here again and again as it is, whoever signed it, until it expires. */
  async keepAlive(key: string | Uint8Array, options: AbortOptions = {}): Promise<boolean> {
    const held = await this.#path.held(toKey(key), options)
    if (held === undefined) return false
    await this.#parts.store.put({ ...held.stored, local: true }, signalOf(options))
    this.#network?.keep(held.stored.key, held.stored.published)
    return true
  }

  /** Records that are kept alive, with the time they are published next. */
  get schedule(): RepublishStatus[] {
    return this.#network?.schedule ?? []
  }

  async stats(): Promise<ManagerStats> {
    return {
      store: await this.#parts.store.stats(),
      verdicts: this.#parts.engine.verdicts.stats,
      reads: this.#network?.reads.stats ?? { asking: 0, remembered: 0 },
      watchers: this.#watchers.size,
      scheduled: this.#network?.scheduled ?? 0
    }
  }

  /** Begins to keep records alive, going on where an earlier run stopped, and to sweep what has expired. */
  async start(): Promise<void> {
    await this.#network?.start()
    this.#stopSweeping?.()
    // a sweep that fails costs room and no record: what has expired is not returned anyway
    const sweep = (): Promise<void> => this.#measures.sweep(this.#parts.store)
    this.#stopSweeping = repeat(sweep, this.#parts.sweepInterval ?? 600_000, this.#setTimer)
  }

  /** Ends watching and republishing; what is under way is waited for. The manager can be started again. */
  async stop(): Promise<void> {
    this.#stopSweeping?.()
    this.#watchers.end()
    await this.#network?.stop()
  }

  /** Stops, and closes the store. */
  async close(): Promise<void> {
    await this.stop()
    await this.#parts.store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #getRecord(recordKey: Uint8Array, options: GetOptions): Promise<RecordView | undefined> {
    const held = await this.#path.held(recordKey, options)
    options.onProgress?.({ type: 'record:get:held', detail: held?.view })
    if (this.#network === undefined || options.offline === true) return held?.view
    options.onProgress?.({ type: 'record:get:asking', detail: undefined })
    const best = await this.#network.reads.best(recordKey, held?.opened, options)
    const found = best === undefined || best === held?.opened ? held?.view : await this.#takeFound(best, options)
    options.onProgress?.({ type: 'record:get:found', detail: found })
    return found
  }

  /** Keeps what peers answered. What ranks below a record that was here before is no answer, however valid it is. */
  async #takeFound(best: OpenedRecord, options: GetOptions): Promise<RecordView | undefined> {
    const { outcome, opened } = await this.#take(best.key, best.value, signalOf(options), false)
    if (outcome === 'stored' || outcome === 'refreshed' || outcome === 'quota') return this.#path.view(opened ?? best)
    return (await this.#path.held(best.key, options))?.view
  }

  async #put(key: Uint8Array, content: Uint8Array, revoked: boolean, options: PutOptions): Promise<PutReport> {
    const report = await this.#puts.run([mapKey(key)], async () => {
      options.signal?.throwIfAborted()
      const value = await this.#publisher.seal(key, content, revoked, options)
      return this.#mustTake(key, value, options)
    })
    return this.#copied(report, options)
  }

  /** Copies what was stored, where there is a network and it was not to be left alone. */
  async #copied(report: PutReport, options: PublishOptions): Promise<PutReport> {
    const { record } = report
    this.#network?.reads.forget(record.key)
    options.onProgress?.({ type: 'record:put:stored', detail: record })
    if (this.#network === undefined || options.offline === true) return report
    const receipt = await this.#network.replicate(record, options)
    options.onProgress?.({ type: 'record:put:copied', detail: receipt })
    return { ...report, receipt }
  }

  async *#held(watched: Watched, options: AbortOptions): AsyncGenerator<RecordView> {
    if ('prefix' in watched) yield* this.list(watched.prefix, options)
    else {
      const held = await this.#path.held(watched.key, options)
      if (held !== undefined) yield held.view
    }
  }

  /** Asks peers for a key again and again; what is new reaches those who watch. A failed question is asked again. */
  #askEvery(key: Uint8Array, milliseconds: number): () => void {
    return repeat(() => this.getRecord(key, { fresh: true }), milliseconds, this.#setTimer)
  }

  async #mustTake(key: Uint8Array, value: Uint8Array, options: AbortOptions): Promise<PutReport> {
    const { opened, outcome, code, message, cause } = await this.#take(
      key,
      value,
      { ...signalOf(options), local: true },
      false
    )
    // what is held may be more than what was handed in, where records are merged
    if (opened !== undefined && (outcome === 'stored' || outcome === 'refreshed'))
      return { record: this.#path.view(opened), outcome }
    throw new RecordError(code ?? 'STALE', message ?? `the record was ${outcome}`, {
      key,
      ...(cause === undefined ? {} : { cause })
    })
  }

  /** The one path, and who is to know what came of it. */
  async #take(key: Uint8Array, value: Uint8Array, origin: Origin, tellRefusals: boolean): Promise<Outcome> {
    const outcome = await this.#measures.take(key, () => this.#path.take(key, value, origin))
    if (outcome.equivocation !== undefined) this.events.tell('record:equivocation', outcome.equivocation)
    if (outcome.opened !== undefined && (outcome.outcome === 'stored' || outcome.outcome === 'refreshed')) {
      const record = this.#path.view(outcome.opened)
      if (outcome.outcome === 'stored') this.#watchers.tell(record)
      this.events.tell('record:stored', record)
    } else if (tellRefusals) this.events.tell('record:refused', { key, outcome })
    return outcome
  }
}

function verdictOf({ outcome }: Outcome): 'accept' | 'ignore' | 'reject' {
  if (outcome === 'rejected') return 'reject'
  return outcome === 'stored' || outcome === 'refreshed' ? 'accept' : 'ignore'
}
