import { joinRecordKey, peerIdToString } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { createRecordComponents } from '@recordkit/record-libp2p'
import type { Libp2pComponents } from '@recordkit/record-libp2p'
import { unsigned, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { toHex } from '@recordkit/record-types/internal'
import { expect, test } from 'vitest'
import { groupOfConnection, SenderGroups } from '../src/sender-group.ts'
import type { GroupedConnection } from '../src/sender-group.ts'
import { fakeComponents, fakeKadDht, fakePeer } from './fake-node.ts'

const own = '000107'

/** A connection of peer 7, whose address has these components. */
function connection(text: string): GroupedConnection {
  const parts = text.split('/').slice(1)
  const components: { code: number; name: string; value?: string }[] = []
  while (parts.length > 0) {
    const name = parts.shift() as string
    if (name === 'p2p-circuit' || name === 'ws') components.push({ code: 0, name })
    else components.push({ code: 0, name, value: parts.shift() as string })
  }
  return { remotePeer: fakePeer(7), remoteAddr: { getComponents: () => components } }
}

test.each([
  ['/ip4/203.0.113.9/tcp/4001', '04cb0071'],
  ['/ip4/203.0.113.200/udp/4001/quic-v1/x', '04cb0071'],
  ['/ip6/2001:db8:aaaa:1::1/tcp/4001', '0620010db8aaaa'],
  ['/ip6/2001:db8:aaaa:2::/tcp/4001', '0620010db8aaaa'],
  ['/ip6/2001:db8::1/tcp/4001', '0620010db80000'],
  ['/ip6zone/eth0/ip6/fe80::1/tcp/4001', '06fe8000000000'],
  ['/ip6/1:2:3:4:5:6:7:8/tcp/4001', '06000100020003'],
  ['/ip6/::ffff:203.0.113.9/tcp/4001', '04cb0071'],
  ['/ip6/::ffff:cb00:7109/tcp/4001', '04cb0071'],
  ['/ip4/127.0.0.1/tcp/4001', own],
  ['/ip4/127.1.2.3/tcp/4001', own],
  ['/ip6/::1/tcp/4001', own],
  ['/ip6/::ffff:127.0.0.1/tcp/4001', own],
  ['/memory/x', own],
  ['/dns4/example.org/tcp/443/ws', own]
])('a peer at %s belongs to the group %s', (address, group) => {
  expect(toHex(groupOfConnection(connection(address)))).toBe(group)
})

test('a peer without an address is a group of its own', () => {
  expect(toHex(groupOfConnection({ remotePeer: fakePeer(7) }))).toBe(own)
})

test('a relayed peer belongs to the group of the relay that is nearest to it', async () => {
  const [first, second] = await Promise.all([1, 2].map(async (seed) => keyPairFromSeed(new Uint8Array(32).fill(seed))))
  if (first === undefined || second === undefined) throw new Error('no keys')
  const text = `/ip4/203.0.113.9/tcp/1/p2p/${peerIdToString(first.peerId)}/p2p/${peerIdToString(second.peerId)}/p2p-circuit`
  expect(groupOfConnection(connection(text))).toEqual(second.peerId)
  expect(toHex(groupOfConnection(connection('/ip4/203.0.113.9/tcp/1/p2p-circuit')))).toBe('04cb0071')
})

test('the group of a peer is remembered after it disconnected, and an unknown peer is a group of its own', () => {
  const groups = new SenderGroups()
  groups.add(connection('/ip4/203.0.113.9/tcp/4001'))
  expect(toHex(groups.of(Uint8Array.of(0, 1, 7)))).toBe('04cb0071')
  expect(toHex(groups.of(Uint8Array.of(0, 1, 8)))).toBe('000108')
})

test('the store receives the group of a peer whose connection the node has announced', async () => {
  const store = new MemoryRecordStore()
  const groups: (string | undefined)[] = []
  const put = store.put.bind(store)
  store.put = async (record, options) => {
    groups.push(options?.group && toHex(options.group))
    return put(record, options)
  }
  const engine = new ValidationEngine([unsigned('n', { sequence: () => 1n })])
  const components = createRecordComponents({ engine, store, dht: false })
  const events = new EventTarget()
  const { dht } = fakeKadDht()
  const { manager } = components.service()({ ...fakeComponents(dht), events } as unknown as Libp2pComponents)
  const sender = Uint8Array.of(0, 1, 7)
  const receive = async (path: string, options: object): Promise<unknown> =>
    manager.receive(joinRecordKey('n', path), Uint8Array.of(1), options)
  await receive('a', { sender })
  events.dispatchEvent(new CustomEvent('connection:open', { detail: connection('/ip4/203.0.113.9/tcp/4001') }))
  await receive('b', { sender })
  await receive('c', { sender, group: Uint8Array.of(6, 1) })
  await receive('d', {})
  expect(groups).toEqual([own, '04cb0071', '0601', undefined])
})
