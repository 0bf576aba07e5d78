import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import type { SingleKadDHT } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { exportPrivateKey, generateKeyPair } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { withRecords } from '@recordkit/record-libp2p'
import type { RecordsOptions } from '@recordkit/record-libp2p'
import type { RecordManager } from '@recordkit/record-manager'
import type { Namespace } from '@recordkit/record-types'
import { ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'

/** The Kademlia protocol of the examples. Its nodes do not join any other network. */
export const protocol = '/recordkit/example/kad/1.0.0'

export interface NodeOptions extends Partial<Pick<RecordsOptions, 'store' | 'signer' | 'access' | 'republish'>> {
  /** the kinds of records that the node verifies and creates */
  readonly namespaces: readonly Namespace[]
  /** the identity of the node; also signs its records, unless `signer` is set. @default a new key pair */
  readonly keyPair?: KeyPair | undefined
}

export interface Node extends AsyncDisposable {
  readonly keyPair: KeyPair
  readonly libp2p: Libp2p
  readonly dht: SingleKadDHT
  readonly manager: RecordManager
}

/** Starts a js-libp2p node on loopback with a `RecordManager`. Its records are in memory unless `store` is set. */
export async function startNode(options: NodeOptions): Promise<Node> {
  const { namespaces, access, republish, store, keyPair = await generateKeyPair() } = options
  const libp2p = await createLibp2p(
    withRecords(
      {
        privateKey: privateKeyFromProtobuf(exportPrivateKey(keyPair)),
        datastore: new MemoryDatastore(),
        addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        // all nodes have the same IP address, and by default only a few connections per second are accepted from one
        connectionManager: { inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 1000 },
        services: {
          identify: identify(),
          ping: ping(),
          dht: kadDHT({
            protocol,
            clientMode: false,
            peerInfoMapper: passthroughMapper,
            // by default queries wait a second for Kademlia's first look-up of itself
            initialQuerySelfInterval: 0
          })
        }
      },
      {
        engine: new ValidationEngine(namespaces),
        store: store ?? new MemoryRecordStore(),
        signer: options.signer ?? keyPair,
        access,
        republish
      }
    )
  )
  const { dht, records } = libp2p.services
  return {
    keyPair,
    libp2p,
    dht: dht as SingleKadDHT,
    manager: records.manager,
    async [Symbol.asyncDispose]() {
      await libp2p.stop()
      await records.manager.close()
    }
  }
}

/** Starts nodes and connects them with each other. */
export async function startNodes(
  count: number,
  options: NodeOptions | ((index: number) => NodeOptions)
): Promise<Node[]> {
  const optionsOf = typeof options === 'function' ? options : () => options
  const nodes = await Promise.all(Array.from({ length: count }, (_, index) => startNode(optionsOf(index))))
  await connect(nodes)
  return nodes
}

/** Connects every node with every other, and waits until each is in the routing table of all others. */
export async function connect(nodes: readonly Node[]): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    for (const other of nodes.slice(0, index)) await node.libp2p.dial(other.libp2p.getMultiaddrs())
  }
  const end = Date.now() + 20_000
  for (const node of nodes) {
    for (const other of nodes) {
      while (node !== other && !(await hasInRoutingTable(node, other))) {
        if (Date.now() > end) throw new Error('the nodes are not in the routing tables of each other after 20 s')
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
}

/** Whether `other` is in the routing table of a node. The types of kad-dht do not include `find`. */
async function hasInRoutingTable({ dht }: Node, other: Node): Promise<boolean> {
  const table = dht.routingTable as unknown as { find(peer: unknown): Promise<unknown> }
  return (await table.find(other.libp2p.peerId)) !== undefined
}
