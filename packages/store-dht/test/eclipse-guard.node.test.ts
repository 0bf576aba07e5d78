import { createHash } from 'node:crypto'
import { FakeTimers } from '@recordkit/record-conformance'
import type { Eclipse } from '@recordkit/record-types'
import type { PeerId } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { EclipseGuard } from '../src/eclipse-guard.ts'
import type { AskablePeers } from '../src/kad-dht-walk.ts'
import { distanceBetween, idOfDigest } from '../src/kademlia-id.ts'

const hour = 3_600_000_000_000n

interface Peer {
  readonly bytes: Uint8Array
  readonly id: number
}

const idOf = (bytes: Uint8Array): number => idOfDigest(createHash('sha256').update(bytes).digest())
const peerOf = (number: number): Peer => {
  const bytes = new Uint8Array(34)
  bytes.set([0x12, 32])
  new DataView(bytes.buffer).setUint32(2, number)
  return { bytes, id: idOf(bytes) }
}
const peerId = (bytes: Uint8Array): PeerId => ({ type: 'RSA', toMultihash: () => ({ bytes }) }) as unknown as PeerId
const closestTo = (peers: readonly Peer[], id: number): Peer[] =>
  peers.toSorted((a, b) => distanceBetween(a.id, id) - distanceBetween(b.id, id)).slice(0, 20)

/** A DHT of which each peer knows all others, and one key near which 20 IDs were generated. */
function networkOf(count: number) {
  const key = new TextEncoder().encode('/toy/eclipsed')
  const honest = Array.from({ length: count }, (_, number) => peerOf(number))
  const keyId = idOf(key)
  const nearest = distanceBetween((closestTo(honest, keyId)[0] as Peer).id, keyId)
  const generated: Peer[] = []
  for (let number = count; generated.length < 20; number++) {
    const peer = peerOf(number)
    if (distanceBetween(peer.id, keyId) < nearest) generated.push(peer)
  }
  const peers = [...honest, ...generated]
  const timers = new FakeTimers()
  let requests = 0
  const dht: AskablePeers = {
    routingTable: {
      closestPeers: (digest) => closestTo(peers, idOfDigest(digest)).map(({ bytes }) => peerId(bytes))
    },
    network: {
      async *sendRequest(to, { key: asked }) {
        requests++
        const closer = closestTo(peers, idOf(asked)).map(({ bytes }) => ({ id: peerId(bytes), multiaddrs: [] }))
        yield { name: 'PEER_RESPONSE', from: to, closer, providers: [] } as never
      }
    }
  }
  const { clock, setTimer } = timers
  const guard = new EclipseGuard({ dht, clock, setTimer, random: Math.random, tableSize: () => peers.length })
  const found: Eclipse[] = []
  const judge = async (of: Uint8Array = key, isLookUp = true) => {
    const distances = closestTo(peers, idOf(of)).map(({ id }) => distanceBetween(id, idOf(of)))
    const onEclipse = (eclipse: Eclipse): void => void found.push(eclipse)
    const members = await guard.membersNear(of, idOf(of), distances, { onEclipse, isLookUp })
    await guard.settled()
    return members
  }
  const other = (number: number): Uint8Array => new TextEncoder().encode(`/toy/${number}`)
  const learn = async (): Promise<void> => {
    for (let number = 0; number < 10; number++) await judge(other(number))
  }
  return { key, honest, guard, judge, learn, other, found, timers, requests: () => requests }
}

test('an eclipsed key is reported, and most members of its region are honest', async () => {
  const { judge, learn, found, honest, key } = networkOf(400)
  await learn()
  expect(found).toEqual([])
  const members = await judge()
  expect(found).toMatchObject([{ key }])
  expect(found[0]?.nodes).toBeGreaterThan(250)
  expect(found[0]?.nodes).toBeLessThan(600)
  expect(found[0]?.density).toBeGreaterThan(10)
  const names = new Set(honest.map(({ bytes }) => String(bytes)))
  const honestMembers = members.filter(({ peer }) => names.has(String(peer.toMultihash().bytes)))
  expect(honestMembers.length).toBeGreaterThanOrEqual(20)
  expect(members.length).toBeLessThanOrEqual(100)
})

test('a key is not judged before ten random look-ups, of which each look-up of a key starts at most one', async () => {
  const { judge, found, requests } = networkOf(400)
  let before = requests()
  for (let count = 0; count < 10; count++) {
    expect(await judge()).toEqual([])
    // 20 answers of a random key
    expect(requests() - before).toBeLessThanOrEqual(40)
    before = requests()
  }
  expect(found).toEqual([])
  expect((await judge()).length).toBeGreaterThan(20)
  expect(found).toHaveLength(1)
})

test('the members of a region are remembered for an hour, and concurrent look-ups share one search', async () => {
  const { judge, learn, timers, requests } = networkOf(400)
  await learn()
  const [first, second] = await Promise.all([judge(), judge()])
  expect(new Set(first?.map(({ name }) => name))).toEqual(new Set(second?.map(({ name }) => name)))
  const before = requests()
  await timers.advance(hour - 1n)
  expect(await judge()).toHaveLength(first?.length ?? -1)
  // 20 answers of a random key, which is due again when a key seems to be eclipsed
  expect(requests() - before).toBeLessThanOrEqual(20)
  for (let count = 0; count < 10; count++) await judge()
  await timers.advance(1n)
  await judge()
  expect(requests()).toBeGreaterThan(before)
})

test('regions are looked up for at most a tenth of all look-ups', async () => {
  const { judge, learn, timers, requests, found } = networkOf(400)
  await learn()
  // one search at the start, and one for the ten look-ups
  let searches = 0
  for (let count = 0; count < 30; count++) {
    const before = requests()
    await judge()
    if (requests() - before > 45) searches++
    await timers.advance(hour)
  }
  expect(found).toHaveLength(30)
  expect(searches).toBeGreaterThanOrEqual(2)
  expect(searches).toBeLessThanOrEqual(5)
})

test('a node that seldom looks a key up uses the members that it knows while it may not look its region up', async () => {
  const { judge, learn, timers, requests } = networkOf(400)
  await learn()
  let searches = 0
  for (let count = 0; count < 12; count++) {
    const before = requests()
    expect((await judge()).length).toBeGreaterThan(20)
    if (requests() - before > 45) searches++
    await timers.advance(2n * hour)
  }
  expect(searches).toBeLessThanOrEqual(3)
})

test('records that are sent to the peers of earlier look-ups start no look-up and allow none', async () => {
  const { judge, learn, timers, requests, found, key } = networkOf(400)
  await learn()
  let searches = 0
  for (let count = 0; count < 30; count++) {
    const before = requests()
    await judge(key, false)
    if (requests() > before) searches++
    await timers.advance(hour)
  }
  expect(found).toHaveLength(30)
  // those that the ten look-ups and the start allowed
  expect(searches).toBe(2)
})

test('a network of fewer than 200 nodes is not judged', async () => {
  const { judge, learn, found } = networkOf(120)
  await learn()
  expect(await judge()).toEqual([])
  expect(found).toEqual([])
})

test('a look-up whose nearest ten answers are suspiciously near needs twenty answers', async () => {
  const { learn, guard } = networkOf(400)
  const near = Array.from({ length: 10 }, (_, index) => index + 1)
  const normal = near.map((index) => (index * 2 ** 48) / 400)
  expect(guard.answersNeeded(near)).toBe(0)
  await learn()
  expect([guard.answersNeeded(near), guard.answersNeeded(normal)]).toEqual([20, 0])
})
