import { decodeProviderAddresses, encodeProviderAddresses, providerKey } from '@recordkit/record-codec'
import {
  checkBytes,
  checkCount,
  checkDuration,
  mapKey,
  nanosecondsOf,
  Republisher
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
import { verificationTime, takeUntilAborted, withTimeout } from './timeout.ts'
import { ProviderCache } from './provider-cache.ts'

/** The part of a `RecordManager` that signed provider records need; its engine must have the `providers()` namespace. */
export interface SignedProviders {
  put(key: Uint8Array, content: Uint8Array, options?: AbortOptions): Promise<unknown>
  get(key: Uint8Array, options?: AbortOptions): Promise<Uint8Array | undefined>
}

export interface DhtProviderStoreOptions {
  readonly routing: RecordRouting
  /** also publishes signed provider records, and reads those of others; without it providers are unverified */
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
  /** announcements that must have been sent. @default 1 */
  readonly copies?: number | undefined
  /** ms; `Infinity` means no timeout. @default 30_000 */
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

/** A provider, and whether it published a signed provider record. */
export interface FoundProvider extends Provider {
  readonly signed: boolean
}

/** ns before a failed announcement is tried again */
const retry = 60_000_000_000n
/** maximum number of announcements at the same time */
const concurrency = 4
const defaultTimeout = 30_000

/**
 * Announces the content that this node provides, repeatedly, and finds providers of content. What a DHT returns is a claim;
 * where signed provider records are in use, each result tells whether the provider signed it.
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
  readonly #provided = new Map<string, Uint8Array>()
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
      interval: () => this.#interval,
      concurrency,
      retry,
      publish: async (multihash) => {
        await this.#announce(multihash, {})
        return this.#provided.has(mapKey(multihash))
      },
      clock,
      setTimer,
      // announcements are not spread: each has its own time already
      random: () => 0
    })
  }

  /**
   * Announces that this node provides a multihash, and again and again once the store is started.
   *
   * @throws RecordError `TOO_FEW_COPIES` with the receipt in `details`: it is tried again once the store is started;
   * `INVALID_ARGUMENT` for a multihash that is empty or larger than 80 bytes; `ROUTING_FAILED` when the routing cannot
   * announce
   */
  async addProvider(multihash: Uint8Array, options: AbortOptions = {}): Promise<ReplicationReceipt> {
    checkMultihash(multihash)
    options.signal?.throwIfAborted()
    const name = mapKey(multihash)
    const key = this.#provided.get(name) ?? new Uint8Array(multihash)
    this.#provided.set(name, key)
    this.#republisher.remove(key)
    try {
      const receipt = await this.#announce(key, options)
      if (this.#provided.has(name)) this.#republisher.add(key, this.#clock())
      return receipt
    } catch (error) {
      if (this.#provided.has(name)) this.#republisher.failed(key, error)
      throw error
    }
  }

  /** Stops announcing a multihash. What peers store lapses by itself. @returns whether it was announced */
  removeProvider(multihash: Uint8Array): boolean {
    checkMultihash(multihash)
    this.#republisher.remove(multihash)
    return this.#provided.delete(mapKey(multihash))
  }

  /** The multihashes that are announced; `next` in ns since the Unix epoch. */
  get provided(): readonly { readonly multihash: Uint8Array; readonly next: bigint; readonly failures: number }[] {
    return [...this.#provided.values()].map((multihash) => {
      // an announcement that is running now is next due after an interval
      const { next, failures } = this.#republisher.entry(multihash) ?? {
        next: this.#clock() + this.#interval,
        failures: 0
      }
      return { multihash, next, failures }
    })
  }

  /**
   * Providers of a multihash: those found now (after the timeout, those found so far) and cached ones.
   *
   * @throws RecordError `ROUTING_FAILED` when the network could not be asked and none is cached, `NO_PEERS` when there is no
   * peer to ask
   */
  async getProviders(multihash: Uint8Array, options: GetProvidersOptions = {}): Promise<FoundProvider[]> {
    checkMultihash(multihash)
    options.signal?.throwIfAborted()
    const milliseconds = checkDuration(options.timeout, 'timeout', this.#timeout)
    return withTimeout(milliseconds, options.signal, this.#setTimer, ({ signal }) =>
      this.#getProviders(multihash, options, milliseconds, signal)
    )
  }

  async #getProviders(
    multihash: Uint8Array,
    options: GetProvidersOptions,
    milliseconds: number,
    signal: AbortSignal
  ): Promise<FoundProvider[]> {
    const failure = options.offline === true ? undefined : await this.#ask(multihash, milliseconds, signal)
    options.signal?.throwIfAborted()
    const cached = this.#cache.get(multihash)
    if (cached.length === 0 && failure !== undefined) {
      if (isRecordError(failure.cause, 'NO_PEERS'))
        throw new RecordError('NO_PEERS', 'there is no peer to ask for providers', { cause: failure.cause })
      throw new RecordError('ROUTING_FAILED', 'the network could not be asked for providers', { cause: failure.cause })
    }
    if (options.offline === true) return cached.map((provider) => ({ ...provider, signed: false }))
    return Promise.all(cached.map(async (provider) => this.#confirm(multihash, provider, signal)))
  }

  /** Starts to announce again what is due. */
  start(): void {
    this.#republisher.start()
  }

  /** Stops announcing. Announcements that are running end by themselves. */
  stop(): void {
    void this.#republisher.stop()
  }

  /** Asks until the timeout, or a little less where signed records are read afterwards. @returns the failure */
  async #ask(
    multihash: Uint8Array,
    milliseconds: number,
    signal: AbortSignal
  ): Promise<{ readonly cause: unknown } | undefined> {
    const time = milliseconds - (this.#options.signed === undefined ? 0 : verificationTime(milliseconds))
    return withTimeout(time, signal, this.#setTimer, async (timeout) => this.#search(multihash, timeout.signal))
  }

  async #search(multihash: Uint8Array, signal: AbortSignal): Promise<{ readonly cause: unknown } | undefined> {
    const { routing } = this.#options
    if (routing.findProviders === undefined) return { cause: new Error('this routing cannot find providers') }
    const found = new Set<string>()
    try {
      for await (const provider of takeUntilAborted(routing.findProviders(multihash, { signal }), signal)) {
        this.#cache.add(multihash, provider)
        if (found.add(mapKey(provider.id)).size >= this.#maxProviders) break
      }
      return undefined
    } catch (cause) {
      return { cause }
    }
  }

  async #confirm(multihash: Uint8Array, provider: Provider, signal: AbortSignal): Promise<FoundProvider> {
    const { signed } = this.#options
    try {
      const content = await signed?.get(providerKey(multihash, provider.id), { signal })
      if (content !== undefined) return { id: provider.id, addresses: decodeProviderAddresses(content), signed: true }
    } catch {
      // without an answer the provider stays unverified
    }
    return { ...provider, signed: false }
  }

  async #announce(multihash: Uint8Array, { signal }: AbortOptions): Promise<ReplicationReceipt> {
    const acks = new Map<string, RoutingAck>()
    const failure = await withTimeout(this.#timeout, signal, this.#setTimer, (timeout) =>
      this.#provide(multihash, acks, timeout.signal)
    )
    signal?.throwIfAborted()
    const peers = [...acks.values()]
    const reached = peers.filter(({ status }) => status === 'stored').length
    const receipt = { copies: { asked: this.#copies, reached }, peers }
    if (reached >= this.#copies) return receipt
    const message = `${reached} of ${this.#copies} announcements were sent; ${peers.length} peers were tried`
    throw new RecordError('TOO_FEW_COPIES', message, { details: receipt, cause: failure })
  }

  /** @returns the failure of the network, if there was one */
  async #provide(multihash: Uint8Array, acks: Map<string, RoutingAck>, signal: AbortSignal): Promise<unknown> {
    const { routing } = this.#options
    if (routing.provide === undefined) throw new RecordError('ROUTING_FAILED', 'this routing cannot announce providers')
    await this.#announceSigned(multihash, signal)
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
    await signed.put(providerKey(multihash, signed.self), encodeProviderAddresses(signed.addresses()), { signal })
  }
}

function checkMultihash(multihash: Uint8Array): void {
  checkBytes(multihash, 'multihash', 1, limits.providerKey)
}
