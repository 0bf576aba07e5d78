import type { KadDHTInit } from '@libp2p/kad-dht'
import { createTestNetwork, createTestNode, MaliciousPeer } from '@recordkit/record-test-network'
import { expect, test } from 'vitest'

const key = new TextEncoder().encode('/toy/x')
const value = new TextEncoder().encode('value')
const kadDhtInit: KadDHTInit = {
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
    node: () => ({ kadDhtInit })
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
  await using network = await createTestNetwork({ transport: 'memory', nodes: 4, node: () => ({ kadDhtInit }) })
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
    node: (index) => ({ kadDhtInit: { ...kadDhtInit, clientMode: index === 2 } })
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

test.each([
  [{ nodes: undefined }, 'nodes is undefined; a whole number of at least 0 is expected'],
  [{ nodes: Number.NaN }, 'nodes is NaN; a whole number of at least 0 is expected'],
  [{ nodes: Infinity }, 'nodes is Infinity; a whole number of at least 0 is expected'],
  [{ nodes: 3n }, 'nodes is the bigint 3n; a whole number of at least 0 is expected'],
  [{ timeout: Number.NaN }, 'timeout is NaN; a number of milliseconds above 0 is expected'],
  [{ timeout: 0 }, 'timeout is 0; a number of milliseconds above 0 is expected'],
  [{ delay: -1 }, 'delay is -1; a number of milliseconds is expected'],
  [{ delay: 5n }, 'delay is the bigint 5n; a number of milliseconds is expected'],
  [{ transport: 'udp' }, "transport is 'udp'; 'tcp' or 'memory' is expected"],
  [{ malicious: 'stale' }, 'malicious is a string; an array is expected'],
  [{ malicious: ['stale', 'evil'] }, "malicious is 'evil'; expected one of: stale, refusing, "]
])('createTestNetwork rejects %o and names the option', async (options, message) => {
  await expect(createTestNetwork({ nodes: 1, transport: 'memory', ...(options as object) })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message) as string
  })
})

test('createTestNode and MaliciousPeer reject wrong options', async () => {
  await expect(createTestNode({}, { transport: 'udp' as 'tcp' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  for (const create of [
    () => new MaliciousPeer({} as never, 'evil' as 'stale'),
    () => new MaliciousPeer({} as never, 'slow', { delay: Number.NaN })
  ]) {
    expect(create).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  }
})
