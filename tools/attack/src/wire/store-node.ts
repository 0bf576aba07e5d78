import type { Connection, Libp2p, StreamHandler, StreamHandlerOptions } from '@libp2p/interface'
import type { KadDHT, SingleKadDHT } from '@libp2p/kad-dht'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { KeyPair } from '@recordkit/record-crypto'
import { withRecords } from '@recordkit/record-libp2p'
import type { RecordsOptions, RecordsService } from '@recordkit/record-libp2p'
import { createTestNetwork } from '@recordkit/record-test-network'
import { MemoryDatastore } from 'datastore-core'
import { protocol } from '../field-network.ts'
import { toLibp2p } from './stock-peer.ts'

/** The IPv4 addresses from which peers appear to connect, by peer ID; those of other peers are left as they are. */
export type SenderAddresses = Map<string, string>

export interface RealNode extends AsyncDisposable {
  readonly libp2p: Libp2p<{ records: RecordsService; dht: KadDHT }>
  readonly addresses: readonly Multiaddr[]
  readonly records: RecordsService
  /** what the node keeps besides records */
  readonly datastore: MemoryDatastore
}

export interface RealNodeOptions {
  /** @default a new key */
  readonly pair?: KeyPair | undefined
  readonly records: RecordsOptions
  readonly senderAddresses?: SenderAddresses | undefined
  /** addresses that the node announces besides its own */
  readonly announce?: readonly string[] | undefined
}

/**
 * Starts a real js-libp2p node with records and kad-dht on loopback. All peers of a test have one address; so that they can be of
 * different groups, the remote address of each connection is replaced where it enters the integration.
 */
export async function startRealNode({
  records,
  pair,
  senderAddresses,
  announce = []
}: RealNodeOptions): Promise<RealNode> {
  const datastore = new MemoryDatastore()
  const network = await createTestNetwork<{ records: RecordsService }>({
    nodes: 1,
    protocol,
    node: () => ({
      privateKey: pair && toLibp2p(pair),
      configure: ({ services = {}, addresses, ...node }) => {
        const options = withRecords({ ...node, datastore, services }, records)
        const made = { ...options, addresses: { ...addresses, appendAnnounce: [...announce] } }
        const { dht } = made.services as Record<string, (components: object) => unknown>
        if (senderAddresses === undefined || dht === undefined) return made
        return {
          ...made,
          services: { ...made.services, dht: (parts: object) => dht(readdressed(parts, senderAddresses)) }
        }
      }
    })
  })
  const [libp2p] = network.honest
  if (libp2p === undefined) throw new Error('the network has no node')
  return {
    libp2p,
    addresses: libp2p.getMultiaddrs().filter((address) => address.toString().includes('127.0.0.1')),
    records: libp2p.services.records,
    datastore,
    [Symbol.asyncDispose]: async () => network[Symbol.asyncDispose]()
  }
}

/** Connects a node with others, and waits until they are in its routing table. */
export async function connect(node: RealNode, others: readonly Libp2p[]): Promise<void> {
  for (const other of others) await node.libp2p.dial(other.getMultiaddrs())
  const { routingTable } = node.libp2p.services.dht as SingleKadDHT
  for (let waited = 0; routingTable.size < others.length; waited += 20) {
    if (waited > 20_000) throw new Error(`a node knows ${routingTable.size} of ${others.length} peers after 20 s`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The components of a node, whose protocol handlers receive connections with the addresses of `senders`. */
function readdressed(components: object, senders: SenderAddresses): object {
  const { registrar } = components as {
    readonly registrar: {
      handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>
    }
  }
  const handle: typeof registrar.handle = async (name, handler, options) =>
    registrar.handle(name, (stream, connection) => handler(stream, from(connection, senders)), options)
  const changed = withMember(registrar, 'handle', handle)
  return withMember(components, 'registrar', changed)
}

function from(connection: Connection, senders: SenderAddresses): Connection {
  const address = senders.get(connection.remotePeer.toString())
  return address === undefined
    ? connection
    : withMember(connection, 'remoteAddr', multiaddr(`/ip4/${address}/tcp/4001`))
}

/** An object with one member replaced; its methods keep their private fields. */
function withMember<T extends object>(object: T, member: string, replacement: unknown): T {
  return new Proxy(object, {
    get(target, name) {
      if (name === member) return replacement
      const found: unknown = Reflect.get(target, name, target)
      return typeof found === 'function' ? (found.bind(target) as unknown) : found
    }
  })
}
