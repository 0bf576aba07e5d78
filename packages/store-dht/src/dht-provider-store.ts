import { decodeProviderAddresses, encodeProviderAddresses, providerKey } from '@recordkit/record-codec'
import {
  checkBytes,
  isRecordError,
  limits,
  mapKey,
  RecordError,
  systemClock,
  systemTimer
} from '@recordkit/record-types'
import type {
  AbortOptions,
  Clock,
  PeerId,
  Provider,
  PutReceipt,
  RecordRouting,
  RoutingAck,
  SetTimer
} from '@recordkit/record-types'
import { provingTime, until, withDeadline } from './deadline.ts'
import { KnownProviders } from './known-providers.ts'

/** What signed provider records need of a `RecordManager` whose engine has the `providers()` namespace. */
export interface SignedProviders {
  put(key: Uint8Array, content: Uint8Array, options?: AbortOptions): Promise<unknown>
  get(key: Uint8Array, options?: AbortOptions): Promise<Uint8Array | undefined>
}

export interface DhtProviderStoreOptions {
  readonly routing: RecordRouting
  /** says signed, too, what we provide, and asks what others say signed; without it providers are unproven */
  readonly signed?: SignedProviders & { readonly self: PeerId; addresses(): readonly Uint8Array[] }
  /** ns between two announcements of what we provide; 22 hours when absent */
  readonly republish?: bigint
  /** ns for which a provider heard of is remembered, and its addresses; 48 and 24 hours when absent */
  readonly validity?: bigint
  readonly addressAge?: bigint
  /** providers of one content, at most; 20 when absent */
  readonly perKey?: number
  /** contents of which providers are remembered, at most; 1024 when absent */
  readonly keys?: number
  /** announcements that must have been sent; 1 when absent */
  readonly copies?: number
  /** ms; 30 s when absent */
  readonly deadline?: number
  readonly clock?: Clock
  readonly setTimer?: SetTimer
}

export interface GetProvidersOptions extends AbortOptions {
  /** touch no network */
  readonly offline?: boolean
  /** ms */
  readonly deadline?: number
}

/** A provider, and whether it said so itself, signed. */
export interface FoundProvider extends Provider {
  readonly signed: boolean
}

interface Provided {
  readonly multihash: Uint8Array
  next: bigint
  failures: number
}

const minute = 60_000_000_000n
/** ms: longest sleep of one timer */
const maxSleep = 60_000
/** rounds under way at the most, each with one announcement at a time */
const maxRounds = 4

/**
 * Who provides which content: announces what we provide, again and again, and finds who else does. What is found in a
 * DHT is a claim; where signed records are in use, each answer says whether the provider stands by it.
 */
export class DhtProviderStore {
  readonly #options: DhtProviderStoreOptions
  readonly #clock: Clock
  readonly #setTimer: SetTimer
  readonly #perKey: number
  readonly #republish: bigint
  readonly #known: KnownProviders
  readonly #provided = new Map<string, Provided>()
  #started = false
  #rounds = 0
  #cancel: (() => void) | undefined

  constructor(options: DhtProviderStoreOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#setTimer = options.setTimer ?? systemTimer
    this.#perKey = options.perKey ?? 20
    this.#republish = options.republish ?? 79_200_000_000_000n
    this.#known = new KnownProviders({
      clock: this.#clock,
      validity: options.validity ?? 172_800_000_000_000n,
      addressAge: options.addressAge ?? 86_400_000_000_000n,
      perKey: this.#perKey,
      keys: options.keys ?? 1024
    })
  }

  /**
   * Announces that we have the content of a multihash, and goes on to do so once started.
   *
   * @throws RecordError `COPIES_NOT_REACHED` with the receipt in `details`: it is tried again once started;
   * `INVALID_ARGUMENT` for a multihash that is empty or larger than 80 bytes; `ROUTING_FAILED` where the routing provides nothing
   */
  async addProvider(multihash: Uint8Array, options: AbortOptions = {}): Promise<PutReceipt> {
    checkMultihash(multihash)
    options.signal?.throwIfAborted()
    const name = mapKey(multihash)
    const provided = this.#provided.get(name) ?? { multihash: new Uint8Array(multihash), next: 0n, failures: 0 }
    this.#provided.set(name, provided)
    return this.#announce(provided, options)
  }

  /** Announces it no more; what peers keep lapses by itself. @returns whether it was announced */
  removeProvider(multihash: Uint8Array): boolean {
    checkMultihash(multihash)
    return this.#provided.delete(mapKey(multihash))
  }

  /** What we announce, and when next, in ns. */
  get provided(): readonly { readonly multihash: Uint8Array; readonly next: bigint; readonly failures: number }[] {
    return [...this.#provided.values()].map(({ multihash, next, failures }) => ({ multihash, next, failures }))
  }

  /**
   * Providers of a content: those found now, at the deadline the ones found so far, and those heard of lately.
   *
   * @throws RecordError `ROUTING_FAILED` when the network could not be asked and none is known, `NO_PEERS` when there was
   * nobody to ask
   */
  async getProviders(multihash: Uint8Array, options: GetProvidersOptions = {}): Promise<FoundProvider[]> {
    checkMultihash(multihash)
    options.signal?.throwIfAborted()
    const milliseconds = options.deadline ?? this.#options.deadline ?? 30_000
    return withDeadline(milliseconds, options.signal, this.#setTimer, ({ signal }) =>
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
    const known = this.#known.of(multihash)
    if (known.length === 0 && failure !== undefined) {
      if (isRecordError(failure.cause, 'NO_PEERS'))
        throw new RecordError('NO_PEERS', 'there was no peer to ask for providers', { cause: failure.cause })
      throw new RecordError('ROUTING_FAILED', 'the network could not be asked for providers', { cause: failure.cause })
    }
    if (options.offline === true) return known.map((provider) => ({ ...provider, signed: false }))
    return Promise.all(known.map(async (provider) => this.#confirm(multihash, provider, signal)))
  }

  /** Begins to announce again what is due. */
  start(): void {
    this.#started = true
    this.#later()
  }

  stop(): void {
    this.#started = false
    this.#cancel?.()
  }

  /** Asks until the deadline, or a little less where providers' own word is to be read then. @returns what went wrong */
  async #ask(
    multihash: Uint8Array,
    milliseconds: number,
    signal: AbortSignal
  ): Promise<{ readonly cause: unknown } | undefined> {
    const time = milliseconds - (this.#options.signed === undefined ? 0 : provingTime(milliseconds))
    return withDeadline(time, signal, this.#setTimer, async (deadline) => this.#search(multihash, deadline.signal))
  }

  async #search(multihash: Uint8Array, signal: AbortSignal): Promise<{ readonly cause: unknown } | undefined> {
    const { routing } = this.#options
    if (routing.findProviders === undefined) return { cause: new Error('this routing finds no providers') }
    const found = new Set<string>()
    try {
      for await (const provider of until(routing.findProviders(multihash, { signal }), signal)) {
        this.#known.hear(multihash, provider)
        if (found.add(mapKey(provider.id)).size >= this.#perKey) break
      }
      return undefined
    } catch (cause) {
      return { cause }
    }
  }

  async #confirm(multihash: Uint8Array, provider: Provider, signal: AbortSignal): Promise<FoundProvider> {
    const { signed } = this.#options
    try {
      const said = await signed?.get(providerKey(multihash, provider.id), { signal })
      if (said !== undefined) return { id: provider.id, addresses: decodeProviderAddresses(said), signed: true }
    } catch {
      // not being able to ask leaves the claim a claim
    }
    return { ...provider, signed: false }
  }

  async #announce(provided: Provided, { signal }: AbortOptions): Promise<PutReceipt> {
    const { copies = 1, deadline: milliseconds = 30_000 } = this.#options
    const { multihash } = provided
    provided.next = this.#clock() + this.#republish
    try {
      const acks = new Map<string, RoutingAck>()
      const failure = await withDeadline(milliseconds, signal, this.#setTimer, (deadline) =>
        this.#provide(multihash, acks, deadline.signal)
      )
      signal?.throwIfAborted()
      const peers = [...acks.values()]
      const reached = peers.filter(({ outcome }) => outcome === 'stored').length
      const receipt = { copies: { asked: copies, reached }, peers }
      if (reached < copies) {
        const message = `${reached} of ${copies} announcements were sent, ${peers.length} peers were tried`
        throw new RecordError('COPIES_NOT_REACHED', message, { details: receipt, cause: failure })
      }
      provided.failures = 0
      return receipt
    } catch (error) {
      const wait = minute << BigInt(Math.min(provided.failures++, 10))
      provided.next = this.#clock() + (wait < this.#republish ? wait : this.#republish)
      throw error
    } finally {
      this.#later()
    }
  }

  /** @returns what went wrong in the network */
  async #provide(multihash: Uint8Array, acks: Map<string, RoutingAck>, signal: AbortSignal): Promise<unknown> {
    const { routing } = this.#options
    if (routing.provide === undefined) throw new RecordError('ROUTING_FAILED', 'this routing provides nothing')
    await this.#announceSigned(multihash, signal)
    try {
      for await (const ack of until(routing.provide(multihash, { signal }), signal)) {
        if (acks.get(mapKey(ack.from))?.outcome !== 'stored') acks.set(mapKey(ack.from), ack)
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

  #later(): void {
    this.#cancel?.()
    if (!this.#started || this.#rounds >= maxRounds || this.#provided.size === 0) return
    const next = [...this.#provided.values()].reduce((a, b) => (b.next < a.next ? b : a)).next
    const wait = Number((next - this.#clock()) / 1_000_000n)
    this.#cancel = this.#setTimer(() => void this.#due(), Math.min(Math.max(wait, 0), maxSleep))
  }

  async #due(): Promise<void> {
    this.#rounds++
    const now = this.#clock()
    for (const provided of this.#provided.values()) {
      if (!this.#started || provided.next > now) continue
      // its failure is in its schedule: the others go on
      await this.#announce(provided, {}).catch(() => undefined)
    }
    this.#rounds--
    this.#later()
  }
}

function checkMultihash(multihash: Uint8Array): void {
  checkBytes(multihash, 'multihash', 1, limits.providerKey)
}
