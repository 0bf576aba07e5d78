import type { Libp2p, PeerId } from '@libp2p/interface'
import type { KadDHT, KadDHTInit, SingleKadDHT } from '@libp2p/kad-dht'
import type { ServiceFactoryMap } from 'libp2p'
import { RecordError } from '@recordkit/record-types'
import { checkDuration, checkOptions, describe } from '@recordkit/record-types/internal'
import { checkBehaviour, checkDelay, MaliciousPeer } from './malicious-peer.ts'
import type { MaliciousBehaviour, MaliciousPeerOptions } from './malicious-peer.ts'
import { Partition } from './partition.ts'
import { checkTransport, createTestNode } from './create-test-node.ts'
import type { NodeSetting, PlainParts } from './create-test-node.ts'

/** The options of an honest node. */
export interface NodeParts<Services extends Record<string, unknown>> extends PlainParts<Services> {
  /** options of `kadDHT`; with `clientMode` the node is not in the routing tables of others. @default server mode */
  readonly kadDhtInit?: KadDHTInit | undefined
}

/** Options of {@link createTestNetwork}. */
export interface NetworkOptions<Services extends Record<string, unknown>> extends MaliciousPeerOptions {
  /** number of honest nodes */
  readonly nodes: number
  /** Returns the options of one node; called with 0 to `nodes` - 1. @default no further services */
  readonly node?: ((index: number) => NodeParts<Services>) | undefined
  /** the behaviour of each malicious peer. @default none */
  readonly malicious?: readonly MaliciousBehaviour[] | undefined
  /** the Kademlia protocol of this network. @default '/recordkit/test/kad/1.0.0' */
  readonly protocol?: string | undefined
  /** how nodes reach each other. @default 'tcp' */
  readonly transport?: NodeSetting['transport'] | undefined
  /** ms of real time until all nodes must know each other. @default 30_000 */
  readonly timeout?: number | undefined
}

/** A libp2p node with Kademlia as its service `dht`. */
export type NetworkNode<Services extends Record<string, unknown>> = Libp2p<Services & { dht: KadDHT }>

/** Connected js-libp2p nodes in one process. Disposing it stops all of them. */
export interface TestNetwork<Services extends Record<string, unknown>> extends AsyncDisposable {
  readonly honest: readonly NetworkNode<Services>[]
  /** the malicious peers */
  readonly malicious: readonly MaliciousPeer[]
  /** Divides the network in two: connections between the parts are closed and new ones denied. */
  partition(inFirst: (peer: PeerId) => boolean): Promise<void>
  /** Ends the partition and connects all nodes again. */
  heal(): Promise<void>
}

/**
 * Starts a network of js-libp2p nodes and malicious peers, and waits until they know each other. Needs `@libp2p/kad-dht` and
 * the packages of {@link createTestNode}.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option; Error when the nodes do not know each other after `timeout`
 * @example
 * ```ts
 * await using network = await createTestNetwork({ transport: 'memory', nodes: 3, malicious: ['stale'] })
 * const [author, reader] = network.honest
 * for (const peer of network.malicious) peer.respondWith = () => olderRecord
 * ```
 */
export async function createTestNetwork<Services extends Record<string, unknown> = Record<string, unknown>>(
  options: NetworkOptions<Services>
): Promise<TestNetwork<Services>> {
  checkOptions(options, {
    nodes: 0,
    node: 0,
    malicious: 0,
    protocol: 0,
    transport: 0,
    timeout: 0,
    delay: 0,
    clock: 0,
    setTimer: 0
  })
  const {
    nodes,
    node = (): NodeParts<Services> => ({}),
    malicious: behaviours = [],
    protocol = '/recordkit/test/kad/1.0.0',
    delay,
    clock,
    setTimer
  } = options
  const timeout = checkDuration(options.timeout, 'timeout', 30_000)
  if (!(Number.isSafeInteger(nodes) && nodes >= 0)) {
    throw new RecordError('INVALID_ARGUMENT', `nodes is ${describe(nodes)}; a whole number of at least 0 is expected`)
  }
  checkTransport(options.transport ?? 'tcp')
  if (!Array.isArray(behaviours)) {
    throw new RecordError('INVALID_ARGUMENT', `malicious is ${describe(behaviours)}; an array is expected`)
  }
  for (const behaviour of behaviours) checkBehaviour(behaviour, 'malicious')
  checkDelay(options.delay)
  const partition = new Partition()
  const setting: NodeSetting = {
    connectionGater: (self) => partition.gaterOf(self),
    transport: options.transport
  }
  const honest: NetworkNode<Services>[] = []
  const malicious: MaliciousPeer[] = []
  let clients = 0
  const all = (): readonly Libp2p[] => [...(honest as unknown as Libp2p[]), ...malicious.map(({ libp2p }) => libp2p)]
  const stop = async (): Promise<void> => {
    // one after another: js-libp2p waits 500 ms for a connection that both ends close concurrently
    for (const libp2p of all()) await libp2p.stop()
  }
  try {
    for (let index = 0; index < nodes; index++) {
      const parts = node(index)
      if (parts.kadDhtInit?.clientMode === true) clients++
      honest.push(await startHonest(parts, protocol, setting))
    }
    for (const behaviour of behaviours) {
      const peer = new MaliciousPeer(await createTestNode({}, setting), behaviour, { delay, clock, setTimer })
      await peer.serve(protocol)
      malicious.push(peer)
    }
    await connect(all())
    await waitForRoutingTables(honest, all().length - clients - 1, timeout)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    honest,
    malicious,
    partition: (inFirst) => partition.divide(all(), inFirst),
    async heal() {
      partition.heal()
      await connect(all())
    },
    [Symbol.asyncDispose]: stop
  }
}

async function startHonest<Services extends Record<string, unknown>>(
  { kadDhtInit, services, ...parts }: NodeParts<Services>,
  protocol: string,
  setting: NodeSetting
): Promise<NetworkNode<Services>> {
  const { kadDHT, passthroughMapper } = await import('@libp2p/kad-dht')
  const dht = kadDHT({
    protocol,
    clientMode: false,
    peerInfoMapper: passthroughMapper,
    // kad-dht delays every query until its first lookup of itself has run; `acquainted` fills the tables instead
    initialQuerySelfInterval: 0,
    ...kadDhtInit
  })
  const all = { dht, ...services } as unknown as ServiceFactoryMap<Services & { dht: KadDHT }>
  return createTestNode({ ...parts, services: all }, setting)
}

/** Number of nodes that a node is connected to, in a large network: some more than a bucket of a routing table. */
const neighbours = 24
/** maximum number of concurrent handshakes, as all nodes share one process */
const concurrentDials = 4

/** Connects every node with every other one, and in a large network with its neighbours on a ring. */
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
  await Promise.all(Array.from({ length: concurrentDials }, work))
}

/** Dials again when a connection was closed while it was opened, which happens in a busy process. */
async function dial(node: Libp2p, other: Libp2p, attempts = 5): Promise<void> {
  try {
    await node.dial(other.getMultiaddrs())
  } catch (error) {
    if (attempts === 1) throw error
    await dial(node, other, attempts - 1)
  }
}

/** ms after which a node with too few peers refreshes its routing table */
const refreshInterval = 5000
/** A routing table of this size is complete enough: in a large network it cannot contain all peers. */
const sufficientSize = 14

/**
 * Waits until every routing table contains `count` peers, or most of those that it can contain. A table pings each peer that
 * it adds, and leaves out a peer that is too busy to respond: then it has to be refreshed.
 */
async function waitForRoutingTables<Services extends Record<string, unknown>>(
  nodes: readonly NetworkNode<Services>[],
  count: number,
  timeout: number
): Promise<void> {
  const enough = Math.min(count, sufficientSize)
  const tables = nodes.map(({ services }) => services.dht as unknown as SingleKadDHT)
  const start = performance.now()
  let refreshed = start
  for (;;) {
    const incomplete = tables.filter(({ routingTable }) => routingTable.size < enough)
    if (incomplete.length === 0) return
    const now = performance.now()
    if (now - start > timeout) {
      const sizes = incomplete.map(({ routingTable }) => routingTable.size).join(', ')
      throw new Error(
        `${incomplete.length} nodes know ${sizes} other nodes after ${timeout / 1000} s; ${enough} are expected`
      )
    }
    if (now - refreshed > refreshInterval) {
      refreshed = now
      for (const dht of incomplete) dht.refreshRoutingTable().catch(() => undefined)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
