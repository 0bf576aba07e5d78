import { encodeProviderAddresses, providerKey } from '@recordkit/record-codec'
import {
  anySignal,
  hasEnoughCopies,
  KeyedMutex,
  mapKey,
  raceAbort,
  Republisher,
  takeUntilAborted
} from '@recordkit/record-types/internal'
import { copyBytes, isRecordError, RecordError } from '@recordkit/record-types'
import type {
  AbortOptions,
  Clock,
  PeerId,
  RecordRouting,
  ReplicationReceipt,
  RoutingAck,
  SetTimer
} from '@recordkit/record-types'
import { limitOwnAddresses } from './address-limits.ts'
import { checkMultihash } from './check-multihash.ts'
import type { AnnouncementStorage } from './announcement-storage.ts'
import { withTimeout } from './timeout.ts'

/** The part of a `RecordManager` that is used for signed provider records. Its engine must have the `providers()` namespace. */
export interface SignedProviders {
  put(key: Uint8Array, content: Uint8Array, options?: AbortOptions): Promise<unknown>
  get(key: Uint8Array, options?: AbortOptions): Promise<Uint8Array | undefined>
  /** stops publishing the record of a key */
  delete(key: Uint8Array, options?: AbortOptions): Promise<unknown>
}

/** {@link SignedProviders}, and what this node signs. */
export type OwnSignedProviders = SignedProviders & { readonly self: PeerId; addresses(): readonly Uint8Array[] }

/** Where the unsigned announcements are. */
export interface AnnouncementReceipt extends ReplicationReceipt {
  /** why the signed provider record was not published, when the node signs them and it was not */
  readonly signedError?: unknown
}

export interface ProviderAnnouncerOptions {
  readonly routing: RecordRouting
  readonly signed: OwnSignedProviders | undefined
  readonly storage: AnnouncementStorage | undefined
  /** number of sent announcements below which an announcement fails */
  readonly copies: number
  /** ns between two announcements */
  readonly interval: bigint
  /** ms that an announcement may take */
  readonly timeout: number
  readonly clock: Clock
  readonly setTimer: SetTimer
}

/** A multihash that is announced. */
interface Provided {
  readonly multihash: Uint8Array
  /** ns since the Unix epoch; when it is announced next */
  next: bigint
  /** failures in a row */
  failures: number
  /** aborts the announcements that are running when the multihash is removed */
  readonly removed: AbortController
}

/** ns before a failed announcement is tried again; doubled after every failure, up to 2^10 times and the interval */
const retry = 60_000_000_000n
const maxDoublings = 10
/** maximum number of announcements at the same time */
const concurrency = 4

/** Announces the content that this node provides, again and again, until it is removed. */
export class ProviderAnnouncer {
  readonly #options: ProviderAnnouncerOptions
  readonly #provided = new Map<string, Provided>()
  readonly #republisher: Republisher
  /** additions and removals of a multihash change the storage in the order of the calls */
  readonly #changes = new KeyedMutex()
  #stopped = false
  /** what was removed while the storage is read */
  #removedMeanwhile: Set<string> | undefined

  constructor(options: ProviderAnnouncerOptions) {
    const { clock, setTimer } = options
    this.#options = options
    this.#republisher = new Republisher({
      concurrency,
      retry,
      // an announcement has a timeout of its own
      timeout: Number.POSITIVE_INFINITY,
      publish: (multihash) => this.#announceAgain(multihash),
      clock,
      setTimer,
      // no jitter: announcements are as far apart as the calls of addProvider
      random: () => 0
    })
  }

  get provided(): readonly { readonly multihash: Uint8Array; readonly next: bigint; readonly failures: number }[] {
    return [...this.#provided.values()].map(({ multihash, next, failures }) => ({
      multihash: copyBytes(multihash),
      next,
      failures
    }))
  }

  async add(bytes: Uint8Array, options: AbortOptions): Promise<AnnouncementReceipt> {
    checkMultihash(bytes)
    options.signal?.throwIfAborted()
    const multihash = new Uint8Array(bytes)
    const name = mapKey(multihash)
    const { storage } = this.#options
    const isNew = !this.#provided.has(name)
    const provided = this.#provided.get(name) ?? newProvided(multihash, 0n)
    this.#provided.set(name, provided)
    this.#republisher.remove(multihash)
    if (isNew && storage !== undefined) {
      // before the announcement: what was announced is never forgotten
      const storing = this.#changes.run([name], async () =>
        this.#provided.get(name) === provided ? storage.put(copyBytes(multihash), undefined) : undefined
      )
      try {
        await raceAbort(storing, options.signal)
      } catch (error) {
        if (this.#provided.get(name) === provided) this.#provided.delete(name)
        // an aborted write may still happen
        if (options.signal?.aborted === true) void this.#forget(multihash).catch(() => undefined)
        options.signal?.throwIfAborted()
        throw storageError('could not be stored', error)
      }
    }
    return this.#announce(provided, options)
  }

  async remove(bytes: Uint8Array, { signal }: AbortOptions): Promise<boolean> {
    checkMultihash(bytes)
    signal?.throwIfAborted()
    const multihash = new Uint8Array(bytes)
    const name = mapKey(multihash)
    const provided = this.#provided.get(name)
    this.#republisher.remove(multihash)
    this.#provided.delete(name)
    this.#removedMeanwhile?.add(name)
    provided?.removed.abort(new RecordError('ROUTING_FAILED', 'the announcement was ended by removeProvider'))
    await raceAbort(this.#forget(multihash, signal), signal)
    return provided !== undefined
  }

  /** Removes what announces a multihash after this call: in the storage, the routing and the manager. All are tried. */
  async #forget(multihash: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { routing, signed, storage } = this.#options
    await this.#changes.run([mapKey(multihash)], async () => {
      // added again meanwhile
      if (this.#provided.has(mapKey(multihash))) return
      const results = await Promise.allSettled([
        storage?.delete(copyBytes(multihash)).catch((error: unknown) => {
          throw storageError('could not be removed from the storage', error)
        }),
        routing.cancelProvide?.(copyBytes(multihash), { signal }),
        signed?.delete(providerKey(multihash, signed.self), { signal })
      ])
      for (const result of results) if (result.status === 'rejected') throw result.reason
    })
  }

  /** Continues the announcements of an earlier run, and repeats announcements when they are due. */
  async start(): Promise<void> {
    const { storage } = this.#options
    this.#stopped = false
    try {
      if (storage !== undefined) await this.#read(storage)
    } finally {
      if (!this.#stopped) this.#republisher.start()
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#republisher.stop()
  }

  async #read(storage: AnnouncementStorage): Promise<void> {
    const { interval, clock } = this.#options
    const removed = new Set<string>()
    this.#removedMeanwhile = removed
    try {
      for await (const { multihash, announced } of storage.entries()) {
        const name = mapKey(multihash)
        if (!isMultihash(multihash) || this.#provided.has(name) || removed.has(name)) continue
        // a time in the future is that of a clock that was wrong: content would not be announced until then
        const isPast = announced !== undefined && announced <= clock()
        const provided = newProvided(new Uint8Array(multihash), isPast ? announced + interval : 0n)
        this.#provided.set(name, provided)
        this.#republisher.add(provided.multihash, { at: provided.next })
      }
    } catch (error) {
      throw storageError('could not be read', error)
    } finally {
      this.#removedMeanwhile = undefined
    }
  }

  /** @returns undefined: {@link ProviderAnnouncer.#announce} adds the multihash to the queue itself */
  async #announceAgain(multihash: Uint8Array): Promise<undefined> {
    const provided = this.#provided.get(mapKey(multihash))
    // a failure is in `failures`, and does not delay other announcements
    if (provided !== undefined) await this.#announce(provided, {}).catch(() => undefined)
  }

  /** Announces a multihash. The next announcement is due after the interval, or after the back-off when this one fails. */
  async #announce(provided: Provided, options: AbortOptions): Promise<AnnouncementReceipt> {
    const { multihash, removed } = provided
    const { interval } = this.#options
    const announced = this.#options.clock()
    provided.next = announced + interval
    const signal = options.signal === undefined ? removed.signal : anySignal([options.signal, removed.signal])
    try {
      const receipt = await this.#send(multihash, signal)
      if (hasEnoughCopies(receipt) && !isWorthRetry(receipt.signedError)) {
        provided.failures = 0
        await this.#storeTime(provided, announced)
      } else this.#postpone(provided)
      return receipt
    } catch (error) {
      this.#postpone(provided)
      throw error
    } finally {
      if (this.#provided.get(mapKey(multihash)) === provided) this.#republisher.add(multihash, { at: provided.next })
    }
  }

  /** A time that could not be stored costs an announcement after the next start. */
  async #storeTime(provided: Provided, announced: bigint): Promise<void> {
    const { storage } = this.#options
    if (storage === undefined) return
    const name = mapKey(provided.multihash)
    const storing = this.#changes.run([name], async () =>
      this.#provided.get(name) === provided ? storage.put(copyBytes(provided.multihash), announced) : undefined
    )
    await storing.catch(() => undefined)
  }

  #postpone(provided: Provided): void {
    const { clock, interval } = this.#options
    const backOff = retry << BigInt(Math.min(provided.failures++, maxDoublings))
    provided.next = clock() + (backOff < interval ? backOff : interval)
  }

  async #send(multihash: Uint8Array, signal: AbortSignal): Promise<AnnouncementReceipt> {
    const { copies, timeout, setTimer } = this.#options
    const acks = new Map<string, RoutingAck>()
    const [failure, signedError] = await withTimeout(timeout, signal, setTimer, async (limited) =>
      Promise.all([
        this.#provide(multihash, acks, limited.signal),
        this.#announceSigned(multihash, limited.signal).catch((error: unknown) => error)
      ])
    )
    signal.throwIfAborted()
    if (this.#options.routing.provide === undefined) throw failure
    const peers = [...acks.values()]
    const reached = peers.filter(({ status }) => status === 'stored').length
    const receipt: AnnouncementReceipt = {
      copies: { requested: copies, reached },
      peers,
      ...(signedError === undefined ? {} : { signedError })
    }
    if (reached >= copies) return receipt
    const message = `${reached} of ${copies} announcements were sent; ${peers.length} peers were tried`
    throw new RecordError('TOO_FEW_COPIES', message, { details: receipt, cause: failure })
  }

  /** @returns the error of the network, if there is one */
  async #provide(multihash: Uint8Array, acks: Map<string, RoutingAck>, signal: AbortSignal): Promise<unknown> {
    const { routing } = this.#options
    if (routing.provide === undefined)
      return new RecordError('ROUTING_FAILED', 'this routing cannot announce providers')
    try {
      for await (const ack of takeUntilAborted(routing.provide(copyBytes(multihash), { signal }), signal)) {
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

function newProvided(multihash: Uint8Array, next: bigint): Provided {
  return { multihash, next, failures: 0, removed: new AbortController() }
}

/** After `TOO_FEW_COPIES` the manager itself publishes the signed record again. */
function isWorthRetry(signedError: unknown): boolean {
  return signedError !== undefined && !isRecordError(signedError, 'TOO_FEW_COPIES')
}

function isMultihash(bytes: Uint8Array): boolean {
  try {
    checkMultihash(bytes)
    return true
  } catch {
    return false
  }
}

function storageError(problem: string, cause: unknown): RecordError<'STORE_IO'> {
  return new RecordError('STORE_IO', `announced content ${problem}`, { cause })
}
