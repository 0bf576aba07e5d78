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
import type { RecordHouseOptions } from '@recordkit/record-libp2p'
import type { RecordManager } from '@recordkit/record-manager'
import type { Namespace } from '@recordkit/record-types'
import { ValidationEngine } from '@recordkit/record-validators'
import type { EngineOptions } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'

/** A Kademlia of our own: no node of any other network takes part. */
export const protocol = '/recordkit/example/kad/1.0.0'

export interface NodeOptions extends Partial<Pick<RecordHouseOptions, 'store' | 'signer' | 'access' | 'republish'>> {
  /** what kinds of records the node reads, proves and makes */
  readonly namespaces: readonly Namespace[]
  /** who the node is, and who signs unless `signer` says otherwise; fresh when absent */
  readonly keyPair?: KeyPair
  /** lists of authors and keys, asked of every record */
  readonly permit?: EngineOptions['permit']
}

export interface Node extends AsyncDisposable {
  readonly keyPair: KeyPair
  readonly libp2p: Libp2p
  readonly dht: SingleKadDHT
  readonly manager: RecordManager
}

/** A js-libp2p node on loopback whose Kademlia keeps its records with a RecordKit manager, in memory unless told. */
export async function startNode(options: NodeOptions): Promise<Node> {
  const { namespaces, permit, signer, access, republish, keyPair = await generateKeyPair() } = options
  const engine = new ValidationEngine(namespaces, permit === undefined ? {} : { permit })
  const records = {
    engine,
    store: options.store ?? new MemoryRecordStore(),
    signer: signer ?? keyPair,
    ...(access === undefined ? {} : { access }),
    ...(republish === undefined ? {} : { republish })
  }
  const libp2p = await createLibp2p(
    withRecords(records, {
      privateKey: privateKeyFromProtobuf(exportPrivateKey(keyPair)),
      datastore: new MemoryDatastore(),
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      // several nodes on one address: by default only a few connections a second are taken from one
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
    })
  )
  const { dht, records: manager } = libp2p.services
  return {
    keyPair,
    libp2p,
    dht: dht as SingleKadDHT,
    manager,
    async [Symbol.asyncDispose]() {
      await libp2p.stop()
      await manager.close()
    }
  }
}

/** Nodes that all know each other. */
export async function startNodes(
  count: number,
  options: NodeOptions | ((index: number) => NodeOptions)
): Promise<Node[]> {
  const optionsOf = typeof options === 'function' ? options : () => options
  const nodes = await Promise.all(Array.from({ length: count }, (_, index) => startNode(optionsOf(index))))
  await connect(nodes)
  return nodes
}

/** Connects every node with every other and waits until all know all. */
export async function connect(nodes: readonly Node[]): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    for (const other of nodes.slice(0, index)) await node.libp2p.dial(other.libp2p.getMultiaddrs())
  }
  const end = Date.now() + 20_000
  for (const node of nodes) {
    for (const other of nodes) {
      while (node !== other && !(await knows(node, other))) {
        if (Date.now() > end) throw new Error('the nodes did not find each other within 20 s')
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
}

/** Whether `other` is in the routing table, whose `find` is not in kad-dht's types. */
async function knows({ dht }: Node, other: Node): Promise<boolean> {
  const table = dht.routingTable as unknown as { find(peer: unknown): Promise<unknown> }
  return (await table.find(other.libp2p.peerId)) !== undefined
}
