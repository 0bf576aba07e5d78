import { second } from '@recordkit/testing'
import type { PutReceipt } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { answers, byDistance, dials, fails, ScriptedWalk, SimulatedDht } from './simulated-dht.ts'
import type { SimulatedPeer } from './simulated-dht.ts'
import { good, key, ToyEngine } from './toy-engine.ts'

const millisecond = 1_000_000n

/** A store on a DHT of `count` peers, whose walks emit what the test pushes. `closest`: the peers, the closest to the key first. */
async function setUp(count: number, copies = 1) {
  const dht = new SimulatedDht(count)
  const walk = new ScriptedWalk()
  dht.next = walk.next
  const store = new DhtRecordStore({
    routing: dht.routing,
    engine: new ToyEngine(),
    copies,
    setTimer: dht.time.setTimer
  })
  const closest = await byDistance(dht.peers, key)
  let receipt: PutReceipt | undefined
  const put = store.put(key, good(1)).then((early) => {
    receipt = early
    return early
  })
  put.catch(() => undefined)
  const received = (): number => dht.peers.filter((peer) => peer.received.length > 0).length
  /** Lets everything run that waits for no time; digests are made in other threads. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      await dht.time.advance(0n)
    }
  }
  return { time: dht.time, dht, walk, store, closest, put, received, settle, early: () => receipt }
}

const reached = async (receipt: Promise<PutReceipt>): Promise<number> => (await (await receipt).complete).copies.reached
const all = (peers: readonly SimulatedPeer[], event: (peer: SimulatedPeer) => ReturnType<typeof dials>) =>
  peers.map((peer) => event(peer))

test('a put sends nothing before 16 of the 20 closest peers have answered, and then to each that has answered', async () => {
  const { walk, closest, put, received, settle } = await setUp(30)
  walk.push(...all(closest, dials), ...all(closest.slice(20), answers), ...all(closest.slice(0, 15), answers))
  await settle()
  expect(received()).toBe(0)
  walk.push(answers(closest[15] as SimulatedPeer))
  await settle()
  expect(received()).toBe(16)
  walk.push(answers(closest[18] as SimulatedPeer))
  await settle()
  expect(received()).toBe(17)
  walk.push(undefined)
  // the walk has ended: those that did not answer are replaced by the next ones
  expect(await reached(put)).toBe(20)
  expect(closest.slice(20).map((peer) => peer.received.length)).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
})

test('a put resolves with ten copies, while the peers that have not answered go on in the background', async () => {
  const { walk, closest, put, settle, time } = await setUp(20)
  walk.push(...all(closest, dials), ...all(closest.slice(0, 16), answers))
  const early = await put
  expect(early.copies).toEqual({ requested: 1, reached: 10 })
  let final: unknown
  void early.complete.then((receipt) => (final = receipt))
  await settle()
  expect(final).toBeUndefined()
  walk.push(...all(closest.slice(16, 18), answers), ...all(closest.slice(18), fails), undefined)
  await settle()
  expect(final).toMatchObject({ copies: { requested: 1, reached: 18 } })
  expect(time.pending).toBe(0)
})

test('in a small network half of the peers are enough', async () => {
  const { walk, closest, put } = await setUp(5)
  walk.push(...all(closest, dials), ...all(closest.slice(1), answers), fails(closest[0] as SimulatedPeer))
  expect((await put).copies.reached).toBe(2)
  walk.push(undefined)
  expect(await reached(put)).toBe(4)
})

test('a peer that another one names as closer is waited for, and a farther one is not', async () => {
  const { walk, closest, received, settle } = await setUp(40)
  const starting = closest.slice(5, 25)
  const [nearest] = starting as [SimulatedPeer]
  walk.push(...all(starting, dials), ...all(starting.slice(1), (peer) => answers(peer, closest.slice(0, 5))))
  walk.push(answers(nearest, closest.slice(20, 40)))
  await settle()
  // of the 20 closest, the 5 that were named have not answered
  expect(received()).toBe(0)
  walk.push(dials(closest[0] as SimulatedPeer), answers(closest[0] as SimulatedPeer))
  await settle()
  expect(received()).toBe(16)
})

test('a put to a walk that stalls sends to the peers that have answered, half a second after the last closer answer', async () => {
  const { walk, closest, put, received, settle, time } = await setUp(20)
  walk.push(...all(closest, dials), ...all(closest.slice(0, 12), answers))
  await settle()
  await time.advance(500n * millisecond - 1n)
  expect(received()).toBe(0)
  await time.advance(1n)
  await settle()
  expect(received()).toBe(12)
  expect((await put).copies.reached).toBe(10)
})

test('among slow peers a walk stalls only after eight times their median answer', async () => {
  const { walk, closest, received, settle, time } = await setUp(20)
  walk.push(...all(closest, dials))
  await settle()
  await time.advance(200n * millisecond)
  walk.push(...all(closest.slice(0, 12), answers))
  await settle()
  await time.advance(1600n * millisecond - 1n)
  expect(received()).toBe(0)
  await time.advance(1n)
  await settle()
  expect(received()).toBe(12)
})

test('peers that never answer the walk are not waited for after five seconds', async () => {
  const { dht, walk, closest, put, settle, time } = await setUp(20)
  walk.push(...all(closest, dials), ...all(closest.slice(0, 18), answers))
  await settle()
  await time.advance(5n * second - 1n)
  expect(dht.signal?.aborted).toBe(false)
  await time.advance(1n)
  expect(await reached(put)).toBe(18)
  expect(dht.signal?.aborted).toBe(true)
  expect(time.pending).toBe(0)
})

test.each(['stalls', 'is cut'])(
  'after a walk that %s, its peers are taken for the closest ones of other records only if 16 of 20 have answered',
  async (end) => {
    for (const silent of [4, 5]) {
      const { dht, walk, closest, put, store, settle, time } = await setUp(30)
      walk.push(...all(closest, dials), ...all(closest.slice(silent), answers))
      if (end === 'stalls') walk.push({ name: 'STALLED' }, undefined)
      await settle()
      await time.advance(5n * second)
      await reached(put)
      const again = store.put(key, good(2), { reuseWalks: true })
      walk.push(...all(closest, dials), ...all(closest, answers), undefined)
      expect(await reached(again)).toBe(20)
      expect([silent, dht.walks]).toEqual([silent, silent === 4 ? 1 : 2])
      expect((closest[0] as SimulatedPeer).received).toEqual(silent === 4 ? [] : [2])
    }
  }
)

test('a peer that does not respond to PUT_VALUE is a timeout after five seconds, and delays no other one', async () => {
  const { walk, closest, put, time } = await setUp(20)
  for (const peer of closest.slice(0, 9)) peer.behaviour = 'is silent'
  ;(closest[9] as SimulatedPeer).behaviour = 'refuses'
  walk.push(...all(closest, dials), ...all(closest, answers), undefined)
  expect((await put).copies.reached).toBe(10)
  await time.advance(5n * second)
  const { peers } = await (await put).complete
  const count = (status: string): number => peers.filter((ack) => ack.status === status).length
  expect([count('stored'), count('timeout'), count('refused')]).toEqual([10, 9, 1])
})

test('copies decide the failure of a put at the very end, with the receipt', async () => {
  const { walk, closest, put, settle, early, time } = await setUp(20, 15)
  for (const peer of closest.slice(0, 6)) peer.behaviour = 'is silent'
  walk.push(...all(closest, dials), ...all(closest, answers), undefined)
  await settle()
  expect(early()).toBeUndefined()
  await time.advance(5n * second)
  await expect(put).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    message: '14 of 15 copies were acknowledged; 20 peers were asked',
    details: { copies: { requested: 15, reached: 14 } }
  })
  expect(time.pending).toBe(0)
})

test('a put fails when no peer answers the walk', async () => {
  const { walk, closest, put, received } = await setUp(20)
  walk.push(...all(closest, dials), ...all(closest, fails), undefined)
  await expect(put).rejects.toMatchObject({ code: 'TOO_FEW_COPIES', details: { copies: { reached: 0 }, peers: [] } })
  expect(received()).toBe(0)
})

test('an abort of the signal ends the walk, also in the background of a put', async () => {
  for (const isBackground of [false, true]) {
    const dht = new SimulatedDht(20)
    const walk = new ScriptedWalk()
    dht.next = walk.next
    const store = new DhtRecordStore({ routing: dht.routing, engine: new ToyEngine(), setTimer: dht.time.setTimer })
    const closest = await byDistance(dht.peers, key)
    const controller = new AbortController()
    const put = store.put(key, good(1), { signal: controller.signal })
    walk.push(...all(closest, dials), ...all(closest.slice(0, isBackground ? 16 : 15), answers))
    const reason = new Error('aborted')
    if (isBackground) {
      const { complete } = await put
      controller.abort(reason)
      expect((await complete).copies.reached).toBeGreaterThanOrEqual(10)
    } else {
      await new Promise((resolve) => setImmediate(resolve))
      controller.abort(reason)
      await expect(put).rejects.toBe(reason)
    }
    await store.settled()
    expect(dht.time.pending).toBe(0)
    const count = dht.peers.flatMap((peer) => peer.received).length
    walk.push(...all(closest, answers))
    await new Promise((resolve) => setImmediate(resolve))
    expect(dht.peers.flatMap((peer) => peer.received)).toHaveLength(count)
  }
})

test('a later put of a key ends the earlier one before it sends anything', async () => {
  const { dht, walk, closest, put, store, settle } = await setUp(20)
  walk.push(...all(closest, dials), ...all(closest.slice(0, 16), answers))
  const early = await put
  await settle()
  const later = store.put(key, good(2))
  const { copies } = await early.complete
  expect(copies.reached).toBe(16)
  walk.push(...all(closest, dials), ...all(closest, answers), undefined)
  expect(await reached(later)).toBe(20)
  // the last four were asked by the second walk only
  expect(closest.map((peer) => peer.received)).toEqual(closest.map((_, index) => (index < 16 ? [1, 2] : [2])))
  expect(dht.walks).toBe(2)
})

test('a put that a later one replaces before it has its copies fails, and the later one succeeds', async () => {
  const { walk, closest, put, store, settle } = await setUp(20)
  walk.push(...all(closest, dials), ...all(closest.slice(0, 3), answers))
  await settle()
  const later = store.put(key, good(2))
  await expect(put).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    message: expect.stringContaining('before a later put of the key took the place of this one') as string
  })
  walk.push(...all(closest, dials), ...all(closest, answers), undefined)
  expect(await reached(later)).toBe(20)
  expect(new Set(closest.flatMap((peer) => peer.received))).toEqual(new Set([2]))
})

test('settled waits for the background of a put', async () => {
  const { walk, closest, put, store, settle } = await setUp(20)
  walk.push(...all(closest, dials), ...all(closest.slice(0, 16), answers))
  await put
  let isSettled = false
  const settled = store.settled().then(() => (isSettled = true))
  await settle()
  expect(isSettled).toBe(false)
  walk.push(undefined)
  await settled
})

test('a put sends to peers of the routing table that were not asked, and they count as closest peers that answered', async () => {
  const { walk, closest, put, received, settle } = await setUp(20)
  const notAsked = closest.slice(13).map((peer) => ({ name: 'NOT_ASKED', peer }))
  walk.push(...notAsked, ...all(closest.slice(0, 13), dials), ...all(closest.slice(0, 8), answers))
  await settle()
  expect(received()).toBe(0)
  walk.push(answers(closest[8] as SimulatedPeer))
  await settle()
  expect(received()).toBe(16)
  walk.push(...all(closest.slice(9, 13), answers), undefined)
  expect(await reached(put)).toBe(20)
})

test('a put waits for a peer of the routing table that is asked after all', async () => {
  const { walk, closest, received, settle } = await setUp(20)
  const notAsked = closest.slice(13).map((peer) => ({ name: 'NOT_ASKED', peer }))
  walk.push(...notAsked, ...all(closest, dials), ...all(closest.slice(0, 15), answers))
  await settle()
  expect(received()).toBe(0)
  walk.push(answers(closest[15] as SimulatedPeer))
  await settle()
  expect(received()).toBe(16)
})
