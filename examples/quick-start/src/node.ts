import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import type { SingleKadDHT } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { exportPrivateKey } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { recordHouse } from '@recordkit/record-libp2p'
import type { RecordManager } from '@recordkit/record-manager'
import { ipns, ownerInKey, publicKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { LevelRecordStore } from '@recordkit/store-level'
import { ClassicLevel } from 'classic-level'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'

/** A Kademlia of our own: no node of any other network takes part. */
export const protocol = '/recordkit/quick-start/kad/1.0.0'

export interface Node extends AsyncDisposable {
  readonly libp2p: Libp2p
  readonly dht: SingleKadDHT
  readonly manager: RecordManager
}

/** A js-libp2p node on loopback whose Kademlia keeps its records in a Level store in `folder`. */
export async function startNode(keyPair: KeyPair, folder: string): Promise<Node> {
  const database = new ClassicLevel<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
  const store = await LevelRecordStore.open(database, { durable: true })
  const engine = new ValidationEngine([ipns(), publicKey(), signed('config', { authors: ownerInKey() })])
  const house = recordHouse({ engine, store, signer: keyPair })

  const libp2p = await createLibp2p({
    privateKey: privateKeyFromProtobuf(exportPrivateKey(keyPair)),
    datastore: house.datastore(new MemoryDatastore()),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // five nodes on one address: by default only a few connections a second are taken from one
    connectionManager: { inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 1000 },
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({ protocol, clientMode: false, peerInfoMapper: passthroughMapper, ...house.kademlia }),
      records: house.service()
    }
  })
  const { dht, records } = libp2p.services
  return {
    libp2p,
    dht: dht as SingleKadDHT,
    manager: records,
    async [Symbol.asyncDispose]() {
      await libp2p.stop()
      await records.close()
      await database.close()
    }
  }
}

/** Connects every node with every other and waits until all know all. */
export async function connect(nodes: readonly Node[]): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    for (const other of nodes.slice(0, index)) await node.libp2p.dial(other.libp2p.getMultiaddrs())
  }
  const end = Date.now() + 20_000
  while (nodes.some(({ dht }) => dht.routingTable.size < nodes.length - 1)) {
    if (Date.now() > end) throw new Error('the nodes did not find each other within 20 s')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
