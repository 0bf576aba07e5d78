import { decodeProviderAddresses, providerKey } from '@recordkit/record-codec'
import {
  checkClock,
  checkCount,
  checkDuration,
  checkOptions,
  checkPart,
  mapKey,
  nanosecondsOf,
  ownCopy,
  raceAbort,
  takeUntilAborted
} from '@recordkit/record-types/internal'
import { copyBytes, isRecordError, RecordError, systemClock, systemTimer } from '@recordkit/record-types'
import type { AbortOptions, Clock, Provider, RecordRouting, SetTimer } from '@recordkit/record-types'
import type { AnnouncementStorage } from './announcement-storage.ts'
import { checkMultihash } from './check-multihash.ts'
import { verificationTime, withTimeout } from './timeout.ts'
import { limitAddresses } from './address-limits.ts'
import { ProviderAnnouncer } from './provider-announcer.ts'
import type { AnnouncementReceipt, OwnSignedProviders, SignedProviders } from './provider-announcer.ts'
import { ProviderCache } from './provider-cache.ts'
import { ProviderConfirmations } from './provider-confirmations.ts'
import type { FoundProvider } from './provider-confirmations.ts'

export interface DhtProviderStoreOptions {
  readonly routing: RecordRouting
  /** publishes and reads signed provider records too; without it, found providers are unverified */
  readonly signed?: OwnSignedProviders | undefined
  /** keeps what is announced for the next start; without it, announced content is forgotten when the process ends */
  readonly storage?: AnnouncementStorage | undefined
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

export type { AnnouncementReceipt, AnnouncementStorage, FoundProvider, SignedProviders }

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
  readonly #setTimer: SetTimer
  readonly #timeout: number
  readonly #maxProviders: number
  readonly #cache: ProviderCache
  readonly #announcer: ProviderAnnouncer

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(options: DhtProviderStoreOptions) {
    checkOptions(options, {
      routing: 0,
      signed: 0,
      storage: 0,
      republishInterval: 0,
      maxProviderAge: 0,
      maxAddressAge: 0,
      maxProviders: 0,
      maxMultihashes: 0,
      copies: 0,
      timeout: 0,
      clock: 0,
      setTimer: 0
    })
    checkPart(
      options.routing,
      'routing',
      ['get', 'put'],
      'a RecordRouting, such as `kadDhtRouting(libp2p.services.dht)`,'
    )
    checkClock(options.clock)
    const { clock = systemClock, setTimer = systemTimer } = options
    this.#options = options
    this.#setTimer = setTimer
    this.#timeout = checkDuration(options.timeout, 'timeout', defaultTimeout)
    this.#maxProviders = checkCount(options.maxProviders, 'maxProviders', 20)
    this.#cache = new ProviderCache({
      clock,
      maxProviderAge: nanosecondsOf(checkDuration(options.maxProviderAge, 'maxProviderAge', 172_800_000)),
      maxAddressAge: nanosecondsOf(checkDuration(options.maxAddressAge, 'maxAddressAge', 86_400_000)),
      maxProviders: this.#maxProviders,
      maxMultihashes: checkCount(options.maxMultihashes, 'maxMultihashes', 1024)
    })
    this.#announcer = new ProviderAnnouncer({
      routing: options.routing,
      signed: options.signed,
      storage: options.storage,
      copies: checkCount(options.copies, 'copies', 1, 0),
      interval: nanosecondsOf(checkDuration(options.republishInterval, 'republishInterval', 79_200_000)),
      timeout: this.#timeout,
      clock,
      setTimer
    })
  }

  /**
   * Announces that this node provides a multihash, now and, once the store is started, after every interval; sooner when fewer than
   * ten peers and than half of those that were tried could be told. With `storage` also after a restart. With `signed` the signed
   * provider record is published too: the two do not depend on each other, and `signedError` of the receipt is the reason when
   * only the unsigned announcements were made.
   *
   * @throws RecordError `TOO_FEW_COPIES` with the receipt in `details`: the announcement is repeated once the store is started;
   * `INVALID_ARGUMENT` for bytes that are not a multihash of at most 80 bytes; `ROUTING_FAILED` when the routing cannot
   * announce, or `removeProvider` was called meanwhile; `STORE_IO` when the multihash could not be stored: nothing was announced
   * @example
   * ```ts
   * const { copies } = await providers.addProvider(cid.multihash.bytes)
   * ```
   */
  async addProvider(multihash: Uint8Array, options: AbortOptions = {}): Promise<AnnouncementReceipt> {
    return this.#announcer.add(multihash, options)
  }

  /**
   * Stops everything that announces a multihash: running and later announcements, the signed provider record, and what the routing
   * announces again by itself, as kad-dht does. Peers remove the announcements that they have when these are too old.
   *
   * @returns whether it was announced by this store
   * @throws RecordError `STORE_IO` when it could not be removed from the storage, and the errors of the routing and of the
   * manager: call it again. No announcement is made until the next start
   * @example
   * ```ts
   * await providers.removeProvider(cid.multihash.bytes)
   * ```
   */
  async removeProvider(multihash: Uint8Array, options: AbortOptions = {}): Promise<boolean> {
    return this.#announcer.remove(multihash, options)
  }

  /** The multihashes that are announced; `next` in ns since the Unix epoch, and `failures` in a row. */
  get provided(): readonly { readonly multihash: Uint8Array; readonly next: bigint; readonly failures: number }[] {
    return this.#announcer.provided
  }

  /**
   * Finds providers of a multihash: those found now (after the timeout, those found so far) and cached ones.
   *
   * @returns an empty list when peers answered and none named a provider
   * @throws RecordError `ROUTING_FAILED` when the network could not be asked and no provider is cached; `NO_PEERS` when the
   * routing has no peers; `TIMEOUT` when no peer answered in time; `INVALID_ARGUMENT` naming the option, and for bytes that are
   * not a multihash of at most 80 bytes
   * @example
   * ```ts
   * for (const { id, addresses, signed } of await providers.getProviders(cid.multihash.bytes)) console.log(id, addresses, signed)
   * ```
   */
  async getProviders(multihash: Uint8Array, options: GetProvidersOptions = {}): Promise<FoundProvider[]> {
    checkMultihash(multihash)
    options.signal?.throwIfAborted()
    const ownMultihash = new Uint8Array(multihash)
    const milliseconds = checkDuration(options.timeout, 'timeout', this.#timeout)
    return withTimeout(milliseconds, options.signal, this.#setTimer, async ({ signal }) =>
      // the cache contains what was found
      ownCopy(await this.#getProviders(ownMultihash, options, milliseconds, signal))
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
    const isOffline = options.offline === true
    const search = isOffline ? undefined : await this.#ask(multihash, confirmations, milliseconds, signal)
    options.signal?.throwIfAborted()
    const cached = this.#known(multihash, search)
    if (isOffline) return cached.map((provider) => ({ ...provider, signed: false }))
    if (cached.length === 0 && search !== undefined && search.answers === 0) throwNoAnswer(search, milliseconds)
    return Promise.all(
      cached.map(async (provider) => {
        const found = confirmations.result(provider)
        if (found === undefined) return this.#confirm(multihash, provider, signal)
        return found.signed ? found : { ...provider, signed: false }
      })
    )
  }

  /** The cached providers, and those found now where the cache has no space for them. */
  #known(multihash: Uint8Array, search: Search | undefined): readonly Provider[] {
    const cached = this.#cache.get(multihash)
    if (cached.length > 0 || search === undefined) return cached
    return [...search.found.values()].toReversed().slice(0, this.#maxProviders)
  }

  /**
   * Starts to repeat announcements when they are due, those of earlier runs too.
   *
   * @throws RecordError `STORE_IO` when the storage could not be read: what was read, and what is added, is announced
   */
  async start(): Promise<void> {
    await this.#announcer.start()
  }

  /** Stops announcing, and waits for the announcements that are running. */
  async stop(): Promise<void> {
    await this.#announcer.stop()
  }

  /**
   * Asks until the timeout; less where signed records are read afterwards. Then adds the found providers to the cache.
   *
   * @returns how many peers answered, and the error, if there is one
   */
  async #ask(
    multihash: Uint8Array,
    confirmations: ProviderConfirmations,
    milliseconds: number,
    signal: AbortSignal
  ): Promise<Search> {
    const time = milliseconds - (this.#options.signed === undefined ? 0 : verificationTime(milliseconds))
    const search: Search = { found: new Map(), answers: 0, failure: undefined, expired: false }
    try {
      await withTimeout(time, signal, this.#setTimer, async (timeout) =>
        this.#search(multihash, search, confirmations, timeout.signal)
      )
      return search
    } finally {
      await confirmations.settled()
      for (const provider of search.found.values())
        this.#cache.add(multihash, provider, confirmations.result(provider)?.signed === true)
    }
  }

  /**
   * Ends at `maxProviders` providers. Where providers sign, only those that did count, because a malicious peer can name any
   * number of others.
   */
  async #search(
    multihash: Uint8Array,
    search: Search,
    confirmations: ProviderConfirmations,
    signal: AbortSignal
  ): Promise<void> {
    const { routing, signed } = this.#options
    const { found } = search
    const onAnswer = (): void => {
      search.answers++
    }
    const most = signed === undefined ? this.#maxProviders : maxCandidates * this.#maxProviders
    try {
      if (routing.findProviders === undefined) throw new Error('this routing cannot find providers')
      const providers = routing.findProviders(copyBytes(multihash), { signal, onAnswer })
      for await (const { id, addresses } of takeUntilAborted(providers, signal)) {
        const provider = { id, addresses: limitAddresses(addresses) }
        const name = mapKey(id)
        const known = found.get(name)
        // found again: the last place, and its addresses if it has some
        found.delete(name)
        found.set(name, known === undefined || provider.addresses.length > 0 ? provider : known)
        if (known === undefined && signed !== undefined) confirmations.add(provider)
        if (found.size >= most || confirmations.complete) break
      }
      // a stream ends by itself when every peer was asked, and throws when none could be
      if (signal.aborted) search.expired = true
      else search.answers++
    } catch (cause) {
      search.failure = cause
    }
  }

  async #confirm(multihash: Uint8Array, provider: Provider, signal: AbortSignal): Promise<FoundProvider> {
    const { signed } = this.#options
    try {
      const content = await raceAbort(
        Promise.resolve(signed?.get(providerKey(multihash, provider.id), { signal })),
        signal
      )
      if (content !== undefined)
        return { id: provider.id, addresses: limitAddresses(decodeProviderAddresses(content)), signed: true }
    } catch {
      // without an answer the provider stays unverified
    }
    return { ...provider, signed: false }
  }
}

/** The result of asking peers for providers. */
interface Search {
  /** by the ID of the provider, the one found last at the end */
  readonly found: Map<string, Provider>
  /** number of peers that answered, at least */
  answers: number
  failure: unknown
  /** whether the timeout ended it */
  expired: boolean
}

function throwNoAnswer({ failure: cause, expired }: Search, milliseconds: number): never {
  if (isRecordError(cause, 'NO_PEERS'))
    throw new RecordError('NO_PEERS', 'there is no peer to ask for providers', { cause })
  if (expired) throw new RecordError('TIMEOUT', `no peer answered within ${milliseconds / 1000} s`, { cause })
  throw new RecordError('ROUTING_FAILED', 'the network could not be asked for providers', { cause })
}
