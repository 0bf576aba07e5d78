import type { ConnectionGater, Libp2p, PeerId, PrivateKey } from '@libp2p/interface'
import { RecordError } from '@recordkit/record-types'
import { describe } from '@recordkit/record-types/internal'
import type { Libp2pOptions, ServiceFactoryMap } from 'libp2p'

/** `tcp`: TCP on loopback. `memory`: within the process, without sockets, so that it also runs in a browser. */
export type NodeTransport = 'tcp' | 'memory'

/** The options of a node besides those that every node has: a transport, noise, yamux, identify, ping. */
export interface PlainParts<Services extends Record<string, unknown>> {
  /** @default a new Ed25519 key */
  readonly privateKey?: PrivateKey | undefined
  /** @default a datastore in memory */
  readonly datastore?: Libp2pOptions['datastore'] | undefined
  readonly services?: ServiceFactoryMap<Services> | undefined
  /** Changes the options that are passed to `createLibp2p`. */
  readonly configure?: ((options: Libp2pOptions) => Libp2pOptions) | undefined
}

/** The options that the nodes of a network share. */
export interface NodeSetting {
  /** @default 'tcp' */
  readonly transport?: NodeTransport | undefined
  /** Makes a connection gater for the node. `self` returns the peer ID of the node once it exists. */
  readonly connectionGater?: ((self: () => PeerId | undefined) => ConnectionGater) | undefined
}

/** ms: the maximum duration of a handshake */
const handshakeTimeout = 60_000

/**
 * Starts a node like those of `createTestNetwork`, without Kademlia. Needs `libp2p`, `@libp2p/tcp` or `@libp2p/memory`,
 * `@libp2p/identify`, `@libp2p/ping`, `@chainsafe/libp2p-noise` and `@chainsafe/libp2p-yamux`, which are peer dependencies of
 * this package.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option; the errors of libp2p
 * @example
 * ```ts
 * const node = await createTestNode({}, { transport: 'memory' })
 * await node.dial(other.getMultiaddrs())
 * ```
 */
export async function createTestNode<Services extends Record<string, unknown> = Record<string, unknown>>(
  parts: PlainParts<Services> = {},
  setting: NodeSetting = {}
): Promise<Libp2p<Services>> {
  const { privateKey, datastore, services, configure = (options) => options } = parts
  const { transport = 'tcp', connectionGater } = setting
  checkTransport(transport)
  const [{ createLibp2p }, transportFactory, { noise }, { yamux }, { identify }, { ping }] = await Promise.all([
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
    transports: [transportFactory],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    ...(connectionGater && { connectionGater: connectionGater(() => self) }),
    // many nodes share one address; by default only a few connections per second are accepted from one
    connectionManager: {
      inboundConnectionThreshold: 100_000,
      maxIncomingPendingConnections: 10_000,
      maxConnections: 10_000,
      reconnectRetries: 0,
      // they also share one machine: a handshake waits for those of all others
      dialTimeout: handshakeTimeout,
      addressDialTimeout: handshakeTimeout,
      inboundUpgradeTimeout: handshakeTimeout
    },
    connectionMonitor: { enabled: false },
    services: { identify: identify(), ping: ping(), ...services }
  }
  const libp2p = await createLibp2p(configure(options))
  self = libp2p.peerId
  return libp2p as unknown as Libp2p<Services>
}

/** @throws RecordError `INVALID_ARGUMENT` */
export function checkTransport(transport: unknown): void {
  if (transport === 'tcp' || transport === 'memory') return
  throw new RecordError('INVALID_ARGUMENT', `transport is ${shown(transport)}; 'tcp' or 'memory' is expected`)
}

/** A value for an error message: text in quotes. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : describe(value)
}

type TransportFactory = NonNullable<Libp2pOptions['transports']>[number]

async function tcpTransport(): Promise<TransportFactory> {
  const { tcp } = await import('@libp2p/tcp')
  return tcp()
}

async function memoryTransport(): Promise<TransportFactory> {
  const { memory } = await import('@libp2p/memory')
  return memory()
}
