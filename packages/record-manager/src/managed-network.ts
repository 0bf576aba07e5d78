import { equalBytes, isRecordError, isRefusal, RecordError } from '@recordkit/record-types'
import type {
  Clock,
  NetworkPutOptions,
  OpenedRecord,
  PutReceipt,
  RecordNetwork,
  RecordStore,
  SetTimer,
  Signer
} from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { ManagerEvents } from './events.ts'
import { NetworkReads } from './network-reads.ts'
import type { NetworkReadsOptions } from './network-reads.ts'
import { deadlineOf, replicationOf } from './options.ts'
import type { Deadline } from './options.ts'
import type { Held, RecordPath } from './record-path.ts'
import type { RecordView } from './record-view.ts'
import { Republisher } from './republisher.ts'
import type { RepublishOptions, RepublishStatus } from './republisher.ts'

export interface ManagedNetworkOptions {
  readonly reads?: NetworkReadsOptions
  readonly republish?: RepublishOptions
  /** 0 to below 1: spreads what is republished */
  readonly random?: () => number
}

/** What a network uses of the manager that it is handed to. */
export interface NetworkHome {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly path: RecordPath
  readonly signer: Signer | undefined
  readonly events: ManagerEvents
  readonly clock: Clock
  readonly setTimer: SetTimer
}

/** A network in the hands of a manager: made by {@link managedNetwork}. */
export type ManagerNetwork = (home: NetworkHome) => ManagedNetwork

/**
 * A network for a manager: each question is asked once, and what was put is kept alive.
 *
 * ```ts
 * new RecordManager({ engine, store, signer, network: managedNetwork(new DhtRecordStore({ routing, engine })) })
 * ```
 */
export function managedNetwork(network: RecordNetwork, options: ManagedNetworkOptions = {}): ManagerNetwork {
  return (home) => new ManagedNetwork(network, home, options)
}

/**
 * Finds records among peers, and copies ours there, now and again before they lapse. The schedule is what the store
 * keeps: a record that is `local`, and when it was last `published`.
 */
export class ManagedNetwork {
  readonly reads: NetworkReads
  readonly #network: RecordNetwork
  readonly #home: NetworkHome
  readonly #republisher: Republisher

  constructor(network: RecordNetwork, home: NetworkHome, { reads, republish, random }: ManagedNetworkOptions) {
    const { clock, setTimer } = home
    this.#network = network
    this.#home = home
    this.reads = new NetworkReads(network, clock, reads)
    this.#republisher = new Republisher({
      ...republish,
      clock,
      setTimer,
      random: random ?? Math.random,
      publish: (key) => this.#again(key)
    })
  }

  /** Records that are kept alive. */
  get schedule(): RepublishStatus[] {
    return this.#republisher.status
  }

  /** How many records are kept alive. */
  get scheduled(): number {
    return this.#republisher.size
  }

  /** Takes up the schedule where it was left. */
  async start(): Promise<void> {
    for await (const { key, local, published } of this.#home.store.iterate())
      if (local === true) this.keep(key, published)
    this.#republisher.start()
  }

  /** Publishes nothing more and waits for what is under way. */
  async stop(): Promise<void> {
    await this.#republisher.stop()
  }

  /** Keeps a record alive that was last published at `published` (ns); never: it is due at once. */
  keep(key: Uint8Array, published: bigint | undefined): void {
    this.#republisher.add(key, published)
  }

  /** Lets a record lapse. */
  drop(key: Uint8Array): void {
    this.#republisher.remove(key)
  }

  /** The latest that peers know, nothing remembered; `held` when they know nothing. @throws what the network throws */
  async latest(key: Uint8Array, held: OpenedRecord | undefined, options: Deadline): Promise<OpenedRecord | undefined> {
    const found = await this.#network.get(key, {
      ...(held === undefined ? {} : { local: held }),
      ...deadlineOf(options)
    })
    return found?.opened ?? held
  }

  /** Copies a record that is held here; whatever comes of it, its key is in the schedule then, unless it was deleted. */
  async replicate({ key, bytes }: RecordView, options: NetworkPutOptions): Promise<PutReceipt> {
    try {
      const receipt = await this.#network.put(key, bytes, replicationOf(options))
      if (await this.#published(key, bytes, receipt)) this.keep(key, this.#home.clock())
      return receipt
    } catch (error) {
      this.#republisher.failed(key, error)
      this.#home.events.tell('record:unpublished', { key, error })
      throw error
    }
  }

  /** Publishes what is held under a key again, for longer where it is ours; `false` when there is nothing left to. */
  async #again(key: Uint8Array): Promise<boolean> {
    const { path } = this.#home
    const before = await path.held(key, {})
    if (before === undefined || before.stored.local !== true) return false
    const value = await renewed(before, this.#home)
    if (value !== undefined) {
      const { outcome, code, message } = await path.take(key, value, { local: true })
      // somebody published a later one meanwhile: that one is as good, and published below
      if (outcome !== 'stored' && outcome !== 'refreshed' && outcome !== 'stale') {
        throw new RecordError(code ?? 'STALE', message ?? outcome, { key })
      }
    }
    const held = (await path.held(key, {})) ?? before
    const { value: sent } = held.stored
    return this.#published(key, sent, await this.#network.put(key, sent))
  }

  /**
   * Remembers when copies were acknowledged. Answers whether the key is still held: what was deleted meanwhile does not
   * come back, and what was replaced is the later put's to publish.
   */
  async #published(key: Uint8Array, value: Uint8Array, { copies }: PutReceipt): Promise<boolean> {
    const { store, clock, events } = this.#home
    const stored = await store.get(key)
    if (stored !== undefined && equalBytes(stored.value, value)) {
      await store.put({ ...stored, published: clock() })
    }
    events.tell('record:published', { key, copies: copies.reached })
    return stored !== undefined
  }
}

/**
 * The value of a record we keep alive, signed anew for longer: the same content under the same sequence. `undefined`
 * where that is not ours to do (somebody else's record, a revocation) or would shorten its life; its bytes are then
 * published as they are.
 */
async function renewed(
  { opened, stored }: Held,
  { engine, signer, clock }: NetworkHome
): Promise<Uint8Array | undefined> {
  const namespace = engine.namespaceOf(stored.key)
  const { expires, issued, ttl, sequence, revoked } = opened
  if ('verdict' in namespace || namespace.seal === undefined || signer === undefined) return undefined
  if (expires === undefined || sequence === undefined || revoked === true) return undefined
  const now = clock()
  const draft = {
    key: stored.key,
    content: engine.content(opened),
    sequence,
    previous: stored.value,
    ...(issued === undefined ? {} : { lifetime: expires - issued }),
    ...(ttl === undefined ? {} : { ttl })
  }
  try {
    const value = await namespace.seal(draft, { now, signer })
    const parsed = engine.parse(stored.key, value)
    return isRefusal(parsed) || (parsed.expires ?? 0n) <= expires ? undefined : value
  } catch (error) {
    // the namespace lets only its author sign
    if (isRecordError(error, 'AUTHOR_FORBIDDEN', 'AUTHOR_DENIED')) return undefined
    throw error
  }
}
