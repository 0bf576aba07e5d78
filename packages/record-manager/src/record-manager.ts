import { parseRecordKey } from '@recordkit/record-codec'
import { copyBytes, equalBytes, isRefusal, RecordError, systemClock, systemTimer } from '@recordkit/record-types'
import type {
  AbortOptions,
  Clock,
  Namespace,
  PeerId,
  SetTimer,
  Signer,
  TypedContent,
  UnverifiedRecord,
  VerifiedRecord
} from '@recordkit/record-types'
import {
  checkDuration,
  describe,
  isBytes,
  isLocalDecision,
  KeyedMutex,
  mapKey,
  nanosecondsOf,
  raceAbort
} from '@recordkit/record-types/internal'
import type { Publication, RecordStore } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import {
  checkBoolean,
  checkContent,
  checkGetOptions,
  checkManagerOptions,
  checkPutOptions,
  checkReceiveOptions,
  checkTtl,
  checkWatchOptions
} from './check-options.ts'
import { ClockCheck } from './clock-check.ts'
import { ManagerEvents } from './events.ts'
import { startInterval } from './interval.ts'
import { KeyChain } from './key-chain.ts'
import type {
  GetOptions,
  ManagerStats,
  PublicationView,
  PutOptions,
  PutResult,
  PutSignedOptions,
  ReceiveOptions,
  RecordManagerOptions,
  WatchOptions
} from './manager-options.ts'
import type { LookupResult } from './lookup-cache.ts'
import { managerParts } from './manager-parts.ts'
import { ManagerMetrics } from './metrics.ts'
import type { ReceiveResult } from './receive-result.ts'
import { RecordPipeline } from './record-pipeline.ts'
import type { Origin } from './record-pipeline.ts'
import { RecordSigner } from './record-signer.ts'
import { NamespaceRecords } from './namespace-records.ts'
import type { RecordView } from './record-view.ts'
import { isDisplaced } from './is-displaced.ts'
import { PublicationQueue } from './publication-queue.ts'
import type { RepublishQueueEntry } from './publication-queue.ts'
import { lifetimeOf } from './renew-record.ts'
import type { Replicator } from './replication.ts'
import { checkRepublishOptions } from './republish-options.ts'
import { startSweeping } from './sweeping.ts'
import { Watchers } from './watchers.ts'
import type { Watched } from './watchers.ts'

/** ms: ten years */
const revocationLifetime = 315_360_000_000
/** How often a put is made anew when other processes put records under the same key meanwhile. */
const maxAttempts = 32
/** ms: the longest pause between two attempts */
const maxPause = 250

/**
 * The API for applications: makes, stores, copies, finds, receives and republishes records. All records, from every source,
 * pass the same checks; see `RecordPipeline`. Every call with a wrong option rejects with `INVALID_ARGUMENT` and changes
 * nothing.
 *
 * @example
 * ```ts
 * const manager = new RecordManager({ engine, store: new MemoryRecordStore(), signer })
 * await manager.start()
 * await manager.put('/config/…', new TextEncoder().encode('{"colour":"green"}'))
 * await manager.close()
 * ```
 */
export class RecordManager implements AsyncDisposable {
  readonly events: ManagerEvents = new ManagerEvents()
  /** the signers of the records that are put and renewed */
  readonly signers: KeyChain
  readonly #engine: ValidationEngine
  readonly #store: RecordStore
  readonly #clock: Clock
  readonly #setTimer: SetTimer
  readonly #sweepInterval: number
  readonly #pipeline: RecordPipeline
  readonly #metrics: ManagerMetrics
  readonly #recordSigner: RecordSigner
  readonly #clockCheck: ClockCheck
  readonly #network: Replicator | undefined
  readonly #publications: PublicationQueue
  readonly #watchers = new Watchers()
  readonly #puts = new KeyedMutex()
  #stopSweeping: (() => void) | undefined

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(options: RecordManagerOptions) {
    checkManagerOptions(options)
    const { access, store, signer, groupOf, clock = systemClock, setTimer = systemTimer } = options
    const engine = access === undefined ? options.engine : options.engine.withAccess(access)
    const pipeline = new RecordPipeline({ engine, store, groupOf, clock })
    const clockCheck = new ClockCheck(store, clock, checkBoolean(options.trustClock, 'trustClock', false))
    const signers = new KeyChain((of) => engine.authorOf(of), signer, options.signers)
    const network = options.network?.({ engine, clock })
    const metrics = new ManagerMetrics(options.metrics, engine)
    this.signers = signers
    this.#engine = engine
    this.#store = store
    this.#clock = clock
    this.#setTimer = setTimer
    this.#sweepInterval = checkDuration(options.sweepInterval, 'sweepInterval', 600_000)
    this.#pipeline = pipeline
    this.#metrics = metrics
    this.#network = network
    this.#recordSigner = new RecordSigner({ engine, store, pipeline, signers, network, clock, clockCheck })
    this.#clockCheck = clockCheck
    managerParts.set(this, {
      engine,
      store,
      clock,
      network,
      publishSoon: (key) => this.#publications.addNow(key),
      process: (...record) => this.#process(...record)
    })
    this.#publications = new PublicationQueue({
      engine,
      store,
      pipeline,
      signers,
      network,
      republish: network?.republish ?? checkRepublishOptions(engine),
      events: this.events,
      metrics,
      clock,
      clockCheck,
      setTimer,
      process: (key, value, origin) => this.#process(key, value, origin)
    })
  }

  /** The peer ID of the default signer. */
  get peerId(): PeerId | undefined {
    const signer = this.signers.default
    return signer && this.#engine.authorOf(signer)
  }

  /** The peer ID of a signer: the author of the records that it signs. */
  peerIdOf(signer: Signer): PeerId {
    return this.#engine.authorOf(signer)
  }

  /**
   * The record key that a text means, such as `/ipns/k51…`, as every method reads it.
   *
   * @throws RecordError `RECORD_KEY_INVALID`, `TEXT_INVALID`, `INVALID_ARGUMENT`
   * @example
   * ```ts
   * const key = manager.parseKey('/pk/12D3KooW…')
   * ```
   */
  parseKey(key: string | Uint8Array): Uint8Array {
    return this.#key(key)
  }

  /**
   * The records of one namespace, with content in the types of its schema.
   *
   * @throws RecordError `INVALID_ARGUMENT` when the engine does not contain the namespace
   * @example
   * ```ts
   * const mine = manager.namespace(config)
   * await mine.put('app', { colour: 'green' })
   * ```
   */
  namespace<Input, Output>(namespace: Namespace & TypedContent<Input, Output>): NamespaceRecords<Input, Output>
  namespace(namespace: Namespace): NamespaceRecords<Uint8Array, Uint8Array>
  namespace<Input, Output>(
    namespace: Namespace & Partial<TypedContent<Input, Output>>
  ): NamespaceRecords<Input, Output> {
    if (!this.#engine.namespaces.includes(namespace))
      throw new RecordError(
        'INVALID_ARGUMENT',
        `the engine of this manager does not contain the namespace ${typeof namespace?.name === 'string' ? `"${namespace.name}"` : `(found ${describe(namespace)})`}; pass it to \`new ValidationEngine([…])\``
      )
    return new NamespaceRecords(this, namespace)
  }

  /**
   * Makes a record with `content`, stores it and copies it to the network. It is signed by `options.signer`, else by the signer of
   * the owner whom the key names, else by the default signer.
   *
   * @param key - `/namespace/path`; text is encoded as UTF-8
   * @throws RecordError the code of the refusal when the record is not accepted; `TOO_FEW_COPIES` with the receipt in
   * `details` when too few peers stored it: the record is stored here, and published again once the manager is started
   * @example
   * ```ts
   * const { record, receipt } = await manager.put(key, content, { copies: 3, lifetime: 86_400_000 })
   * ```
   */
  async put(key: string | Uint8Array, content: Uint8Array, options: PutOptions = {}): Promise<PutResult> {
    checkContent(content)
    return this.#put(this.#key(key), copyBytes(content), false, options)
  }

  /**
   * Revokes a key: no later record under it is accepted, not even one that is signed with a stolen private key. A revocation
   * does not expire. Works only for signed records whose key names its owner.
   *
   * @param options - `lifetime`: ms after which implementations that let revocations expire forget it.
   * @default 315_360_000_000 (10 years)
   * @throws RecordError as `put`; `REVOCATION_UNSUPPORTED` when the key does not name its owner, or its format has no
   * revocations (IPNS, public keys, merged records): nothing is signed. What the owner of a leaked IPNS key can do is in
   * docs/guides/leaked-ipns-key.md
   * @example
   * ```ts
   * await manager.revoke(ownedKey('config', signer.peerId, 'app'))
   * ```
   */
  async revoke(key: string | Uint8Array, options: PutOptions = {}): Promise<PutResult> {
    checkPutOptions(options, this.#network !== undefined)
    const { lifetime = revocationLifetime } = options
    return this.#put(this.#key(key), new Uint8Array(0), true, { ...options, lifetime })
  }

  /**
   * The content of a key; `undefined` when there is no valid record, or the key is revoked.
   *
   * @throws as `getRecord`
   * @example
   * ```ts
   * const content = await manager.get('/config/…', { timeout: 5000 })
   * ```
   */
  async get(key: string | Uint8Array, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    const record = await this.getRecord(key, options)
    return record?.revoked === true ? undefined : record?.content
  }

  /**
   * The best valid record of a key, stored here or found among peers. `undefined` means that there is none.
   *
   * @throws the error of the network when peers could not be asked and no valid record is stored here; the reason of the signal
   * @example
   * ```ts
   * const record = await manager.getRecord('/config/…')
   * console.log(record?.author, record?.sequence)
   * ```
   */
  async getRecord(key: string | Uint8Array, options: GetOptions = {}): Promise<RecordView | undefined> {
    return this.#metrics.get(() => this.#getRecord(this.#key(key), options))
  }

  /**
   * The valid record stored here that peers may receive. `undefined` when there is none, or when it was put with `offline: true` or
   * without a network.
   *
   * @example
   * ```ts
   * const record = await manager.getForPeers(key)
   * ```
   */
  async getForPeers(key: string | Uint8Array, options: AbortOptions = {}): Promise<RecordView | undefined> {
    const recordKey = this.#storedKey(key)
    const record = await this.#pipeline.read(recordKey, options)
    // the publication is read last: a record that is put offline meanwhile is not returned
    return record === undefined || (await this.#pipeline.isOffline(recordKey, options)) ? undefined : record.view
  }

  /** Whether a valid record is stored here. Does not ask peers. */
  async has(key: string | Uint8Array, options: AbortOptions = {}): Promise<boolean> {
    return (await this.#pipeline.read(this.#storedKey(key), options)) !== undefined
  }

  /** Deletes the record that is stored here. Its mark stays, so that no older record is accepted. Copies on peers are kept. */
  async delete(key: string | Uint8Array, { signal }: AbortOptions = {}): Promise<boolean> {
    const recordKey = this.#storedKey(key)
    this.#publications.remove(recordKey)
    this.#network?.lookups.forget(recordKey)
    return this.#unlessFailed(recordKey, () => this.#store.delete(recordKey, { signal }))
  }

  /**
   * The valid records stored here whose keys begin with `prefix`, in byte order of their keys.
   *
   * @example
   * ```ts
   * for await (const record of manager.list('/config/')) console.log(record.key)
   * ```
   */
  async *list(prefix: string | Uint8Array = '', { signal }: AbortOptions = {}): AsyncGenerator<RecordView> {
    for await (const stored of this.#store.iterate({ prefix: this.#prefix(prefix) }, { signal })) {
      const record = await this.#pipeline.check(stored, { signal })
      if (record !== undefined) yield record.view
    }
  }

  /**
   * The records of a key, or of all keys that begin with a prefix, whenever one is stored here. A slow reader receives only
   * the latest record of each key. Ends when the manager stops.
   *
   * @throws the reason of the signal
   * @example
   * ```ts
   * for await (const record of manager.watch({ prefix: '/config/' }, { initial: true })) console.log(record.content)
   * ```
   */
  async *watch(
    watched: string | Uint8Array | { readonly prefix: string | Uint8Array },
    options: WatchOptions = {}
  ): AsyncGenerator<RecordView> {
    const isPrefix = typeof watched === 'object' && 'prefix' in watched
    checkWatchOptions(options, isPrefix, this.#network !== undefined)
    const { signal, initial = false, pollInterval } = options
    const target = isPrefix ? { prefix: this.#prefix(watched.prefix) } : { key: this.#key(watched) }
    const watcher = this.#watchers.open(target, signal)
    const stopPolling = 'key' in target && pollInterval !== undefined ? this.#poll(target.key, pollInterval) : undefined
    try {
      if (initial) yield* this.#stored(target, { signal })
      for (let record = await watcher.next(); record !== undefined; record = await watcher.next()) yield record
    } finally {
      stopPolling?.()
      watcher.remove()
    }
  }

  /**
   * Puts a signed value: stores it, copies it to the network and republishes it. For records that were made elsewhere, or
   * whose namespace cannot make them here.
   *
   * @throws RecordError as `put`
   * @example
   * ```ts
   * await manager.putSigned(ipnsRoutingKey(signer.peerId), await createIpnsRecord(content, { signer }))
   * ```
   */
  async putSigned(key: string | Uint8Array, value: Uint8Array, options: PutSignedOptions = {}): Promise<PutResult> {
    checkPutOptions(options, this.#network !== undefined)
    const recordKey = this.#key(key)
    const ownValue = isBytes(value) ? copyBytes(value) : value
    const decoded = this.#decode(recordKey, ownValue)
    const signer = this.#isOurs(decoded?.author) ? decoded?.author : undefined
    const publication = this.#publicationOf(recordKey, decoded, options, signer)
    const put = await this.#putOwn(recordKey, ownValue, { signal: options.signal, decoded, publication })
    return this.#replicated(put as OwnPut, publication, options)
  }

  /**
   * Receives a record from a peer or another source. Does not throw for bad bytes: the result contains the reason of a refusal.
   *
   * @throws the error of the store; the reason of the signal
   * @example
   * ```ts
   * const { status, code } = await manager.receive(key, value, { sender: peerId })
   * ```
   */
  async receive(key: Uint8Array, value: Uint8Array, options: ReceiveOptions = {}): Promise<ReceiveResult> {
    checkReceiveOptions(options)
    const recordKey = isBytes(key) ? copyBytes(key) : key
    const { signal } = options
    const sender = options.sender && copyBytes(options.sender)
    const group = options.group && copyBytes(options.group)
    const result = await this.#process(recordKey, value, { sender, group, signal })
    if (result.status !== 'stored' && result.status !== 'refreshed')
      this.events.dispatch('record:refused', { key: recordKey, result })
    // not after other results: a peer that sends anything would make every get ask the network
    if (result.status === 'stored') this.#network?.lookups.forget(recordKey)
    if (sender !== undefined && !isLocalDecision(result.code))
      this.#engine.access?.report?.(sender, reportedStatus(result))
    return result
  }

  /**
   * Republishes the stored record of a key until it expires, unchanged and also when it is of another author. Returns whether
   * there is one.
   *
   * @example
   * ```ts
   * await manager.getRecord(key)
   * await manager.republish(key)
   * ```
   */
  async republish(key: string | Uint8Array, { signal }: AbortOptions = {}): Promise<boolean> {
    const record = await this.#pipeline.read(this.#key(key), { signal })
    if (record === undefined) return false
    const { key: recordKey, rank: ifRank } = record.stored
    const known = await this.#store.publication(recordKey, { signal })
    const isReplaced = known !== undefined && isDisplaced(record.verified, known)
    // the record of another author is published unchanged
    const publication = { ...(known === undefined || isReplaced ? { key: recordKey } : known), network: true }
    if (!(await this.#store.touch(recordKey, { ifRank, signal, publication }))) return false
    this.#publications.add(publication, record.view)
    return true
  }

  /**
   * Stops publishing and renewing a key. The record stays until it expires. One that was put offline is not served to peers
   * afterwards either. Returns whether the key was published.
   *
   * @example
   * ```ts
   * await manager.unpublish('/config/…')
   * ```
   */
  async unpublish(key: string | Uint8Array, { signal }: AbortOptions = {}): Promise<boolean> {
    const recordKey = this.#storedKey(key)
    this.#publications.remove(recordKey)
    return this.#unlessFailed(recordKey, async () => {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        // the rank is read first: a put in between changes it together with the publication
        const ifRank = (await this.#store.get(recordKey, { signal }))?.rank ?? null
        const known = await this.#store.publication(recordKey, { signal })
        if (known === undefined) return false
        const publication = known.network ? null : { key: recordKey, network: false }
        if (await this.#store.touch(recordKey, { ifRank, publication, signal })) return true
      }
      throw new RecordError('STORE_CONTENDED', 'other processes changed the key again and again', { key: recordKey })
    })
  }

  /**
   * The publications of the store whose keys begin with `prefix`, in byte order of their keys, also those whose records have
   * lapsed.
   *
   * @example
   * ```ts
   * for await (const { key, status, next, error } of manager.publications()) console.log(key, status, next, error)
   * ```
   */
  async *publications(
    prefix: string | Uint8Array = '',
    { signal }: AbortOptions = {}
  ): AsyncGenerator<PublicationView, undefined> {
    for await (const publication of this.#store.publications({ prefix: this.#prefix(prefix) }, { signal })) {
      const held = await this.#pipeline.held(publication.key, { signal })
      const isReplaced = held !== undefined && isDisplaced(held.record, publication)
      const entry = this.#publications.entry(publication.key)
      yield {
        ...publication,
        status:
          held === undefined ? 'missing' : isReplaced ? 'displaced' : held.refusal === undefined ? 'active' : 'lapsed',
        record: held && this.#pipeline.view(held.record, held.stored.timeReceived),
        next: entry?.next,
        failures: entry?.failures ?? 0,
        error: entry?.error
      }
    }
    return undefined
  }

  /** The records that are republished, each with the time of its next publication. */
  get republishQueue(): RepublishQueueEntry[] {
    return this.#publications.entries
  }

  /** Numbers that describe the present state. */
  async stats(): Promise<ManagerStats> {
    return {
      store: await this.#store.stats(),
      verdicts: this.#engine.verdicts.stats,
      lookups: this.#network?.lookups.stats ?? { running: 0, cached: 0 },
      watchers: this.#watchers.size,
      republished: this.#publications.size
    }
  }

  /** Starts to republish records, continuing the queue of an earlier run, and to sweep expired records. */
  async start(): Promise<void> {
    // before records are received: their times of receipt are those of the clock that is checked
    await this.#clockCheck.read()
    await this.#publications.start()
    this.#stopSweeping?.()
    this.#stopSweeping = startSweeping(() => this.#metrics.sweep(this.#store), this.#sweepInterval, {
      clock: this.#clock,
      setTimer: this.#setTimer
    })
  }

  /** Ends all watchers, stops republishing and waits for publications in progress. The manager can be started again. */
  async stop(): Promise<void> {
    this.#stopSweeping?.()
    this.#watchers.end()
    await this.#publications.stop()
  }

  /** Stops the manager and closes the store. */
  async close(): Promise<void> {
    await this.stop()
    await this.#store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** A record key in bytes of its own: the caller may change its bytes while a call waits. */
  #key(key: string | Uint8Array): Uint8Array {
    return copyBytes(this.#engine.parseKey(key))
  }

  /** As `#key`, without a check of bytes: a peer may ask for any key, and a store may contain those of an earlier configuration. */
  #storedKey(key: string | Uint8Array): Uint8Array {
    return typeof key === 'string' ? this.#key(key) : copyBytes(parseRecordKey(key))
  }

  /** A prefix as text may end anywhere before or within the path, and is read as a key where it has a path. */
  #prefix(prefix: string | Uint8Array): Uint8Array {
    const isPath = typeof prefix === 'string' && /^\/[^/]+\/./.test(prefix)
    return isPath ? this.#engine.parseKey(prefix) : copyBytes(parseRecordKey(prefix))
  }

  async #getRecord(recordKey: Uint8Array, options: GetOptions): Promise<RecordView | undefined> {
    checkGetOptions(options)
    const stored = await this.#pipeline.read(recordKey, options)
    options.onProgress?.({ type: 'record:get:stored', detail: stored?.view })
    const { onImproved } = options
    if (stored !== undefined) onImproved?.(stored.view)
    if (this.#network === undefined || options.offline === true) return stored?.view
    options.onProgress?.({ type: 'record:get:lookup', detail: undefined })
    const repair = stored === undefined || !(await this.#pipeline.isOffline(recordKey, options))
    const report = onImproved && ((record: VerifiedRecord): void => onImproved(this.#pipeline.view(record)))
    const best = await this.#network.lookups.best(recordKey, stored?.verified, {
      ...options,
      repair,
      onImproved: report
    })
    const found =
      best === undefined || best.record === stored?.verified ? stored?.view : await this.#storeFound(best, options)
    options.onProgress?.({ type: 'record:get:found', detail: found })
    return found
  }

  /** Stores the answer of peers. A record that ranks below one that was stored before is not returned. */
  async #storeFound(
    { record: decoded, sender }: LookupResult,
    { signal }: GetOptions
  ): Promise<RecordView | undefined> {
    const { key, value } = decoded
    const { status, record } = await this.#process(key, value, { sender, asked: true, decoded, signal })
    if (record !== undefined && (status === 'stored' || status === 'refreshed' || status === 'quota'))
      return this.#pipeline.view(record)
    return (await this.#pipeline.read(key, { signal }))?.view
  }

  async #put(key: Uint8Array, content: Uint8Array, revoked: boolean, options: PutOptions): Promise<PutResult> {
    checkPutOptions(options, this.#network !== undefined)
    this.#publications.checkInterval(key)
    const put = await this.#inTurn(key, options.signal, async () => {
      let stale: StaleRecord | undefined
      for (let attempt = 0; ; attempt++) {
        options.signal?.throwIfAborted()
        const { value, signer, ifRank, highestRank } = await this.#recordSigner.seal(key, content, revoked, options)
        // nothing was put meanwhile: the next record would rank below the mark too
        if (stale !== undefined && isSameRank(stale.highestRank, highestRank)) throw stale.error
        const decoded = this.#decode(key, value)
        const publication = this.#publicationOf(key, decoded, options, signer)
        const put = await this.#putOwn(key, value, { signal: options.signal, ifRank, decoded, publication })
        if ('result' in put) return { ...put, publication }
        // the record may have been stored, and replaced: the condition of this call may have been met
        if (put.cause !== undefined && options.ifSequence !== undefined) throw put.cause
        if (attempt === maxAttempts)
          throw new RecordError('STORE_CONTENDED', `other processes changed the key ${attempt} times in a row`, { key })
        stale = put.stale && { error: put.stale, highestRank }
        await this.#pause(attempt, options.signal)
      }
    })
    return this.#replicated(put, put.publication, options)
  }

  #decode(key: Uint8Array, value: Uint8Array): UnverifiedRecord | undefined {
    const parsed = this.#engine.parse(key, value)
    return isRefusal(parsed) ? undefined : parsed
  }

  /** Publishes a key further when it could not be deleted or unpublished. */
  async #unlessFailed(key: Uint8Array, work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work()
    } catch (error) {
      this.#publications.addNow(key)
      throw error
    }
  }

  /** Runs `work` after the earlier puts of a key. An abort ends the wait; work that has started ends by itself. */
  async #inTurn<Result>(
    key: Uint8Array,
    signal: AbortSignal | undefined,
    work: () => Promise<Result>
  ): Promise<Result> {
    let started = false
    const running = this.#puts.run([mapKey(key)], async () => {
      signal?.throwIfAborted()
      started = true
      return work()
    })
    return raceAbort(running, signal, () => !started)
  }

  /** Waits before the next attempt, longer after each, at random: the attempts of several processes would meet again. */
  async #pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
    const milliseconds = Math.floor(Math.min(maxPause, 2 ** attempt) * Math.random())
    if (milliseconds === 0) return
    let cancel: (() => void) | undefined
    const elapsed = new Promise<void>((resolve) => (cancel = this.#setTimer(resolve, milliseconds)))
    try {
      await raceAbort(elapsed, signal)
    } finally {
      cancel?.()
    }
  }

  /** How a record that is put is published from now on. */
  #publicationOf(
    key: Uint8Array,
    decoded: UnverifiedRecord | undefined,
    { lifetime, ttl, offline }: PutOptions,
    signer: PeerId | undefined
  ): Publication {
    const signedFor = decoded && lifetimeOf(decoded, this.#clock())
    if (ttl !== undefined && signedFor !== undefined) checkTtl(ttl, Number(signedFor / 1_000_000n))
    return {
      key,
      signer,
      lifetime: lifetime === undefined ? signedFor : nanosecondsOf(lifetime),
      ttl: ttl === undefined ? undefined : nanosecondsOf(ttl),
      network: this.#network !== undefined && offline !== true
    }
  }

  /** Copies what was stored, if there is a network and the call is not offline. */
  async #replicated(
    { result, verified }: OwnPut,
    publication: Publication,
    options: PutSignedOptions
  ): Promise<PutResult> {
    const { record } = result
    this.#network?.lookups.forget(record.key)
    options.onProgress?.({ type: 'record:put:stored', detail: record })
    if (this.#network === undefined || options.offline === true) {
      this.#publications.add(publication, record)
      return result
    }
    const receipt = await this.#publications.replicate(this.#network, record, publication, { ...options, verified })
    options.onProgress?.({ type: 'record:put:copied', detail: receipt })
    return { ...result, receipt }
  }

  #isOurs(author: PeerId | undefined): boolean {
    return author !== undefined && this.signers.get(author) !== undefined
  }

  async *#stored(watched: Watched, options: AbortOptions): AsyncGenerator<RecordView> {
    if ('prefix' in watched) yield* this.list(watched.prefix, options)
    else {
      const record = await this.#pipeline.read(watched.key, options)
      if (record !== undefined) yield record.view
    }
  }

  /** Looks a key up among peers at an interval, also after a failed look-up. New records reach the watchers. */
  #poll(key: Uint8Array, milliseconds: number): () => void {
    return startInterval(() => this.getRecord(key, { noCache: true }), milliseconds, this.#setTimer)
  }

  /** Stores a record of our own, or returns the cause of a conflict. @throws RecordError with the code of the refusal */
  async #putOwn(key: Uint8Array, value: Uint8Array, origin: Origin): Promise<OwnPut | Conflict> {
    const { record, status, code, message, cause } = await this.#process(key, value, origin)
    if (status === 'conflict') return { cause }
    if (status === 'stale' && origin.ifRank !== undefined)
      return { cause, stale: new RecordError('STALE', message ?? status, { key }) }
    // where records are merged, the stored record may be more than what was put
    if (record !== undefined && (status === 'stored' || status === 'refreshed'))
      return { result: { record: this.#pipeline.view(record), status }, verified: record }
    throw new RecordError(code ?? 'STALE', message ?? `the record was not stored: ${status}`, { key, cause })
  }

  /** Passes a record through the pipeline, and notifies watchers and listeners. */
  async #process(key: Uint8Array, value: Uint8Array, origin: Origin): Promise<ReceiveResult> {
    const result = await this.#metrics.receive(key, () => this.#pipeline.process(key, value, origin))
    const { status, record, equivocation } = result
    if (equivocation !== undefined) this.events.dispatch('record:equivocation', equivocation)
    if (record !== undefined && (status === 'stored' || status === 'refreshed')) {
      this.#clockCheck.stored()
      const view = this.#pipeline.view(record)
      if (status === 'stored') this.#watchers.notify(view)
      this.events.dispatch('record:stored', view)
      // the queue finds it too, when the store fails now
      if (result.replacedAuthor !== undefined) await this.#publications.authorChanged(view).catch(() => {})
    }
    return result
  }
}

/** A record of our own that was stored. */
interface OwnPut {
  readonly result: PutResult
  readonly verified: VerifiedRecord
}

/** Another record was stored since ours was made. */
interface Conflict {
  /** the error of an attempt whose result is unknown, when there was one */
  readonly cause: unknown
  /** set when the record ranks below a mark: another record was stored and deleted meanwhile, or the key was revoked */
  readonly stale?: RecordError | undefined
}

interface StaleRecord {
  readonly error: RecordError
  /** the highest rank that was known when the record was made */
  readonly highestRank: Uint8Array | undefined
}

function isSameRank(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b)
}

/** The status that is reported to access control, which scores the sender by it. */
function reportedStatus({ status }: ReceiveResult): 'accept' | 'ignore' | 'reject' {
  if (status === 'rejected') return 'reject'
  return status === 'stored' || status === 'refreshed' ? 'accept' : 'ignore'
}
