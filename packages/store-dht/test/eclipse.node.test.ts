import { createHash } from 'node:crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { createTestNetwork, createTestNode, MaliciousPeer } from '@recordkit/record-test-network'
import type { NetworkNode, TestNetwork } from '@recordkit/record-test-network'
import { copyBytes, systemClock, systemTimer } from '@recordkit/record-types'
import type { Eclipse } from '@recordkit/record-types'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { SingleKadDHT } from '@libp2p/kad-dht'
import { DhtRecordStore } from '@recordkit/store-dht'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EclipseGuard } from '../src/eclipse-guard.ts'
import { readFromKadDht } from '../src/kad-dht-read.ts'
import { canAskPeers } from '../src/kad-dht-walk.ts'
import { distanceBetween, idOfDigest } from '../src/kademlia-id.ts'
import { KnownRegions } from '../src/known-regions.ts'
import { putToClosest } from '../src/put-walk.ts'
import { walkToClosest } from '../src/closest-walk.ts'
import type { ClosestWalkOptions } from '../src/closest-walk.ts'
import { good, key, ToyEngine } from './toy-engine.ts'

type Node = NetworkNode<Record<string, unknown>>

const protocol = '/toy/kad/1.0.0'
const honest = 24
const generated = 20
const idOf = (bytes: Uint8Array): number => idOfDigest(createHash('sha256').update(bytes).digest())
const distanceOf = (id: PeerId): number => distanceBetween(idOf(id.toMultihash().bytes), idOf(key))

let network: TestNetwork<Record<string, unknown>>
const malicious: MaliciousPeer[] = []

beforeAll(async () => {
  const newest = (_key: Uint8Array, values: Uint8Array[]): number =>
    values.findIndex(([order]) => order === Math.max(...values.map(([other = 0]) => other)))
  network = await createTestNetwork({
    transport: 'memory',
    nodes: honest,
    protocol,
    timeout: 150_000,
    node: () => ({ kadDhtInit: { validators: { toy: async () => undefined }, selectors: { toy: newest } } })
  })
  const nearest = Math.min(...network.honest.map(({ peerId }) => distanceOf(peerId)))
  const keys: PrivateKey[] = []
  while (keys.length < generated) {
    const privateKey = await generateKeyPair('Ed25519')
    if (distanceOf(peerIdFromPrivateKey(privateKey)) < nearest) keys.push(privateKey)
  }
  for (const privateKey of keys) {
    const peer = new MaliciousPeer(await createTestNode({ privateKey }, { transport: 'memory' }), 'stale')
    peer.respondWith = () => good(1)
    await peer.serve(protocol)
    malicious.push(peer)
    for (const node of network.honest) await node.dial(peer.libp2p.getMultiaddrs())
  }
  const tableOf = (node: Node): { readonly size: number } => (node.services.dht as unknown as SingleKadDHT).routingTable
  const isKnown = (node: Node): boolean => tableOf(node).size >= honest + generated - 5
  while (!network.honest.every(isKnown)) await new Promise((resolve) => setTimeout(resolve, 20))
}, 180_000)

afterAll(async () => {
  for (const { libp2p } of malicious) await libp2p.stop()
  await network[Symbol.asyncDispose]()
})

/** A store on a node, with a guard that judges small networks too. */
function storeOf(node: Node) {
  const { dht } = node.services
  if (!canAskPeers(dht)) throw new Error('kad-dht has changed')
  const found: Eclipse[] = []
  const parts = { clock: systemClock, setTimer: systemTimer, random: Math.random }
  const guard = new EclipseGuard({
    ...parts,
    dht,
    tableSize: () => honest,
    atLeast: { table: honest, nodes: honest / 2 }
  })
  const bytesOf = (id: PeerId): Uint8Array => copyBytes(id.toMultihash().bytes)
  const walk = {
    ...parts,
    guard,
    bytesOf,
    dialer: node,
    protocol,
    regions: new KnownRegions<PeerId>(systemClock),
    findClosest: (of: Uint8Array, options: Pick<ClosestWalkOptions, 'signal' | 'streams'>) =>
      walkToClosest(dht, of, { ...parts, dialer: node, protocol, ...options })
  }
  const onEclipse = (eclipse: Eclipse): void => void found.push(eclipse)
  const routing = {
    get: (of: Uint8Array, options: object = {}) =>
      readFromKadDht(dht, of, { ...options, ...parts, bytesOf, guard, onEclipse }),
    put: (of: Uint8Array, value: Uint8Array, options: object = {}) =>
      putToClosest(of, value, walk, { ...options, onEclipse })
  }
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), maxRepairs: 0 })
  const learn = async (): Promise<void> => {
    for (let number = 0; number < 11; number++) {
      await store.get(new TextEncoder().encode(`/toy/random-${number}`))
      await guard.settled()
    }
  }
  return { store, found, learn }
}

const isGenerated = (from: Uint8Array): boolean =>
  malicious.some(({ libp2p }) => Buffer.from(libp2p.peerId.toMultihash().bytes).equals(from))

test('among nodes of which 20 have IDs generated near a key, a put reaches no other node before the size of the network is known', async () => {
  const { store, found } = storeOf(network.honest[1] as Node)
  const { peers } = await (await store.put(key, good(2))).complete
  const stored = peers.filter(({ status }) => status === 'stored')
  expect(stored).toHaveLength(20)
  // the walk begins at tables that may lack up to five of the generated IDs
  expect(stored.filter(({ from }) => !isGenerated(from)).length).toBeLessThanOrEqual(5)
  expect(found).toEqual([])
}, 120_000)

test('and then it reaches more than ten honest nodes, from which another node reads it', async () => {
  const writer = storeOf(network.honest[2] as Node)
  const reader = storeOf(network.honest[3] as Node)
  await writer.learn()
  await reader.learn()
  const { peers } = await (await writer.store.put(key, good(3))).complete
  const honestCopies = peers.filter(({ status, from }) => status === 'stored' && !isGenerated(from))
  expect(honestCopies.length).toBeGreaterThan(10)
  expect(writer.found[0]).toMatchObject({ key })
  expect(await reader.store.get(key)).toMatchObject({ record: { value: good(3) } })
  expect(reader.found[0]?.density).toBeGreaterThanOrEqual(3)
}, 120_000)
