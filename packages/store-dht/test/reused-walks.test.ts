import { minute } from '@recordkit/testing'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { answers, byDistance, dials, fails, ScriptedWalk, SimulatedDht } from './simulated-dht.ts'
import type { SimulatedPeer } from './simulated-dht.ts'
import { good, ToyEngine } from './toy-engine.ts'

const keyOf = (number: number): Uint8Array => new TextEncoder().encode(`/toy/${number}`)

function setUp(count: number) {
  const dht = new SimulatedDht(count)
  const store = new DhtRecordStore({ routing: dht.routing, engine: new ToyEngine(), setTimer: dht.time.setTimer })
  /** Puts a record, and returns the peers that received it. */
  const put = async (number: number, reuseWalks = true): Promise<SimulatedPeer[]> => {
    const before = new Map(dht.peers.map((peer) => [peer, peer.received.length]))
    const receipt = await store.put(keyOf(number), good(number % 256), { reuseWalks })
    await receipt.complete
    return dht.peers.filter((peer) => peer.received.length > (before.get(peer) ?? 0))
  }
  return { dht, put }
}

const numbersOf = (peers: readonly SimulatedPeer[]): number[] =>
  peers.map(({ number }) => number).toSorted((a, b) => a - b)

test.for([
  [50, 1000, 10],
  [300, 500, 50]
])(
  '%i peers: of %i records, fewer than %i need a walk, and each goes to its 20 closest peers',
  async ([peers = 0, records = 0, walks = 0]) => {
    const { dht, put } = setUp(peers)
    for (let number = 0; number < records; number++) {
      const received = await put(number)
      expect(numbersOf(received)).toEqual(numbersOf((await byDistance(dht.peers, keyOf(number))).slice(0, 20)))
    }
    expect(dht.walks).toBeLessThan(walks)
  }
)

test('a network of fewer than 20 peers needs one walk', async () => {
  const { dht, put } = setUp(12)
  for (let number = 0; number < 20; number++) expect(await put(number)).toHaveLength(12)
  expect(dht.walks).toBe(1)
})

test('a walk that found fewer than 20 peers is not reused when the routing table contains more', async () => {
  const { dht, put } = setUp(12)
  await put(1)
  dht.table.size = 12
  await put(2)
  expect(dht.walks).toBe(1)
  dht.table.size = 13
  await put(3)
  expect(dht.walks).toBe(2)
})

test('when a walk finds more peers than an earlier one that found all, the earlier one is not reused', async () => {
  const { dht, put } = setUp(50)
  const all = dht.peers
  const [first, ...others] = all.slice(0, 12)
  const walk = new ScriptedWalk()
  dht.next = walk.next
  walk.push(dials(first as SimulatedPeer), answers(first as SimulatedPeer, others))
  for (const peer of others) walk.push(dials(peer), answers(peer))
  walk.push(undefined)
  expect(await put(1)).toHaveLength(12)
  dht.next = undefined
  await put(2, false)
  for (let number = 3; number < 30; number++)
    expect(numbersOf(await put(number))).toEqual(numbersOf((await byDistance(all, keyOf(number))).slice(0, 20)))
})

test('a put that does not ask for it walks, and others can reuse its walk', async () => {
  const { dht, put } = setUp(12)
  await put(1, false)
  await put(2, false)
  expect(dht.walks).toBe(2)
  await put(3)
  expect(dht.walks).toBe(2)
})

test('a walk is not reused after ten minutes, or when the clock was set back', async () => {
  const { dht, put } = setUp(12)
  await put(1)
  await dht.time.advance(10n * minute)
  await put(2)
  expect(dht.walks).toBe(1)
  await dht.time.advance(1n)
  await put(3)
  expect(dht.walks).toBe(2)
  dht.time.offset = -1n
  await put(4)
  expect(dht.walks).toBe(3)
})

test('a walk in which a peer failed shows no whole network of fewer than 20 peers', async () => {
  const { dht, put } = setUp(12)
  const walk = new ScriptedWalk()
  dht.next = walk.next
  const [silent, ...others] = dht.peers as [SimulatedPeer, ...SimulatedPeer[]]
  walk.push(dials(silent), ...others.flatMap((peer) => [dials(peer), answers(peer)]), fails(silent), undefined)
  expect(await put(1)).toHaveLength(11)
  dht.next = undefined
  expect(await put(2)).toHaveLength(12)
  expect(dht.walks).toBe(2)
})

test('a peer that does not store a record is left out afterwards, and a walk finds others when too few stored it', async () => {
  const { dht, put } = setUp(50)
  for (let number = 0; number < 200; number++) await put(number)
  const walks = dht.walks
  const [closest] = await byDistance(dht.peers, keyOf(5))
  if (closest === undefined) throw new Error('the network has no peers')
  closest.behaviour = 'refuses'
  expect(await put(5)).toContain(closest)
  expect(dht.walks).toBe(walks)
  expect(await put(5)).not.toContain(closest)
  for (const peer of dht.peers) peer.behaviour = 'refuses'
  await expect(put(6)).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
  expect(dht.walks).toBe(walks + 1)
})
