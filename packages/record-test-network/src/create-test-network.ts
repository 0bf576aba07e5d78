import type { Libp2p, PeerId } from '@libp2p/interface'
import type { KadDHT, KadDHTInit, SingleKadDHT } from '@libp2p/kad-dht'
import type { ServiceFactoryMap } from 'libp2p'
import { MaliciousPeer } from './malicious-peer.ts'
import type { MaliciousBehaviour, MaliciousPeerOptions } from './malicious-peer.ts'
import { Partition } from './partition.ts'
import { createTestNode } from './create-test-node.ts'
import type { NodeSetting, PlainParts } from './create-test-node.ts'

/** What an honest node is made of beside what every node has, Kademlia among it. */
export interface NodeParts<Services extends Record<string, unknown>> extends PlainParts<Services> {
  /** one with `clientMode` asks and serves nobody */
  readonly kademlia?: KadDHTInit | undefined
}

export interface NetworkOptions<Services extends Record<string, unknown>> extends MaliciousPeerOptions {
  /** honest nodes */
  readonly nodes: number
  /** makes the parts of one; called with 0 to `nodes` - 1 */
  readonly node?: ((index: number) => NodeParts<Services>) | undefined
  /** hostile peers, one for each */
  readonly hostile?: readonly MaliciousBehaviour[] | undefined
  /** Kademlia's, of this network alone; `/recordkit/test/kad/1.0.0` when absent */
  readonly protocol?: string | undefined
  /** how nodes reach each other; `tcp` when absent */
  readonly transport?: NodeSetting['transport'] | undefined
  /** ms until all nodes must know each other, in real time; 30 s when absent */
  readonly timeout?: number | undefined
}

export type NetworkNode<Services extends Record<string, unknown>> = Libp2p<Services & { dht: KadDHT }>

/** Real js-libp2p nodes in one process that know each other. */
export interface TestNetwork<Services extends Record<string, unknown>> extends AsyncDisposable {
  readonly honest: readonly NetworkNode<Services>[]
  readonly hostile: readonly MaliciousPeer[]
  /** Cuts the network in two: connections across are closed, new ones denied. */
  partition(inFirst: (peer: PeerId) => boolean): Promise<void>
  /** Ends a cut and connects all again. */
  heal(): Promise<void>
}

/** Starts a network of real nodes with hostile peers among them. Needs `@libp2p/kad-dht` and what {@link createTestNode} does. */
export async function createTestNetwork<Services extends Record<string, unknown> = Record<string, unknown>>(
  options: NetworkOptions<Services>
): Promise<TestNetwork<Services>> {
  const {
    nodes,
    node = (): NodeParts<Services> => ({}),
    hostile: behaviours = [],
    protocol = '/recordkit/test/kad/1.0.0'
  } = options
  const partition = new Partition()
  const setting: NodeSetting = {
    gater: (self) => partition.gaterOf(self),
    transport: options.transport
  }
  const honest: NetworkNode<Services>[] = []
  const hostile: MaliciousPeer[] = []
  let clients = 0
  const all = (): readonly Libp2p[] => [...(honest as unknown as Libp2p[]), ...hostile.map(({ libp2p }) => libp2p)]
  const stop = async (): Promise<void> => {
    // one after another: js-libp2p waits 500 ms for a connection that both ends close concurrently
    for (const libp2p of all()) await libp2p.stop()
  }
  try {
    for (let index = 0; index < nodes; index++) {
      const parts = node(index)
      if (parts.kademlia?.clientMode === true) clients++
      honest.push(await startHonest(parts, protocol, setting))
    }
    for (const behaviour of behaviours) {
      const peer = new MaliciousPeer(await createTestNode({}, setting), behaviour, options)
      await peer.serve(protocol)
      hostile.push(peer)
    }
    await connect(all())
    await acquainted(honest, all().length - clients - 1, options.timeout ?? 30_000)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    honest,
    hostile,
    partition: (inFirst) => partition.cut(all(), inFirst),
    async heal() {
      partition.heal()
      await connect(all())
    },
    [Symbol.asyncDispose]: stop
  }
}

async function startHonest<Services extends Record<string, unknown>>(
  { kademlia, services, ...parts }: NodeParts<Services>,
  protocol: string,
  setting: NodeSetting
): Promise<NetworkNode<Services>> {
  const { kadDHT, passthroughMapper } = await import('@libp2p/kad-dht')
  const dht = kadDHT({
    protocol,
    clientMode: false,
    peerInfoMapper: passthroughMapper,
    // Kademlia holds every query back until its first look-up of itself has run; `acquainted` fills the tables instead
    initialQuerySelfInterval: 0,
    ...kademlia
  })
  const all = { dht, ...services } as unknown as ServiceFactoryMap<Services & { dht: KadDHT }>
  return createTestNode({ ...parts, services: all }, setting)
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
    for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) await dial(...pair)
  }
  await Promise.all(Array.from({ length: dials }, work))
}

/** Dials again where a busy process had a connection closed while it was being opened. */
async function dial(node: Libp2p, other: Libp2p, attempts = 5): Promise<void> {
  try {
    await node.dial(other.getMultiaddrs())
  } catch (error) {
    if (attempts === 1) throw error
    await dial(node, other, attempts - 1)
  }
}

/** ms after which a node that knows too few looks for more */
const searchEvery = 5000

/**
 * Waits until every routing table knows `count` peers, in a larger network most of those it has room for. A table pings
 * whom it takes in, and leaves out who is too busy to answer just then: it has to be told to look again.
 */
async function acquainted<Services extends Record<string, unknown>>(
  nodes: readonly NetworkNode<Services>[],
  count: number,
  milliseconds: number
): Promise<void> {
  const enough = Math.min(count, 14)
  const tables = nodes.map(({ services }) => services.dht as unknown as SingleKadDHT)
  const start = performance.now()
  let searched = start
  for (;;) {
    const lacking = tables.filter(({ routingTable }) => routingTable.size < enough)
    if (lacking.length === 0) return
    const now = performance.now()
    if (now - start > milliseconds) {
      const sizes = lacking.map(({ routingTable }) => routingTable.size).join(', ')
      throw new Error(`${lacking.length} nodes know ${sizes} others after ${milliseconds} ms; ${enough} are needed`)
    }
    if (now - searched > searchEvery) {
      searched = now
      for (const dht of lacking) dht.refreshRoutingTable().catch(() => undefined)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
