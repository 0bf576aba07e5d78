import { fetch } from '@libp2p/fetch'
import { gossipsub } from '@libp2p/gossipsub'
import type { GossipSub } from '@libp2p/gossipsub'
import type { Fetch } from '@libp2p/fetch'
import type { Libp2p } from '@libp2p/interface'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { createRecordComponents } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import { nodePubsub } from '@recordkit/record-libp2p/pubsub'
import type { NodePubsubOptions } from '@recordkit/record-libp2p/pubsub'
import { createTestNode } from '@recordkit/record-test-network'
import { ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { topicFromKey } from '@recordkit/store-dht/pubsub'

export type PubsubNode = Libp2p<{ pubsub: GossipSub; fetch: Fetch; records: RecordsService }>

/** Starts a node with gossipsub, fetch and records, and without a DHT. */
export async function startPubsubNode(options: NodePubsubOptions = {}): Promise<PubsubNode> {
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() }), ipns()])
  const components = createRecordComponents({ engine, dht: false, network: { copies: 0 }, pubsub: nodePubsub(options) })
  return createTestNode({
    services: {
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }),
      fetch: fetch(),
      records: components.service()
    }
  })
}

/** Starts nodes in a line: each is connected with the next only. */
export async function startPubsubLine(count: number): Promise<PubsubNode[]> {
  const nodes = await Promise.all(Array.from({ length: count }, () => startPubsubNode()))
  for (const [index, node] of nodes.entries())
    if (index > 0) await node.dial((nodes[index - 1] as PubsubNode).getMultiaddrs())
  return nodes
}

export async function stopAll(nodes: readonly Libp2p[]): Promise<void> {
  // one after another: js-libp2p waits 500 ms for a connection that both ends close concurrently
  for (const node of nodes) await node.stop()
}

export async function newOwner(): Promise<{ readonly signer: KeyPair; readonly key: Uint8Array }> {
  const signer = await generateKeyPair()
  return { signer, key: joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/app`) }
}

/** Waits until a node knows that `count` of its peers are subscribed to the topic of a key. */
export async function waitForSubscribers(
  node: Libp2p<{ pubsub: GossipSub }>,
  key: Uint8Array,
  count: number
): Promise<void> {
  const { pubsub } = node.services
  const topic = topicFromKey(key)
  while (pubsub.getSubscribers(topic).length < count)
    await new Promise((resolve) => pubsub.addEventListener('subscription-change', resolve, { once: true }))
}
