import { decodeProviderAddresses, encodeProviderAddresses, providerKey } from '@recordkit/record-codec'
import {
  checkBytes,
  checkCount,
  checkDuration,
  hasEnoughCopies,
  mapKey,
  nanosecondsOf,
  raceAbort,
  Republisher,
  takeUntilAborted
} from '@recordkit/record-types/internal'
import { isRecordError, limits, RecordError, systemClock, systemTimer } from '@recordkit/record-types'
import type {
  AbortOptions,
  Clock,
  PeerId,
  Provider,
  ReplicationReceipt,
  RecordRouting,
  RoutingAck,
  SetTimer
} from '@recordkit/record-types'
import { verificationTime, withTimeout } from './timeout.ts'
import { limitAddresses, limitOwnAddresses } from './address-limits.ts'
import { ProviderCache } from './provider-cache.ts'
import { ProviderConfirmations } from './provider-confirmations.ts'
import type { FoundProvider } from './provider-confirmations.ts'

/** The part of a `RecordManager` that is used for signed provider records. Its engine must have the `providers()` namespace. */
export interface SignedProviders {
  put(key: Uint8Array, content: Uint8Array, options?: AbortOptions): Promise<unknown>
  get(key: Uint8Array, options?: AbortOptions): Promise<Uint8Array | undefined>
}

export interface DhtProviderStoreOptions {
  readonly routing: RecordRouting
  /** publishes and reads signed provider records too; without it, found providers are unverified */
  readonly signed?: (SignedProviders & { readonly self: PeerId; addresses(): readonly Uint8Array[] }) | undefined
  /** ms between two announcements. @default 79_200_000 (22 hours) */
  readonly republishInterval?: number | undefined
  /** ms for which a provider is cached. @default 172_800_000 (48 hours) */
  readonly maxProviderAge?: number | undefined
  /** ms for which the addresses of a provider are cached. @default 86_400_000 (24 hours) */
  readonly maxAddressAge?: number | undefined
  /** maximum number of providers of one multihash. @default 20 */
  readonly maxProviders?: number | undefined
  /** maximum number of multihashes whose providers are cached. @default 1024 */
  readonly maxMultihashes?: number | undefined
  /** number of sent announcements below which `addProvider` fails. @default 1 */
  readonly copies?: number | undefined
  /** ms that a call may take; `Infinity` means no timeout. @default 30_000 */
  readonly timeout?: number | undefined
  readonly clock?: Clock | undefined
  readonly setTimer?: SetTimer | undefined
}

export interface GetProvidersOptions extends AbortOptions {
  /** ask no peers */
  readonly offline?: boolean | undefined
  /** ms; `Infinity` means no timeout. @default the `timeout` of the store */
  readonly timeout?: number | undefined
}

export type { FoundProvider }

/** A multihash that is announced. */
interface Provided {
  readonly multihash: Uint8Array
  /** ns since the Unix epoch; when it is announced next */
  next: bigint
  /** failures in a row */
  failures: number
}

/** ns before a failed announcement is tried again; doubled after every failure, up to 2^10 times and the interval */
const retry = 60_000_000_000n
const maxDoublings = 10
/** maximum number of announcements at the same time */
const concurrency = 4
const defaultTimeout = 30_000
/** maximum number of providers that are asked for a signed record in one search, as a multiple of `maxProviders` */
const maxCandidates = 5

/**
 * Announces the content that this node provides, repeatedly, and finds providers of content. A peer of the DHT can return any
 * peer as a provider: with signed provider records, `signed` of each result tells whether the provider itself confirms it.
 *
 * @example
 * ```ts
 * const providers = new DhtProviderStore({ routing: kadDhtRouting(libp2p.services.dht) })
 * await providers.addProvider(cid.multihash.bytes)
 * ```
 */
export class DhtProviderStore {
  readonly #options: DhtProviderStoreOptions
  readonly #clock: Clock
  readonly #setTimer: SetTimer
  readonly #timeout: number
  readonly #copies: number
  readonly #maxProviders: number
  readonly #interval: bigint
  readonly #cache: ProviderCache
  readonly #provided = new Map<string, Provided>()
  readonly #republisher: Republisher

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(options: DhtProviderStoreOptions) {
    const { clock = systemClock, setTimer = systemTimer } = options
    this.#options = options
    this.#clock = clock
    this.#setTimer = setTimer
    this.#timeout = checkDuration(options.timeout, 'timeout', defaultTimeout)
    this.#copies = checkCount(options.copies, 'copies', 1, 0)
    this.#maxProviders = checkCount(options.maxProviders, 'maxProviders', 20)
    this.#interval = nanosecondsOf(checkDuration(options.republishInterval, 'republishInterval', 79_200_000))
    this.#cache = new ProviderCache({
      clock,
      maxProviderAge: nanosecondsOf(checkDuration(options.maxProviderAge, 'maxProviderAge', 172_800_000)),
      maxAddressAge: nanosecondsOf(checkDuration(options.maxAddressAge, 'maxAddressAge', 86_400_000)),
      maxProviders: this.#maxProviders,
      maxMultihashes: checkCount(options.maxMultihashes, 'maxMultihashes', 1024)
    })
    this.#republisher = new Republisher({
      concurrency,
      retry,
      // the announcement has its own
      timeout: Number.POSITIVE_INFINITY,
      publish: (multihash) => this.#announceAgain(multihash),
      clock,
      setTimer,
      // no jitter: announcements are as far apart as the calls of addProvider
      random: () => 0
    })
  }

  /**
   * Announces that this node provides a multihash, now and, once the store is started, after every interval; sooner when fewer than
   * ten peers and than half of those that were tried could be told.
   *
   * @throws RecordError `TOO_FEW_COPIES` with the receipt in `details`: the announcement is repeated once the store is started;
   * `INVALID_ARGUMENT` for a multihash that is empty or larger than 80 bytes; `ROUTING_FAILED` when the routing cannot
   * announce
   */
  async addProvider(multihash: Uint8Array, options: AbortOptions = {}): Promise<ReplicationReceipt> {
    checkMultihash(multihash)
    options.signal?.throwIfAborted()
    const name = mapKey(multihash)
    const provided = this.#provided.get(name) ?? { multihash: new Uint8Array(multihash), next: 0n, failures: 0 }
    this.#provided.set(name, provided)
    this.#republisher.remove(multihash)
    return this.#announce(provided, options)
  }

  /** Stops announcing a multihash. Peers remove the announcement when it is too old. @returns whether it was announced */
  removeProvider(multihash: Uint8Array): boolean {
    checkMultihash(multihash)
    this.#republisher.remove(multihash)
    return this.#provided.delete(mapKey(multihash))
  }

  /** The multihashes that are announced; `next` in ns since the Unix epoch, and `failures` in a row. */
  get provided(): readonly { readonly multihash: Uint8Array; readonly next: bigint; readonly failures: number }[] {
    return [...this.#provided.values()].map(({ multihash, next, failures }) => ({ multihash, next, failures }))
  }

  /**
   * Finds providers of a multihash: those found now (after the timeout, those found so far) and cached ones.
   *
   * @throws RecordError `ROUTING_FAILED` when the network could not be asked and no provider is cached; `NO_PEERS` when the
   * routing has no peers; `INVALID_ARGUMENT` naming the option
   */
  async getProviders(multihash: Uint8Array, options: GetProvidersOptions = {}): Promise<FoundProvider[]> {
    checkMultihash(multihash)
    options.signal?.throwIfAborted()
    const ownMultihash = new Uint8Array(multihash)
    const milliseconds = checkDuration(options.timeout, 'timeout', this.#timeout)
    return withTimeout(milliseconds, options.signal, this.#setTimer, ({ signal }) =>
      this.#getProviders(ownMultihash, options, milliseconds, signal)
    )
  }

  async #getProviders(
    multihash: Uint8Array,
    options: GetProvidersOptions,
    milliseconds: number,
    signal: AbortSignal
  ): Promise<FoundProvider[]> {
    const confirmations = new ProviderConfirmations(
      async (provider) => this.#confirm(multihash, provider, signal),
      this.#maxProviders
    )
    const failure =
      options.offline === true ? undefined : await this.#ask(multihash, confirmations, milliseconds, signal)
    options.signal?.throwIfAborted()
    const cached = this.#cache.get(multihash)
    if (cached.length === 0 && failure !== undefined) {
      if (isRecordError(failure.cause, 'NO_PEERS'))
        throw new RecordError('NO_PEERS', 'there is no peer to ask for providers', { cause: failure.cause })
      throw new RecordError('ROUTING_FAILED', 'the network could not be asked for providers', { cause: failure.cause })
    }
    if (options.offline === true) return cached.map((provider) => ({ ...provider, signed: false }))
    return Promise.all(
      cached.map(async (provider) => {
        const found = confirmations.result(provider)
        if (found === undefined) return this.#confirm(multihash, provider, signal)
        return found.signed ? found : { ...provider, signed: false }
      })
    )
  }

  /** Starts to repeat announcements when they are due. */
  start(): void {
    this.#republisher.start()
  }

  /** Stops announcing. Announcements that are running end by themselves. */
  stop(): void {
    void this.#republisher.stop()
  }

  /**
   * Asks until the timeout; less where signed records are read afterwards. Then adds the found providers to the cache.
   *
   * @returns the error, if there is one
   */
  async #ask(
    multihash: Uint8Array,
    confirmations: ProviderConfirmations,
    milliseconds: number,
    signal: AbortSignal
  ): Promise<{ readonly cause: unknown } | undefined> {
    const time = milliseconds - (this.#options.signed === undefined ? 0 : verificationTime(milliseconds))
    const found = new Map<string, Provider>()
    try {
      return await withTimeout(time, signal, this.#setTimer, async (timeout) =>
        this.#search(multihash, found, confirmations, timeout.signal)
      )
    } finally {
      await confirmations.settled()
      for (const provider of found.values())
        this.#cache.add(multihash, provider, confirmations.result(provider)?.signed === true)
    }
  }

  /**
   * Ends at `maxProviders` providers. Where providers sign, only those that did count, because a malicious peer can name any
   * number of others.
   */
  async #search(
    multihash: Uint8Array,
    found: Map<string, Provider>,
    confirmations: ProviderConfirmations,
    signal: AbortSignal
  ): Promise<{ readonly cause: unknown } | undefined> {
    const { routing, signed } = this.#options
    if (routing.findProviders === undefined) return { cause: new Error('this routing cannot find providers') }
    const most = signed === undefined ? this.#maxProviders : maxCandidates * this.#maxProviders
    try {
      for await (const { id, addresses } of takeUntilAborted(routing.findProviders(multihash, { signal }), signal)) {
        const provider = { id, addresses: limitAddresses(addresses) }
        const name = mapKey(id)
        const known = found.get(name)
        // found again: the last place, and its addresses if it has some
        found.delete(name)
        found.set(name, known === undefined || provider.addresses.length > 0 ? provider : known)
        if (known === undefined && signed !== undefined) confirmations.add(provider)
        if (found.size >= most || confirmations.complete) break
      }
      return undefined
    } catch (cause) {
      return { cause }
    }
  }

  async #confirm(multihash: Uint8Array, provider: Provider, signal: AbortSignal): Promise<FoundProvider> {
    const { signed } = this.#options
    try {
      const content = await raceAbort(
        Promise.resolve(signed?.get(providerKey(multihash, provider.id), { signal })),
        signal
      )
      if (content !== undefined) return { id: provider.id, addresses: decodeProviderAddresses(content), signed: true }
    } catch {
      // without an answer the provider stays unverified
    }
    return { ...provider, signed: false }
  }

  /** @returns false: {@link DhtProviderStore.#announce} adds the multihash to the queue itself */
  async #announceAgain(multihash: Uint8Array): Promise<undefined> {
    const provided = this.#provided.get(mapKey(multihash))
    // a failure is in `failures`, and does not delay other announcements
    if (provided !== undefined) await this.#announce(provided, {}).catch(() => undefined)
  }

  /** Announces a multihash. The next announcement is due after the interval, or after the back-off when this one fails. */
  async #announce(provided: Provided, options: AbortOptions): Promise<ReplicationReceipt> {
    provided.next = this.#clock() + this.#interval
    try {
      const receipt = await this.#send(provided.multihash, options)
      if (hasEnoughCopies(receipt)) provided.failures = 0
      else this.#postpone(provided)
      return receipt
    } catch (error) {
      this.#postpone(provided)
      throw error
    } finally {
      const { multihash, next } = provided
      if (this.#provided.get(mapKey(multihash)) === provided) this.#republisher.add(multihash, { at: next })
    }
  }

  #postpone(provided: Provided): void {
    const backOff = retry << BigInt(Math.min(provided.failures++, maxDoublings))
    provided.next = this.#clock() + (backOff < this.#interval ? backOff : this.#interval)
  }

  async #send(multihash: Uint8Array, { signal }: AbortOptions): Promise<ReplicationReceipt> {
    const acks = new Map<string, RoutingAck>()
    const failure = await withTimeout(this.#timeout, signal, this.#setTimer, (timeout) =>
      this.#provide(multihash, acks, timeout.signal)
    )
    signal?.throwIfAborted()
    const peers = [...acks.values()]
    const reached = peers.filter(({ status }) => status === 'stored').length
    const receipt = { copies: { requested: this.#copies, reached }, peers }
    if (reached >= this.#copies) return receipt
    const message = `${reached} of ${this.#copies} announcements were sent; ${peers.length} peers were tried`
    throw new RecordError('TOO_FEW_COPIES', message, { details: receipt, cause: failure })
  }

  /** @returns the error of the network, if there is one */
  async #provide(multihash: Uint8Array, acks: Map<string, RoutingAck>, signal: AbortSignal): Promise<unknown> {
    const { routing } = this.#options
    if (routing.provide === undefined) throw new RecordError('ROUTING_FAILED', 'this routing cannot announce providers')
    try {
      await this.#announceSigned(multihash, signal)
    } catch (error) {
      if (signal.aborted) return error
      throw error
    }
    try {
      for await (const ack of takeUntilAborted(routing.provide(multihash, { signal }), signal)) {
        if (acks.get(mapKey(ack.from))?.status !== 'stored') acks.set(mapKey(ack.from), ack)
      }
      return undefined
    } catch (error) {
      return error
    }
  }

  async #announceSigned(multihash: Uint8Array, signal: AbortSignal): Promise<void> {
    const { signed } = this.#options
    if (signed === undefined) return
    const content = encodeProviderAddresses(limitOwnAddresses(signed.addresses()))
    await raceAbort(Promise.resolve(signed.put(providerKey(multihash, signed.self), content, { signal })), signal)
  }
}

function checkMultihash(multihash: Uint8Array): void {
  checkBytes(multihash, 'multihash', 1, limits.providerKey)
}
