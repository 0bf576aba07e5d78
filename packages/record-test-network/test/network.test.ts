import type { KadDHTInit } from '@libp2p/kad-dht'
import { createTestNetwork, createTestNode } from '@recordkit/record-test-network'
import { expect, test } from 'vitest'

const key = new TextEncoder().encode('/toy/x')
const value = new TextEncoder().encode('value')
const kademlia: KadDHTInit = {
  validators: {
    async toy(_key, given) {
      if (new TextDecoder().decode(given) !== 'value') throw new Error('not valid')
    }
  },
  selectors: { toy: () => 0 }
}

test('nodes in one process need no socket: they find what one of them put, hostile peers or not', async () => {
  await using network = await createTestNetwork({
    transport: 'memory',
    nodes: 3,
    hostile: ['stale', 'garbage'],
    node: () => ({ kademlia })
  })
  const [author, , reader] = network.honest
  if (author === undefined || reader === undefined) throw new Error('too few nodes')
  for await (const _ of author.services.dht.put(key, value)) continue
  const found = []
  for await (const event of reader.services.dht.get(key)) if (event.name === 'VALUE') found.push(event.value)
  expect(found[0]).toEqual(value)
  expect(author.getMultiaddrs().every((address) => address.toString().startsWith('/memory/'))).toBe(true)
  expect(network.hostile.map(({ requestCounts: asked }) => asked.get('PUT_VALUE'))).toEqual([1, 1])
})

test('a cut lets nobody across, not even by a new dial, until it is healed', async () => {
  await using network = await createTestNetwork({ transport: 'memory', nodes: 4, node: () => ({ kademlia }) })
  const [a, b, c] = network.honest
  if (a === undefined || b === undefined || c === undefined) throw new Error('too few nodes')
  await network.partition((peer) => peer.equals(a.peerId) || peer.equals(b.peerId))
  expect(a.getConnections().map(({ remotePeer }) => remotePeer.toString())).toEqual([b.peerId.toString()])
  await expect(a.dial(c.getMultiaddrs())).rejects.toThrow()
  await network.heal()
  expect(a.getConnections()).toHaveLength(3)
})

test('a client knows the others and is in no routing table; a node may stand beside them without Kademlia', async () => {
  await using network = await createTestNetwork({
    transport: 'memory',
    nodes: 3,
    node: (index) => ({ kademlia: { ...kademlia, clientMode: index === 2 } })
  })
  const beside = await createTestNode({}, { transport: 'memory' })
  try {
    const connection = await beside.dial(network.honest[0]?.getMultiaddrs() ?? [])
    expect(connection.status).toBe('open')
    expect(network.honest.map(({ services }) => services.dht.getMode())).toEqual(['server', 'server', 'client'])
  } finally {
    await beside.stop()
  }
})
