import type { ConnectionGater, Libp2p, PeerId, PrivateKey } from '@libp2p/interface'
import type { KadDHT, KadDHTInit } from '@libp2p/kad-dht'
import type { Libp2pOptions, ServiceFactoryMap } from 'libp2p'
import { HostilePeer } from './hostile-peer.ts'
import type { HostileBehaviour, HostileOptions } from './hostile-peer.ts'
import { Partition } from './partition.ts'

/** What an honest node is made of beside what every node has: tcp on loopback, noise, yamux, identify, ping, Kademlia. */
export interface NodeParts<Services extends Record<string, unknown>> {
  readonly privateKey?: PrivateKey
  readonly datastore?: Libp2pOptions['datastore']
  readonly kademlia?: KadDHTInit
  readonly services?: ServiceFactoryMap<Services>
}

export interface NetworkOptions<Services extends Record<string, unknown>> extends HostileOptions {
  /** honest nodes */
  readonly nodes: number
  /** makes the parts of one; called with 0 to `nodes` - 1 */
  readonly node?: (index: number) => NodeParts<Services>
  /** hostile peers, one for each */
  readonly hostile?: readonly HostileBehaviour[]
  /** Kademlia's, of this network alone; `/recordkit/test/kad/1.0.0` when absent */
  readonly protocol?: string
  /** ms until all nodes must know each other; 30 s when absent */
  readonly deadline?: number
}

export type NetworkNode<Services extends Record<string, unknown>> = Libp2p<Services & { dht: KadDHT }>

/** Real js-libp2p nodes in one process that know each other. */
export interface TestNetwork<Services extends Record<string, unknown>> extends AsyncDisposable {
  readonly honest: readonly NetworkNode<Services>[]
  readonly hostile: readonly HostilePeer[]
  /** Cuts the network in two: connections across are closed, new ones denied. */
  cut(inFirst: (peer: PeerId) => boolean): Promise<void>
  /** Ends a cut and connects all again. */
  heal(): Promise<void>
}

/**
 * Starts a network of real nodes with hostile peers among them. Needs `libp2p`, `@libp2p/tcp`, `@libp2p/identify`,
 * `@libp2p/ping`, `@libp2p/kad-dht`, `@chainsafe/libp2p-noise` and `@chainsafe/libp2p-yamux`, which are optional peers of
 * this package.
 */
export async function startNetwork<Services extends Record<string, unknown> = Record<string, unknown>>(
  options: NetworkOptions<Services>
): Promise<TestNetwork<Services>> {
  const { nodes, node = () => ({}), hostile: behaviours = [], protocol = '/recordkit/test/kad/1.0.0' } = options
  const partition = new Partition()
  const honest: NetworkNode<Services>[] = []
  const hostile: HostilePeer[] = []
  const all = (): readonly Libp2p[] => [...(honest as unknown as Libp2p[]), ...hostile.map(({ libp2p }) => libp2p)]
  const stop = async (): Promise<void> => {
    await Promise.all(all().map(async (libp2p) => libp2p.stop()))
  }
  try {
    for (let index = 0; index < nodes; index++) honest.push(await startHonest(node(index), protocol, partition))
    for (const behaviour of behaviours) {
      const peer = new HostilePeer(await startPlain(partition), behaviour, options)
      await peer.serve(protocol)
      hostile.push(peer)
    }
    await connect(all())
    await acquainted(honest, all().length - 1, options.deadline ?? 30_000)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    honest,
    hostile,
    cut: (inFirst) => partition.cut(all(), inFirst),
    async heal() {
      partition.heal()
      await connect(all())
    },
    [Symbol.asyncDispose]: stop
  }
}

async function baseOf(gater: (self: () => PeerId | undefined) => ConnectionGater): Promise<{
  readonly options: Libp2pOptions
  readonly services: Record<string, (components: never) => unknown>
  bind(libp2p: Libp2p): void
}> {
  const [{ tcp }, { noise }, { yamux }, { identify }, { ping }] = await Promise.all([
    import('@libp2p/tcp'),
    import('@chainsafe/libp2p-noise'),
    import('@chainsafe/libp2p-yamux'),
    import('@libp2p/identify'),
    import('@libp2p/ping')
  ])
  let self: PeerId | undefined
  return {
    options: {
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionGater: gater(() => self),
      // many nodes on one address: by default only a few connections a second are taken from one
      connectionManager: {
        inboundConnectionThreshold: 100_000,
        maxIncomingPendingConnections: 10_000,
        maxConnections: 10_000,
        reconnectRetries: 0
      },
      connectionMonitor: { enabled: false }
    },
    services: { identify: identify(), ping: ping() },
    bind(libp2p) {
      self = libp2p.peerId
    }
  }
}

async function startHonest<Services extends Record<string, unknown>>(
  parts: NodeParts<Services>,
  protocol: string,
  partition: Partition
): Promise<NetworkNode<Services>> {
  const { privateKey, datastore, kademlia, services } = parts
  const [{ createLibp2p }, { kadDHT, passthroughMapper }, base] = await Promise.all([
    import('libp2p'),
    import('@libp2p/kad-dht'),
    baseOf((self) => partition.gaterOf(self))
  ])
  const libp2p = await createLibp2p({
    ...base.options,
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(datastore === undefined ? {} : { datastore }),
    services: {
      ...base.services,
      dht: kadDHT({ protocol, clientMode: false, peerInfoMapper: passthroughMapper, ...kademlia }),
      ...services
    } as unknown as ServiceFactoryMap
  })
  base.bind(libp2p)
  return libp2p as unknown as NetworkNode<Services>
}

async function startPlain(partition: Partition): Promise<Libp2p> {
  const [{ createLibp2p }, base] = await Promise.all([import('libp2p'), baseOf((self) => partition.gaterOf(self))])
  const libp2p = await createLibp2p({ ...base.options, services: base.services as ServiceFactoryMap })
  base.bind(libp2p)
  return libp2p
}

/** as many as a routing table has near itself, and some more */
const neighbours = 24
/** handshakes under way at once: they share one process */
const dials = 4

/** Connects every node with every other, in a large network with its neighbours on a ring. */
async function connect(nodes: readonly Libp2p[]): Promise<void> {
  const pairs: [Libp2p, Libp2p][] = []
  for (const [index, node] of nodes.entries()) {
    for (const [before, other] of nodes.slice(0, index).entries()) {
      const distance = Math.min(index - before, nodes.length - index + before)
      if (distance <= neighbours / 2) pairs.push([node, other])
    }
  }
  const work = async (): Promise<void> => {
    for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) await join(pair[0], pair[1])
  }
  await Promise.all(Array.from({ length: dials }, work))
}

/** Dials twice: a connection that is one too many is closed, which who dialled it hears as a failure, though there is another. */
async function join(node: Libp2p, other: Libp2p): Promise<void> {
  try {
    await node.dial(other.getMultiaddrs())
  } catch {
    await node.dial(other.getMultiaddrs())
  }
}

/** What is used of a node's routing table. */
interface Table {
  readonly size: number
  add(peer: PeerId): Promise<void>
}

/** ms after which peers are introduced again to a table that lacks some */
const patience = 1000

/**
 * Waits until every routing table knows `count` peers, in a larger network most of those it has room for: a table pings
 * whom it takes in, and leaves out for good who is too busy to answer just then, so that they are introduced again.
 */
async function acquainted<Services extends Record<string, unknown>>(
  nodes: readonly NetworkNode<Services>[],
  count: number,
  milliseconds: number
): Promise<void> {
  const enough = Math.min(count, 14)
  const tableOf = ({ services }: NetworkNode<Services>): Table =>
    (services.dht as unknown as { readonly routingTable: Table }).routingTable
  const started = performance.now()
  let introduced = started
  for (;;) {
    const short = nodes.filter((node) => tableOf(node).size < enough)
    const now = performance.now()
    if (short.length === 0) return
    if (now - started > milliseconds) throw new Error(`the nodes did not find each other within ${milliseconds} ms`)
    if (now - introduced > patience) {
      for (const node of short) await Promise.allSettled(node.getPeers().map((peer) => tableOf(node).add(peer)))
      introduced = performance.now()
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
