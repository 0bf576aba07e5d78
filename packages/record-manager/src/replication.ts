import { copyBytes, RecordError } from '@recordkit/record-types'
import type {
  Clock,
  Eclipse,
  NetworkPutOptions,
  PeerId,
  PubsubReceiver,
  PutReceipt,
  RecordMetrics,
  RecordNetwork,
  RecordPubsub,
  Refusal,
  UnverifiedRecord,
  VerifiedRecord
} from '@recordkit/record-types'
import { checkCount, checkOptions, checkPart, ownRecord, raceAbort } from '@recordkit/record-types/internal'
import type { RecordStore } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import { followKey } from './follow-key.ts'
import type { FollowOptions } from './follow-key.ts'
import { LookupCache, measureLookup } from './lookup-cache.ts'
import type { LookupCacheOptions } from './lookup-cache.ts'
import { checkRepublishOptions } from './republish-options.ts'
import type { CheckedRepublishOptions, RepublishOptions } from './republish-options.ts'
import { RunningCopies } from './running-copies.ts'

export interface ReplicationOptions {
  /** acknowledged copies below which a put fails. @default the `copies` of the network */
  readonly copies?: number | undefined
  /**
   * delivers the records that peers publish, such as `pubsubRouting` of store-dht, which must also be part of the routing of the
   * network. The manager starts and stops it. @default none: records are looked up
   */
  readonly pubsub?: RecordPubsub | undefined
  /** how answers of peers are cached */
  readonly reads?: LookupCacheOptions | undefined
  /** how records are republished once the manager is started */
  readonly republish?: RepublishOptions | undefined
  /** 0 to below 1; spreads republishing over time. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** The parts of a manager that its replication uses. */
export interface ReplicatorContext {
  readonly engine: ValidationEngine
  readonly clock: Clock
  /** @default no metrics */
  readonly metrics?: RecordMetrics | undefined
  /** called when peer IDs were generated near a key that is read or put */
  readonly onEclipse?: ((eclipse: Eclipse) => void) | undefined
}

/** what a routing has, and a network has not */
const routingMethods = ['putToPeer', 'getFromPeer', 'provide', 'findProviders', 'readOnly']

/** The replication of a manager: the result of {@link replication}. */
export type Replication = (context: ReplicatorContext) => Replicator

/** What the network and the store contain under a key. */
export interface LatestRecords {
  /** the best valid record */
  readonly record: VerifiedRecord | undefined
  /** the first peer that answered with it; `undefined` for the stored record */
  readonly sender: PeerId | undefined
  /** later records that are not valid now */
  readonly untimely: readonly UnverifiedRecord[]
}

/**
 * Connects a manager to a network. Look-ups are shared and cached, and records that were put are copied there, again and again
 * before they lapse. A manager without a network does not include this code in a bundle.
 *
 * @throws RecordError `INVALID_ARGUMENT` when `network` cannot get and put
 * @example
 * ```ts
 * const network = replication(new DhtRecordStore({ routing }), { copies: 3 })
 * const manager = new RecordManager({ engine, store, signer, network })
 * ```
 */
export function replication(network: RecordNetwork, options: ReplicationOptions = {}): Replication {
  checkPart(network, 'network', ['get', 'put'], 'a RecordNetwork, such as `new DhtRecordStore({ routing, engine })`,')
  if (routingMethods.some((method) => method in network))
    throw new RecordError(
      'INVALID_ARGUMENT',
      'network is a RecordRouting; a RecordNetwork, such as `new DhtRecordStore({ routing })` with it, is expected'
    )
  checkOptions(options, { copies: 0, pubsub: 0, reads: 0, republish: 0, random: 0 })
  if (options.pubsub !== undefined)
    checkPart(options.pubsub, 'pubsub', ['start', 'stop', 'subscribe'], 'a RecordPubsub, such as `pubsubRouting(…)`,')
  return (context) => new Replicator(network, context, options)
}

/** Looks records up among peers, and copies our records there. */
export class Replicator {
  readonly lookups: LookupCache
  readonly republish: CheckedRepublishOptions
  readonly pubsub: RecordPubsub | undefined
  readonly #network: RecordNetwork
  readonly #engine: ValidationEngine
  readonly #copies: number | undefined
  readonly #metrics: RecordMetrics | undefined
  readonly #onEclipse: ReplicatorContext['onEclipse']
  readonly #running = new RunningCopies()

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(network: RecordNetwork, context: ReplicatorContext, options: ReplicationOptions) {
    const { engine, metrics, onEclipse } = context
    const { copies, reads, republish, random, pubsub } = options
    this.pubsub = pubsub
    network.useEngine?.(engine)
    this.#network = network
    this.#metrics = metrics
    this.#onEclipse = onEclipse
    this.#engine = engine
    this.#copies = copies === undefined ? undefined : checkCount(copies, 'copies', 1, 0)
    this.lookups = new LookupCache(network, context, reads)
    this.republish = checkRepublishOptions(engine, republish, random)
  }

  /**
   * The best of the stored record and those of the peers, past every cache, and the later ones that are not valid now.
   *
   * @throws the error of the network
   */
  async latest(
    key: Uint8Array,
    stored: VerifiedRecord | undefined,
    { timeout, signal }: NetworkPutOptions
  ): Promise<LatestRecords> {
    const namespace = this.#engine.namespaceOf(key)
    const untimely: UnverifiedRecord[] = []
    const onUntimely = (record: UnverifiedRecord, { code }: Refusal): void => {
      // under a key that several authors share, a record from the future is not accepted by any peer
      if (code === 'EXPIRED' || ('revocable' in namespace && namespace.revocable === true)) untimely.push(record)
    }
    // without the stored record, which counts as an answer: with a quorum of 1 no peer would be asked
    const options = { timeout, signal, noCache: true, onUntimely, onEclipse: this.#onEclipse }
    const ask = () => this.#network.get(copyBytes(key), options)
    const found = await raceAbort(measureLookup(this.#metrics, ask), signal)
    return found === undefined || (stored !== undefined && this.#engine.compare(stored, found.record) >= 0)
      ? { record: stored, sender: undefined, untimely }
      : { record: found.record, sender: found.from[0], untimely }
  }

  /** Starts PubSub: what arrives goes to the manager, and what the manager publishes is published there. */
  async startPubsub(manager: Pick<PubsubReceiver, 'receive' | 'getForPeers'>, store: RecordStore): Promise<void> {
    await this.pubsub?.start({
      namespaces: this.#engine.namespaces.map(({ name }) => name),
      receive: (...record) => manager.receive(...record),
      getForPeers: (...key) => manager.getForPeers(...key),
      async *publishedKeys(options) {
        for await (const { key, network: isPublic } of store.publications({}, options)) if (isPublic) yield key
      }
    })
  }

  /**
   * Follows a key among peers: by PubSub where there is one, and by look-ups at an interval.
   *
   * @returns a function that ends it
   * @throws RecordError `QUOTA`, `ROUTING_FAILED` when PubSub cannot subscribe to the key, and there is no interval
   */
  follow(key: Uint8Array, options: FollowOptions): () => void {
    return followKey(key, this.pubsub, options)
  }

  /**
   * Copies a value to peers, and ends the copying of an earlier one of the key.
   *
   * @throws the error of the network
   */
  copy(key: Uint8Array, value: Uint8Array, options: NetworkPutOptions): Promise<PutReceipt> {
    const { copies = this.#copies, timeout, verified, reuseWalks } = options
    // a network of the application gets bytes of its own
    const own = verified && ownRecord(verified)
    const [ownKey, ownValue] = [own?.key ?? copyBytes(key), own?.value ?? copyBytes(value)]
    return this.#running.run(key, value, options.signal, (signal) =>
      this.#network.put(ownKey, ownValue, {
        copies,
        timeout,
        verified: own,
        reuseWalks,
        signal,
        onEclipse: this.#onEclipse
      })
    )
  }

  /** The keys whose values are being copied to peers. */
  get copying(): readonly Uint8Array[] {
    return this.#running.keys
  }

  /** The value of a key that is being copied to peers. */
  copied(key: Uint8Array): Uint8Array | undefined {
    return this.#running.valueOf(key)
  }

  /** Copies an earlier value of a key to no further peers, once there are enough copies. */
  endBackground(key: Uint8Array): void {
    this.#running.endBackground(key)
  }

  /** Resolves when nothing is copied in the background. */
  async settled(): Promise<void> {
    await this.#running.settled()
  }
}
