import { copyBytes, RecordError } from '@recordkit/record-types'
import type { AbortOptions, ManagerStats, Namespace, PeerId, Signer, TypedContent } from '@recordkit/record-types'
import { checkDuration, describe, ownCopy } from '@recordkit/record-types/internal'
import {
  checkContent,
  checkManagerOptions,
  checkPutOptions,
  checkPutSignedOptions,
  checkSignal,
  checkWatchOptions
} from './check-options.ts'
import { composeManager } from './compose-manager.ts'
import { ManagerEvents } from './events.ts'
import { checkSigner } from './key-chain.ts'
import type { KeyChain } from './key-chain.ts'
import type {
  GetOptions,
  PublicationView,
  PutOptions,
  PutResult,
  PutSignedOptions,
  ReceiveOptions,
  RecordManagerOptions,
  WatchOptions
} from './manager-options.ts'
import { managerParts } from './manager-parts.ts'
import type { ManagerParts } from './manager-parts.ts'
import { NamespaceRecords } from './namespace-records.ts'
import type { RepublishQueueEntry } from './publication-queue.ts'
import { PublishedKeys } from './published-keys.ts'
import { readRecord } from './read-record.ts'
import type { ReceiveResult } from './receive-result.ts'
import { RecordKeys } from './record-keys.ts'
import type { RecordView } from './record-view.ts'
import { RecordWriter } from './record-writer.ts'
import { startSweeping } from './sweeping.ts'
import { storedRecords, watchRecords } from './watch-records.ts'

/** A key, or the beginning of several. */
type WatchedKeys = string | Uint8Array | { readonly prefix: string | Uint8Array }

/** ms: ten years */
const revocationLifetime = 315_360_000_000

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
  readonly #parts: ManagerParts
  readonly #keys: RecordKeys
  readonly #writer: RecordWriter
  readonly #publications: PublishedKeys
  readonly #sweepInterval: number
  #stopSweeping: (() => Promise<void>) | undefined
  #isClosed = false

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(options: RecordManagerOptions) {
    checkManagerOptions(options)
    const parts = composeManager(options, this.events)
    this.signers = parts.signers
    this.#parts = parts
    this.#keys = new RecordKeys(parts.engine)
    this.#writer = new RecordWriter(parts)
    this.#publications = new PublishedKeys(parts)
    this.#sweepInterval = checkDuration(options.sweepInterval, 'sweepInterval', 600_000)
    managerParts.set(this, parts)
    options.metrics?.readStats?.(() => this.stats())
  }

  /** The peer ID of the default signer. */
  get peerId(): PeerId | undefined {
    const signer = this.signers.default
    return signer && this.#parts.engine.authorOf(signer)
  }

  /** The peer ID of a signer: the author of the records that it signs. @throws RecordError `INVALID_ARGUMENT` for an object that cannot sign */
  peerIdOf(signer: Signer): PeerId {
    checkSigner(signer)
    return this.#parts.engine.authorOf(signer)
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
    return this.#keys.parse(key)
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
    if (!this.#parts.engine.namespaces.includes(namespace))
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
    return this.#writer.put(this.#keys.known(key), copyBytes(content), false, options)
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
    checkPutOptions(options, this.#parts.network !== undefined)
    const { lifetime = revocationLifetime } = options
    return this.#writer.put(this.#keys.known(key), new Uint8Array(0), true, { ...options, lifetime })
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
  async get(key: string | Uint8Array, options: GetOptions = {}): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const record = await this.getRecord(key, options)
    return record?.revoked === true ? undefined : record?.content
  }

  /**
   * The best valid record of a key, stored here or found among peers. `undefined` means that there is none.
   *
   * @throws RecordError `NAMESPACE_UNKNOWN` when this manager does not have the namespace of the key; the error of the network when peers
   * could not be asked and no valid record is stored here; the reason of the signal
   * @example
   * ```ts
   * const record = await manager.getRecord('/config/…')
   * console.log(record?.author, record?.sequence)
   * ```
   */
  async getRecord(key: string | Uint8Array, options: GetOptions = {}): Promise<RecordView | undefined> {
    return this.#parts.metrics.get(() => readRecord(this.#parts, this.#keys.known(key), options))
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
    checkSignal(options)
    const { pipeline } = this.#parts
    const record = await pipeline.read(this.#keys.stored(key), options)
    return record !== undefined && (await pipeline.isPublic(record.stored, options)) ? record.view : undefined
  }

  /** Whether a valid record is stored here. Does not ask peers. @throws RecordError `NAMESPACE_UNKNOWN` */
  async has(key: string | Uint8Array, options: AbortOptions = {}): Promise<boolean> {
    checkSignal(options)
    const stored = this.#keys.stored(key)
    this.#keys.assertKnown(stored)
    return (await this.#parts.pipeline.read(stored, options)) !== undefined
  }

  /**
   * Deletes the record that is stored here, also of a namespace that this manager does not have any more. Its mark stays, so that no older
   * record is accepted. Copies on peers are kept. Returns whether there was one.
   *
   * @throws RecordError `NAMESPACE_UNKNOWN` when there was none, and this manager does not have the namespace
   */
  async delete(key: string | Uint8Array, options: AbortOptions = {}): Promise<boolean> {
    checkSignal(options)
    const stored = this.#keys.stored(key)
    const isDeleted = await this.#publications.deleteRecord(stored, options.signal)
    // a record of an earlier configuration is deleted
    if (!isDeleted) this.#keys.assertKnown(stored)
    return isDeleted
  }

  /**
   * The valid records stored here whose keys begin with `prefix`, in byte order of their keys.
   *
   * @throws RecordError `NAMESPACE_UNKNOWN` when the prefix names a namespace that this manager does not have
   * @example
   * ```ts
   * for await (const record of manager.list('/config/')) console.log(record.key)
   * ```
   */
  list(prefix: string | Uint8Array = '', options: AbortOptions = {}): AsyncGenerator<RecordView> {
    // it is read later
    return this.#list(ownCopy(prefix), options)
  }

  async *#list(prefix: string | Uint8Array, options: AbortOptions): AsyncGenerator<RecordView> {
    checkSignal(options)
    yield* storedRecords(this.#parts, { prefix: this.#keys.knownPrefix(prefix) }, options)
  }

  /**
   * The records of a key, or of all keys that begin with a prefix, whenever one is stored here. A slow reader receives only
   * the latest record of each key. Ends when the manager stops. With PubSub, it subscribes to the topic of a single key.
   *
   * @throws RecordError `NAMESPACE_UNKNOWN`; the reason of the signal; without `pollInterval` also RecordError `QUOTA` when there are too many topics, `ROUTING_FAILED`
   * when the topic could not be joined
   * @example
   * ```ts
   * for await (const record of manager.watch({ prefix: '/config/' }, { initial: true })) console.log(record.content)
   * ```
   */
  watch(watched: WatchedKeys, options: WatchOptions = {}): AsyncGenerator<RecordView> {
    return this.#watch(ownCopy(watched), options)
  }

  async *#watch(watched: WatchedKeys, options: WatchOptions): AsyncGenerator<RecordView> {
    const isPrefix = typeof watched === 'object' && 'prefix' in watched
    checkWatchOptions(options, isPrefix, this.#parts.network !== undefined)
    // nothing would ever be stored, and nothing would end it
    if (this.#isClosed) throw new RecordError('STORE_CLOSED', 'the manager is closed')
    const target = isPrefix ? { prefix: this.#keys.knownPrefix(watched.prefix) } : { key: this.#keys.known(watched) }
    yield* watchRecords(this.#parts, target, options)
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
    checkPutSignedOptions(options, this.#parts.network !== undefined)
    return this.#writer.putSigned(this.#keys.known(key), value, options)
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
    return this.#parts.receiver.receive(key, value, options)
  }

  /**
   * Republishes the stored record of a key until it expires, unchanged and also when it is of another author. Returns whether
   * there is one.
   *
   * @throws RecordError `NAMESPACE_UNKNOWN`
   * @example
   * ```ts
   * await manager.getRecord(key)
   * await manager.republish(key)
   * ```
   */
  async republish(key: string | Uint8Array, options: AbortOptions = {}): Promise<boolean> {
    checkSignal(options)
    return this.#publications.republish(this.#keys.known(key), options.signal)
  }

  /**
   * Stops publishing and renewing a key. The record stays until it expires. One that was put offline is not served to peers
   * afterwards either. Returns whether the key was published.
   *
   * @throws RecordError `NAMESPACE_UNKNOWN` when it was not, and this manager does not have the namespace
   * @example
   * ```ts
   * await manager.unpublish('/config/…')
   * ```
   */
  async unpublish(key: string | Uint8Array, options: AbortOptions = {}): Promise<boolean> {
    checkSignal(options)
    const stored = this.#keys.stored(key)
    const isUnpublished = await this.#publications.unpublish(stored, options.signal)
    if (!isUnpublished) this.#keys.assertKnown(stored)
    return isUnpublished
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
  publications(
    prefix: string | Uint8Array = '',
    options: AbortOptions = {}
  ): AsyncGenerator<PublicationView, undefined> {
    return this.#listPublications(ownCopy(prefix), options)
  }

  async *#listPublications(
    prefix: string | Uint8Array,
    options: AbortOptions
  ): AsyncGenerator<PublicationView, undefined> {
    checkSignal(options)
    return yield* this.#publications.list(this.#keys.prefix(prefix), options.signal)
  }

  /** The records that are republished, each with the time of its next publication. */
  get republishQueue(): RepublishQueueEntry[] {
    return this.#parts.publications.entries
  }

  /** Numbers that describe the present state. */
  async stats(): Promise<ManagerStats> {
    return {
      store: await this.#parts.store.stats(),
      verdicts: this.#parts.engine.verdicts.stats,
      lookups: this.#parts.network?.lookups.stats ?? { running: 0, cached: 0 },
      watchers: this.#parts.watchers.size,
      queue: this.#parts.publications.stats
    }
  }

  /**
   * Starts to republish records, continuing the queue of an earlier run, and to sweep expired records.
   *
   * @throws RecordError `STORE_CLOSED`
   */
  async start(): Promise<void> {
    if (this.#isClosed)
      throw new RecordError(
        'STORE_CLOSED',
        'the manager was closed together with its store; make another one to start it'
      )
    // before records are received: their times of receipt are those of the clock that is checked
    await this.#parts.clockCheck.read()
    await this.#parts.network?.startPubsub(this, this.#parts.store)
    await this.#parts.publications.start()
    void this.#stopSweeping?.()
    this.#stopSweeping = startSweeping(this.#sweepInterval, this.#parts)
  }

  /**
   * Ends all watchers, stops republishing and waits for publications in progress and for the background of puts, at most for the
   * timeout of each. The manager can be started again.
   */
  async stop(): Promise<void> {
    const sweepingStopped = this.#stopSweeping?.()
    this.#parts.watchers.end()
    await this.#parts.network?.pubsub?.stop()
    await Promise.all([sweepingStopped, this.#parts.publications.stop()])
    await this.#parts.network?.settled()
  }

  /** Stops the manager and closes the store. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.stop()
    await this.#parts.store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
