import type { ConnectionGater, ContentRouting, PeerId } from '@libp2p/interface'
import { managedNetwork } from '@recordkit/record-manager'
import type { ManagedNetworkOptions, RecordManager, RecordManagerParts } from '@recordkit/record-manager'
import { systemTimer } from '@recordkit/record-types'
import type { AbortOptions, RecordRouting, SetTimer } from '@recordkit/record-types'
import { DhtProviderStore, DhtRecordStore } from '@recordkit/store-dht'
import type { DhtProviderStoreOptions, DhtRecordStoreOptions } from '@recordkit/store-dht'
import { kademliaRouting } from '@recordkit/store-dht/libp2p'
import type { ByteStream } from '@recordkit/store-dht/libp2p'
import type { Datastore } from 'interface-datastore'
import { fromContentRouting } from './from-content-routing.ts'
import { guardDatastore } from './guard-datastore.ts'
import type { GuardOptions } from './guard-datastore.ts'
import { gateOf, guardStreams } from './guard-streams.ts'
import type { StreamComponents } from './guard-streams.ts'
import { kademliaValidation } from './kademlia-validation.ts'
import type { KademliaValidation } from './kademlia-validation.ts'
import { LateRouting } from './late-routing.ts'
import { kademliaNamed, teach } from './node-kademlia.ts'
import type { NodeKademlia } from './node-kademlia.ts'
import { RecordsService } from './records-service.ts'
import { SenderLimits } from './sender-limits.ts'
import type { SenderLimitsOptions } from './sender-limits.ts'

/** What a house is made of: a manager's parts, the network among them taken from the node. */
export interface RecordHouseOptions
  extends
    Omit<RecordManagerParts, 'network'>,
    ManagedNetworkOptions,
    Omit<DhtRecordStoreOptions, 'routing' | 'engine' | 'setTimer'>,
    GuardOptions {
  /** the name of the node's Kademlia among its services; `dht` when absent. `false`: the node's content routers are asked */
  readonly dht?: string | false
  /** Kademlia's protocol, where it does not say so itself */
  readonly protocol?: string
  /** how much of one peer the node's Kademlia handles, and when a peer is barred; `false`: of all whatever they send */
  readonly senders?: SenderLimitsOptions | false
}

/** What is used of a node's components. */
export interface RecordComponents {
  readonly peerId: PeerId
  readonly addressManager: { getAddresses(): readonly { readonly bytes: Uint8Array }[] }
  readonly connectionManager: {
    openStream(peer: PeerId, protocol: string, options?: AbortOptions): Promise<ByteStream>
  }
  readonly contentRouting: ContentRouting
}

/** The places where records and those who send them enter a js-libp2p node, made fit for each other. */
export interface RecordHouse {
  /** to `kadDHT`: what it takes from others */
  readonly kademlia: KademliaValidation
  /** to `createLibp2p`: what Kademlia keeps goes the manager's path into the store, the rest to `inner` */
  datastore(inner: Datastore): Datastore
  /** to `services`; one node per house */
  service(): (components: RecordComponents) => RecordsService
  /** around what `kadDHT` makes: its streams are counted, a peer at a time, before they are read */
  guarded<Components, Made>(make: (components: Components) => Made): (components: Components) => Made
  /** to `createLibp2p` as `connectionGater`: who is barred is not let in; for the rest what `inner` says */
  gater(inner?: ConnectionGater): ConnectionGater
}

/**
 * Everything for records in a js-libp2p node that serves a DHT.
 *
 * ```ts
 * const house = recordHouse({ engine, store, signer })
 * const libp2p = await createLibp2p({
 *   datastore: house.datastore(new MemoryDatastore()),
 *   services: { identify: identify(), ping: ping(), dht: kadDHT({ ...house.kademlia }), records: house.service() }
 * })
 * await libp2p.services.records.put('/config/…', bytes)
 * ```
 */
export function recordHouse(options: RecordHouseOptions): RecordHouse {
  const {
    engine,
    setTimer,
    quorum,
    copies,
    deadline,
    repairs,
    reads,
    republish,
    random,
    dht = 'dht',
    protocol,
    prefix,
    onOutcome,
    senders = {},
    ...parts
  } = options
  const routing = new LateRouting()
  const peers = new DhtRecordStore({
    routing,
    engine,
    ...defined({ quorum, copies, deadline, repairs, setTimer })
  })
  const needs = dht === false ? [] : ['@libp2p/kad-dht']
  const limits =
    senders === false ? undefined : new SenderLimits(senders, defined({ access: parts.access, clock: parts.clock }))
  // a record of the largest there may be, and what Kademlia has around it
  const messageSize = Math.max(...engine.namespaces.map(({ limits: { value } }) => value), 0) + 65_536
  let node: Pick<RecordComponents, 'peerId' | 'addressManager'> | undefined
  const makeProviders = (records: RecordManager): DhtProviderStore => {
    const signs = parts.signer !== undefined && engine.namespaces.some(({ name }) => name === 'providers')
    const signed: DhtProviderStoreOptions['signed'] = {
      get self() {
        return node?.peerId.toMultihash().bytes ?? new Uint8Array(0)
      },
      addresses: () => node?.addressManager.getAddresses().map(({ bytes }) => bytes) ?? [],
      put: async (key, content, signal) => records.put(key, content, signal),
      get: async (key, signal) => records.get(key, signal)
    }
    const { clock } = parts
    return new DhtProviderStore({
      routing,
      ...(signs ? { signed } : {}),
      ...defined({ clock, copies, deadline, setTimer })
    })
  }
  const records = new RecordsService(
    {
      ...parts,
      ...defined({ setTimer }),
      engine,
      peers,
      routing,
      network: managedNetwork(peers, defined({ reads, republish, random }))
    },
    makeProviders,
    needs
  )
  return {
    kademlia: kademliaValidation(engine),
    datastore: (inner) => guardDatastore(inner, records, defined({ prefix, onOutcome })),
    service: () => (components) => {
      node = components
      routing.bind(() =>
        dht === false
          ? fromContentRouting(components.contentRouting)
          : overKademlia(components, dht, { protocol, setTimer })
      )
      return records
    },
    guarded:
      (make) =>
      (components): ReturnType<typeof make> => {
        if (limits === undefined) return make(components)
        const guard = { limits, messageSize, setTimer: setTimer ?? systemTimer }
        return make(guardStreams(components as StreamComponents, guard) as typeof components)
      },
    gater: (inner = {}) => (limits === undefined ? inner : gateOf(limits, inner))
  }
}

/**
 * One line in `services` for a node that asks and publishes, and serves nobody: a client, or one without Kademlia. Its
 * Kademlia learns the engine's validators once the node is made. A node that serves others wants `withRecords`: only what is
 * handed over at construction can refuse their older records.
 */
export function records(options: RecordHouseOptions): (components: RecordComponents) => RecordsService {
  const house = recordHouse(options)
  const { dht = 'dht' } = options
  const make = house.service()
  return (components) => {
    const service = make(components)
    const start = service.afterStart.bind(service)
    service.afterStart = async () => {
      if (dht !== false) teach(kademliaOf(components, dht), house.kademlia)
      await start()
    }
    return service
  }
}

function kademliaOf(components: RecordComponents, name: string): NodeKademlia {
  return kademliaNamed((components as unknown as Record<string, unknown>)[name], name)
}

function overKademlia(
  components: RecordComponents,
  name: string,
  { protocol, setTimer }: { readonly protocol: string | undefined; readonly setTimer: SetTimer | undefined }
): RecordRouting {
  const kademlia = kademliaOf(components, name)
  return kademliaRouting(kademlia, {
    dialer: {
      dialProtocol: (peer, spoken, signal) => components.connectionManager.openStream(peer, spoken, signal)
    },
    ...defined({ protocol: protocol ?? kademlia.protocol, setTimer })
  })
}

/** The members that are not `undefined`. */
function defined<T extends object>(members: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined)) as never
}
