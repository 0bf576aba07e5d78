import type { ConnectionGater, Libp2p, PeerId, PrivateKey } from '@libp2p/interface'
import type { Libp2pOptions, ServiceFactoryMap } from 'libp2p'

/**
 * How nodes reach each other: TCP on loopback, or within the process alone, which needs no socket and runs in a page, too.
 */
export type NodeTransport = 'tcp' | 'memory'

/** What a node is made of beside what every node has: a transport, noise, yamux, identify, ping. */
export interface PlainParts<Services extends Record<string, unknown>> {
  readonly privateKey?: PrivateKey | undefined
  readonly datastore?: Libp2pOptions['datastore'] | undefined
  readonly services?: ServiceFactoryMap<Services> | undefined
  /** has the last word on what `createLibp2p` is handed */
  readonly configure?: ((options: Libp2pOptions) => Libp2pOptions) | undefined
}

export interface NodeSetting {
  /** `tcp` when absent */
  readonly transport?: NodeTransport | undefined
  /** whom the node does not talk to; handed what tells who it is itself, once it is made */
  readonly gater?: ((self: () => PeerId | undefined) => ConnectionGater) | undefined
}

/** ms that a handshake may take */
const patience = 60_000

/**
 * Starts one node as those of `startNetwork` are, without Kademlia. Needs `libp2p`, `@libp2p/tcp` or `@libp2p/memory`,
 * `@libp2p/identify`, `@libp2p/ping`, `@chainsafe/libp2p-noise` and `@chainsafe/libp2p-yamux`, which are optional peers of
 * this package.
 */
export async function createTestNode<Services extends Record<string, unknown> = Record<string, unknown>>(
  parts: PlainParts<Services> = {},
  setting: NodeSetting = {}
): Promise<Libp2p<Services>> {
  const { privateKey, datastore, services, configure = (options) => options } = parts
  const { transport = 'tcp', gater } = setting
  const [{ createLibp2p }, medium, { noise }, { yamux }, { identify }, { ping }] = await Promise.all([
    import('libp2p'),
    transport === 'memory' ? memoryTransport() : tcpTransport(),
    import('@chainsafe/libp2p-noise'),
    import('@chainsafe/libp2p-yamux'),
    import('@libp2p/identify'),
    import('@libp2p/ping')
  ])
  let self: PeerId | undefined
  const options: Libp2pOptions = {
    ...(privateKey && { privateKey }),
    ...(datastore && { datastore }),
    addresses: { listen: [transport === 'memory' ? `/memory/${crypto.randomUUID()}` : '/ip4/127.0.0.1/tcp/0'] },
    transports: [medium],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    ...(gater && { connectionGater: gater(() => self) }),
    // many nodes on one address: by default only a few connections a second are taken from one
    connectionManager: {
      inboundConnectionThreshold: 100_000,
      maxIncomingPendingConnections: 10_000,
      maxConnections: 10_000,
      reconnectRetries: 0,
      // and on one machine: a handshake waits for those of all the others
      dialTimeout: patience,
      addressDialTimeout: patience,
      inboundUpgradeTimeout: patience
    },
    connectionMonitor: { enabled: false },
    services: { identify: identify(), ping: ping(), ...services }
  }
  const libp2p = await createLibp2p(configure(options))
  self = libp2p.peerId
  return libp2p as unknown as Libp2p<Services>
}

type Medium = NonNullable<Libp2pOptions['transports']>[number]

async function tcpTransport(): Promise<Medium> {
  const { tcp } = await import('@libp2p/tcp')
  return tcp()
}

async function memoryTransport(): Promise<Medium> {
  const { memory } = await import('@libp2p/memory')
  return memory()
}
