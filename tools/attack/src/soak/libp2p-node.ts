import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { Libp2p, PeerId, PrivateKey } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Libp2pOptions, ServiceFactoryMap } from 'libp2p'

/** The Kademlia protocol of the soak. */
export const protocol = '/recordkit/soak/kad/1.0.0'

/** The peers that a node refuses while its network is partitioned. */
export class Partition {
  #denied: ReadonlySet<string> = new Set()

  readonly denies = (peer: PeerId): boolean => this.#denied.has(peer.toString())

  async set(peers: readonly string[], libp2p: Libp2p): Promise<number> {
    this.#denied = new Set(peers)
    const crossing = libp2p.getConnections().filter(({ remotePeer }) => this.denies(remotePeer))
    for (const connection of crossing) connection.abort(new Error('the network is partitioned'))
    return crossing.length
  }
}

/** Starts a node with the parts of every node and the given services. */
export async function startLibp2p<Services extends Record<string, unknown>>(
  services: ServiceFactoryMap<Services>,
  parts: {
    readonly privateKey?: PrivateKey
    readonly datastore?: Libp2pOptions['datastore']
    readonly partition?: Partition
    /** the IPv4 address to listen on. @default '127.0.0.1' */
    readonly host?: string | undefined
  }
): Promise<Libp2p<Services>> {
  const { privateKey, datastore, partition, host = '127.0.0.1' } = parts
  const denies = partition?.denies ?? (() => false)
  const libp2p: unknown = await createLibp2p({
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(datastore === undefined ? {} : { datastore }),
    addresses: { listen: [`/ip4/${host}/tcp/0`] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: {
      denyDialPeer: denies,
      denyDialMultiaddr: () => false,
      denyInboundEncryptedConnection: denies,
      denyOutboundEncryptedConnection: denies
    },
    // all nodes have one address, from which js-libp2p accepts only a few connections per second by default
    connectionManager: {
      inboundConnectionThreshold: 100_000,
      maxIncomingPendingConnections: 1_000,
      reconnectRetries: 0
    },
    services: { identify: identify(), ping: ping(), ...services } as unknown as ServiceFactoryMap<Services>
  })
  return libp2p as Libp2p<Services>
}

/** Dials all addresses and returns the number of connected peers. */
export async function dialAll(libp2p: Libp2p, addresses: readonly string[]): Promise<number> {
  await Promise.allSettled(
    addresses.map(async (address) => libp2p.dial(multiaddr(address), { signal: AbortSignal.timeout(5_000) }))
  )
  return libp2p.getPeers().length
}
