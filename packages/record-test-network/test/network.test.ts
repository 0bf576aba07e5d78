import type { KadDHTInit } from '@libp2p/kad-dht'
import { createTestNetwork, createTestNode } from '@recordkit/record-test-network'
import { expect, test } from 'vitest'

const key = new TextEncoder().encode('/toy/x')
const value = new TextEncoder().encode('value')
const kademlia: KadDHTInit = {
  validators: {
    async toy(_key, received) {
      if (new TextDecoder().decode(received) !== 'value') throw new Error('invalid value')
    }
  },
  selectors: { toy: () => 0 }
}

test('nodes with the memory transport find a record that one of them put, despite malicious peers', async () => {
  await using network = await createTestNetwork({
    transport: 'memory',
    nodes: 3,
    malicious: ['stale', 'garbage'],
    node: () => ({ kademlia })
  })
  const [author, , reader] = network.honest
  if (author === undefined || reader === undefined) throw new Error('the network has too few nodes')
  for await (const _ of author.services.dht.put(key, value)) continue
  const found = []
  for await (const event of reader.services.dht.get(key)) if (event.name === 'VALUE') found.push(event.value)
  expect(found[0]).toEqual(value)
  expect(author.getMultiaddrs().every((address) => address.toString().startsWith('/memory/'))).toBe(true)
  expect(network.malicious.map(({ requestCounts }) => requestCounts.get('PUT_VALUE'))).toEqual([1, 1])
})

test('a partition closes connections between its parts and denies new dials until it is healed', async () => {
  await using network = await createTestNetwork({ transport: 'memory', nodes: 4, node: () => ({ kademlia }) })
  const [a, b, c] = network.honest
  if (a === undefined || b === undefined || c === undefined) throw new Error('the network has too few nodes')
  await network.partition((peer) => peer.equals(a.peerId) || peer.equals(b.peerId))
  expect(a.getConnections().map(({ remotePeer }) => remotePeer.toString())).toEqual([b.peerId.toString()])
  await expect(a.dial(c.getMultiaddrs())).rejects.toThrow()
  await network.heal()
  expect(a.getConnections()).toHaveLength(3)
})

test('a network may contain a node in client mode, and accepts connections of a node without Kademlia', async () => {
  await using network = await createTestNetwork({
    transport: 'memory',
    nodes: 3,
    node: (index) => ({ kademlia: { ...kademlia, clientMode: index === 2 } })
  })
  const plain = await createTestNode({}, { transport: 'memory' })
  try {
    const connection = await plain.dial(network.honest[0]?.getMultiaddrs() ?? [])
    expect(connection.status).toBe('open')
    expect(network.honest.map(({ services }) => services.dht.getMode())).toEqual(['server', 'server', 'client'])
  } finally {
    await plain.stop()
  }
})
