import type { ConnectionGater, ContentRouting, PeerId, PrivateKey } from '@libp2p/interface'
import { RecordManager, replication } from '@recordkit/record-manager'
import type {
  LookupCacheOptions,
  RecordManagerOptions,
  ReplicationOptions,
  RepublishOptions
} from '@recordkit/record-manager'
import type { RecordStore } from '@recordkit/record-store'
import { equalBytes, systemClock, systemTimer } from '@recordkit/record-types'
import type { AbortOptions, RecordRouting, Signer } from '@recordkit/record-types'
import { checkCount, checkPart } from '@recordkit/record-types/internal'
import { DhtProviderStore, DhtRecordStore } from '@recordkit/store-dht'
import type { DhtProviderStoreOptions, DhtRecordStoreOptions } from '@recordkit/store-dht'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { ByteStream } from '@recordkit/store-dht/libp2p'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { Datastore } from 'interface-datastore'
import { checkRecordsOptions } from './check-records-options.ts'
import { announcementsIn } from './announcements-in.ts'
import { attributeStreams } from './attribute-streams.ts'
import { chargeAnswers } from './charge-answers.ts'
import { countRefusals, countResults } from './count-refusals.ts'
import { DeferredRouting } from './deferred-routing.ts'
import type { DefaultParts } from './default-parts.ts'
import { InboundLimits } from './inbound-limits.ts'
import type { InboundLimitsOptions } from './inbound-limits.ts'
import { installValidation, kadDhtService } from './kad-dht-service.ts'
import type { KadDhtService } from './kad-dht-service.ts'
import { kadDhtValidation } from './kad-dht-validation.ts'
import type { KadDhtValidation } from './kad-dht-validation.ts'
import { libp2pContentRouting } from './libp2p-content-routing.ts'
import { budgetOf } from './node-pubsub.ts'
import type { NodePubsub } from './node-pubsub.ts'
import { nodeSigner } from './node-signer.ts'
import { boundProviderEntries } from './provider-entries.ts'
import { RecordSenders } from './record-senders.ts'
import { RecordsService } from './records-service.ts'
import { SenderGroups } from './sender-group.ts'
import type { GroupedConnection } from './sender-group.ts'
import { limitConnections, limitStreams } from './stream-rate-limiter.ts'
import type { StreamComponents } from './wrap-components.ts'
import { validatingDatastore } from './validating-datastore.ts'
import type { ValidatingDatastoreOptions } from './validating-datastore.ts'

/** The kad-dht service of the node. */
export interface DhtOptions {
  /** its name among the services of the node. @default 'dht' */
  readonly service?: string | undefined
  /** its `protocol`. @default the `protocol` of the service, else '/ipfs/kad/1.0.0' */
  readonly protocol?: string | undefined
  /** its `datastorePrefix`. @default '/dht' */
  readonly datastorePrefix?: string | undefined
  /**
   * maximum number of announcements of other peers that kad-dht remembers; the oldest of the group of peers with the most is removed
   * first. Needs the datastore of {@link withRecords}. @default 20_000
   */
  readonly maxProviderEntries?: number | undefined
}

/** How records are read from peers and copied to them. */
export interface NetworkOptions
  extends Omit<DhtRecordStoreOptions, 'routing' | 'engine' | 'setTimer'>, Pick<ReplicationOptions, 'random'> {
  /** how look-ups are cached */
  readonly reads?: LookupCacheOptions | undefined
}

/** The options of a manager, whose network is that of the node. `access` is asked by engine, manager and inbound limits. */
export interface RecordsOptions extends Omit<RecordManagerOptions, 'network' | 'engine' | 'store'> {
  /** @default an engine for IPNS names, public keys, peer records, and signed records under `/config/<owner>/…` */
  readonly engine?: ValidationEngine | undefined
  /** @default a bounded store in memory */
  readonly store?: RecordStore | undefined
  /** the default signer. @default the private key of the node */
  readonly signer?: Signer | undefined
  /** the kad-dht service of the node; `false` uses the content routers of the node instead */
  readonly dht?: DhtOptions | false | undefined
  readonly network?: NetworkOptions | undefined
  /** PubSub: the result of `nodePubsub()` of `@recordkit/record-libp2p/pubsub`. @default no PubSub */
  readonly pubsub?: NodePubsub | undefined
  /** how records that were put are republished */
  readonly republish?: RepublishOptions | undefined
  /** what one remote peer may cost the DHT of the node; `false` disables the limits */
  readonly inbound?: InboundLimitsOptions | false | undefined
  /** called with the result of every record that kad-dht puts into the datastore */
  readonly onResult?: ValidatingDatastoreOptions['onResult']
}

/** The components of a node that are used. */
export interface Libp2pComponents {
  readonly peerId: PeerId
  /** signs records when the options contain no signer */
  readonly privateKey?: PrivateKey | undefined
  readonly addressManager: { getAddresses(): readonly { readonly bytes: Uint8Array }[] }
  readonly connectionManager: {
    openStream(peer: PeerId, protocol: string, options?: AbortOptions): Promise<ByteStream>
  }
  readonly contentRouting: ContentRouting
  /** keeps what is announced for the next start; without it, announced content is forgotten when the process ends */
  readonly datastore?: Datastore | undefined
  /** emits each connection, by whose address peers are grouped; without it peers that answer are groups of their own */
  readonly events?:
    | {
        addEventListener(
          type: 'connection:open',
          listener: (event: { readonly detail: GroupedConnection }) => void
        ): void
      }
    | undefined
}

/** The parts that connect records with a js-libp2p node. Use each for one node only. */
export interface RecordComponents {
  /** options for `kadDHT`: validators and selectors */
  readonly kadDhtInit: KadDhtValidation
  /** the `datastore` of `createLibp2p`: records of the DHT go to the manager, everything else to `inner` */
  datastore(inner: Datastore): Datastore
  /** a factory for `services` of `createLibp2p` */
  service(): (components: Libp2pComponents) => RecordsService
  /** wraps the result of `kadDHT`, so that its streams are limited, and records have the senders that they arrive from */
  limitInbound<Components, Made>(make: (components: Components) => Made): (components: Components) => Made
  /** the `connectionGater` of `createLibp2p`: refuses banned peers, and what `inner` refuses */
  connectionGater(inner?: ConnectionGater): ConnectionGater
}

/**
 * Connects records with a node.
 *
 * @param client - whether to install the validators into the kad-dht service when the node starts
 * @param defaults - makes the engine and the store that the options do not contain
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 */
export function createIntegration(
  options: RecordsOptions,
  client: boolean,
  defaults: DefaultParts | undefined
): RecordComponents {
  checkRecordsOptions(options)
  const { access, clock, setTimer, dht = {}, inbound = {}, network: networkOptions = {}, republish, onResult } = options
  const { reads, random, ...dhtOptions } = networkOptions
  const given = options.engine ?? defaults?.engine(clock)
  checkPart(given, 'engine', ['validate'], 'a ValidationEngine, such as `new ValidationEngine([ipns()])`,')
  const engine = access === undefined ? (given as ValidationEngine) : (given as ValidationEngine).withAccess(access)
  const routing = new DeferredRouting()
  const groups = new SenderGroups()
  const limits =
    inbound === false
      ? undefined
      : new InboundLimits(inbound, { access: engine.access, clock, metrics: options.metrics })
  const charging = chargeAnswers(engine, limits, groups)
  const network = new DhtRecordStore({ ...dhtOptions, routing, engine: charging, setTimer })
  const pubsub = options.pubsub?.({ clock, setTimer, groupOf: (sender) => groups.of(sender), budget: budgetOf(limits) })
  const puts = new RecordSenders(clock ?? systemClock)
  const answers = new RecordSenders(clock ?? systemClock)
  const manager = new RecordManager({
    signer: options.signer,
    signers: options.signers,
    trustClock: options.trustClock,
    sweepInterval: options.sweepInterval,
    metrics: options.metrics,
    clock,
    setTimer,
    groupOf: options.groupOf ?? ((sender) => groups.of(sender)),
    engine,
    store: options.store ?? (defaults?.store(clock) as RecordStore),
    network: replication(network, { copies: dhtOptions.copies, reads, random, pubsub, republish })
  })
  // the largest record, and the other fields of a kad-dht message
  const messageSize = Math.max(...engine.namespaces.map(({ limits: { value } }) => value), 0) + 65_536
  const kadDhtInit = countRefusals(kadDhtValidation(engine), { puts, answers }, limits)
  const { datastorePrefix, maxProviderEntries }: DhtOptions = dht === false ? {} : dht
  const maxEntries = checkCount(maxProviderEntries, 'maxProviderEntries', 20_000, 0)
  let self: Uint8Array | undefined
  const service = (components: Libp2pComponents): RecordsService => {
    self = components.peerId.toMultihash().bytes
    if (manager.signers.default === undefined && components.privateKey !== undefined)
      manager.signers.add(nodeSigner(components.privateKey), { isDefault: true })
    components.events?.addEventListener('connection:open', ({ detail }) => groups.add(detail))
    pubsub?.bind(components)
    routing.bind(() => {
      const own =
        dht === false
          ? libp2pContentRouting(components.contentRouting)
          : withOwnPuts(routingOf(components, dht, options), puts)
      return pubsub?.alongside(own) ?? own
    })
    return new RecordsService({
      manager,
      network,
      providers: createProviders(options, engine, manager, routing, components),
      routing,
      dependencies: [
        ...(dht === false ? [] : ['@libp2p/kad-dht']),
        ...(pubsub === undefined ? [] : ['@libp2p/pubsub'])
      ],
      prepare: () => {
        if (client && dht !== false) installValidation(findKadDht(components, dht), kadDhtInit)
      }
    })
  }
  return {
    kadDhtInit,
    datastore: (inner) => {
      const bounded = boundProviderEntries(inner, {
        datastorePrefix,
        maxEntries,
        groupOf: (peer) => groups.of(peer),
        isOwn: (peer) => self !== undefined && equalBytes(self, peer)
      })
      return validatingDatastore(bounded, countResults(manager, limits), {
        onResult,
        senderOf: (key, value) => puts.take(key, value),
        datastorePrefix
      })
    },
    service: () => service,
    limitInbound:
      (make) =>
      (components): ReturnType<typeof make> => {
        let wrapped = components as StreamComponents
        if (limits !== undefined)
          wrapped = limitStreams(wrapped, { limits, messageSize, setTimer: setTimer ?? systemTimer })
        // inside the limits, so that it sees the messages in the order in which kad-dht receives them
        return make(attributeStreams(wrapped, { puts, answers, groups, limits }) as typeof components)
      },
    connectionGater: (inner = {}) => (limits === undefined ? inner : limitConnections(limits, inner))
  }
}

/** Marks the records that this node puts, because kad-dht puts them into the datastore of the node as it puts those of peers. */
function withOwnPuts(routing: RecordRouting, senders: RecordSenders): RecordRouting {
  return {
    ...routing,
    async *put(key, value, options) {
      const removeOwn = senders.addOwn(key, value)
      try {
        yield* routing.put(key, value, options)
      } finally {
        removeOwn()
      }
    }
  }
}

function createProviders(
  { clock, setTimer, network = {} }: RecordsOptions,
  engine: ValidationEngine,
  manager: RecordManager,
  routing: RecordRouting,
  { peerId, addressManager, datastore }: Libp2pComponents
): DhtProviderStore {
  const self = peerId.toMultihash().bytes
  const signs = manager.signers.get(self) !== undefined && engine.namespaces.some(({ name }) => name === 'providers')
  const signed: DhtProviderStoreOptions['signed'] = {
    self,
    addresses: () => addressManager.getAddresses().map(({ bytes }) => bytes),
    put: async (key, content, { signal } = {}) => manager.put(key, content, { signal }),
    get: async (key, { signal } = {}) => manager.get(key, { signal }),
    delete: async (key, { signal } = {}) => manager.delete(key, { signal })
  }
  const { copies, timeout } = network
  return new DhtProviderStore({
    routing,
    signed: signs ? signed : undefined,
    storage: datastore && announcementsIn(datastore),
    clock,
    copies,
    timeout,
    setTimer
  })
}

function findKadDht(components: Libp2pComponents, { service = 'dht' }: DhtOptions): KadDhtService {
  return kadDhtService((components as unknown as Record<string, unknown>)[service], service)
}

function routingOf(components: Libp2pComponents, dht: DhtOptions, { clock, setTimer }: RecordsOptions): RecordRouting {
  const service = findKadDht(components, dht)
  return kadDhtRouting(service, {
    dialer: {
      dialProtocol: (peer, protocol, options) => components.connectionManager.openStream(peer, protocol, options)
    },
    protocol: dht.protocol ?? service.protocol,
    clock,
    setTimer
  })
}
