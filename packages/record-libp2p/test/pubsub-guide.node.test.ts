import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { fetch } from '@libp2p/fetch'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { ipnsRoutingKey } from '@recordkit/record-codec'
import { records, withRecords } from '@recordkit/record-libp2p'
import { nodePubsub } from '@recordkit/record-libp2p/pubsub'
import { createTestNode } from '@recordkit/record-test-network'
import { createLibp2p } from 'libp2p'
import { expect, test } from 'vitest'
import { waitForSubscribers } from './pubsub-nodes.ts'

/** A node that publishes records over the DHT and PubSub. */
async function startNode() {
  return createLibp2p(
    withRecords(
      {
        addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        services: {
          identify: identify(),
          ping: ping(),
          dht: kadDHT({ protocol: '/my/kad/1.0.0', clientMode: false, peerInfoMapper: passthroughMapper }),
          pubsub: gossipsub(),
          fetch: fetch()
        }
      },
      { pubsub: nodePubsub() }
    )
  )
}

/** Watches a name until it has a value. */
async function readUntil(reader: Awaited<ReturnType<typeof startNode>>, name: Uint8Array, path: string): Promise<void> {
  for await (const { content } of reader.services.records.manager.watch(name)) {
    if (new TextDecoder().decode(content) === path) break
  }
}

test('a put goes to the DHT and to the topic, and a watcher with both receives it', async () => {
  const [author, reader] = await Promise.all([startNode(), startNode()])
  const path = '/ipfs/bafkqaaa'
  const name = ipnsRoutingKey(author.peerId.toMultihash().bytes)
  const { manager } = author.services.records
  const watched = readUntil(reader, name, path)
  await author.dial(reader.getMultiaddrs())
  await waitForSubscribers(author, name, 1)
  const { receipt } = await manager.put(name, new TextEncoder().encode(path))
  expect(receipt?.peers.map(({ status }) => status).sort()).toEqual(['sent', 'stored'])
  await watched
  for (const node of [author, reader]) {
    await node.stop()
    await node.services.records.close()
  }
})

test('a node without another routing publishes with copies: 0', async () => {
  const node = await createTestNode({
    services: {
      pubsub: gossipsub(),
      records: records({ dht: false, network: { copies: 0 }, pubsub: nodePubsub() })
    }
  })
  await node.stop()
})
