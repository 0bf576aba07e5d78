import { FakeTimers } from '@recordkit/record-conformance'
import { second } from '@recordkit/testing'
import type { AbortOptions, PeerId, RecordRouting, RoutingAck, SetTimer } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import type { DhtRecordStoreOptions } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf } from './toy-routing.ts'

/** A store among twelve stale peers and one with the latest record, whose repairs end when the test ends them. */
function amongStalePeers(options: Partial<DhtRecordStoreOptions> = {}) {
  const time = new FakeTimers()
  const repairs: { to: PeerId; signal: AbortSignal | undefined; end: (ack?: Error) => void }[] = []
  const putToPeer = async (to: PeerId, _key: Uint8Array, _value: Uint8Array, { signal }: AbortOptions = {}) =>
    new Promise<RoutingAck>((resolve, reject) => {
      repairs.push({
        to,
        signal,
        end: (error) => (error === undefined ? resolve({ from: to, status: 'stored' }) : reject(error))
      })
    })
  const answers = Array.from({ length: 13 }, (_, number) => ({ from: peer(number), value: good(number < 12 ? 1 : 2) }))
  const store = new DhtRecordStore({
    routing: routingOf({ answers, putToPeer }),
    engine: new ToyEngine(),
    quorum: 99,
    setTimer: time.setTimer,
    ...options
  })
  return { store, repairs, time }
}

test('at most 8 repairs run at a time by default, for all reads together', async () => {
  const { store, repairs, time } = amongStalePeers()
  await store.get(key)
  await time.advance(0n)
  expect(repairs.map(({ to }) => to)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map(peer))
  await store.get(key)
  await time.advance(0n)
  expect(repairs).toHaveLength(8)
  for (const { end } of repairs.slice(0, 3)) end()
  await time.advance(0n)
  await store.get(key)
  await time.advance(0n)
  expect(repairs.slice(8).map(({ to }) => to)).toEqual([0, 1, 2].map(peer))
})

test('no stale peer is repaired when maxRepairs is 0', async () => {
  const { store, repairs, time } = amongStalePeers({ maxRepairs: 0 })
  await store.get(key)
  await time.advance(0n)
  expect(repairs).toEqual([])
  expect(time.pending).toBe(0)
})

test('a repair has the timeout of the store, and cancels its timer when it ends', async () => {
  const { store, repairs, time } = amongStalePeers({ timeout: 4000 })
  await store.get(key)
  await time.advance(4n * second - 1n)
  expect(repairs.map(({ signal }) => signal?.aborted)).toEqual(Array.from({ length: 8 }, () => false))
  for (const { end } of repairs.slice(0, 3)) end()
  for (const { end } of repairs.slice(3, 5)) end(new Error('refused'))
  await time.advance(0n)
  expect(time.pending).toBe(3)
  await time.advance(1n)
  expect(repairs.map(({ signal }) => signal?.aborted)).toEqual([
    ...Array.from({ length: 5 }, () => false),
    ...Array.from({ length: 3 }, () => true)
  ])
  expect(time.pending).toBe(0)
})

test('a repair ends at its timeout, or when a put of the key begins, also when the routing ignores its signal', async () => {
  const { store, repairs, time } = amongStalePeers({ timeout: 4000, maxRepairs: 2 })
  await store.get(key)
  await time.advance(4n * second)
  await store.get(key)
  await time.advance(0n)
  expect(repairs).toHaveLength(4)
  await store.put(key, good(3), { copies: 0 })
  await time.advance(4n * second)
  let settled = false
  void store.settled().then(() => (settled = true))
  await time.advance(0n)
  expect(settled).toBe(true)
})

test('settled resolves when all repairs have ended, refused or not', async () => {
  const { store, repairs, time } = amongStalePeers({ maxRepairs: 2 })
  await store.get(key)
  await time.advance(0n)
  let settled = false
  const settling = store.settled().then(() => (settled = true))
  repairs[0]?.end(new Error('refused'))
  await time.advance(0n)
  expect(settled).toBe(false)
  repairs[1]?.end()
  await settling
})

test('a read succeeds when a repair throws, and starts no repair when the routing cannot address a peer', async () => {
  const answers = [1, 2].map((number) => ({ from: peer(number), value: good(number) }))
  const throwing = routingOf({
    answers,
    putToPeer: () => {
      throw new Error('thrown synchronously')
    }
  })
  for (const [routing, timers] of [
    [throwing, 3],
    [routingOf({ answers }), 2]
  ] as const) {
    let set = 0
    const setTimer: SetTimer = () => {
      set++
      return () => undefined
    }
    const store = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer })
    expect((await store.get(key))?.record.value).toEqual(good(2))
    await store.settled()
    expect(set).toBe(timers)
  }
})

test('putToPeer is called as a method of its routing', async () => {
  const routing = {
    ...routingOf({ answers: [1, 2].map((number) => ({ from: peer(number), value: good(number) })) }),
    repaired: [] as PeerId[],
    async putToPeer(to: PeerId): Promise<RoutingAck> {
      this.repaired.push(to)
      return { from: to, status: 'stored' }
    }
  }
  const store = new DhtRecordStore({ routing, engine: new ToyEngine() })
  await store.get(key)
  await store.settled()
  expect(routing.repaired).toEqual([peer(1)])
})

test('peers whose record has the same order and another identity are not repaired', async () => {
  const repaired: PeerId[] = []
  const twin = Uint8Array.of(...good(2), 1)
  const routing = routingOf({
    answers: [
      { from: peer(1), value: good(2) },
      { from: peer(2), value: twin },
      { from: peer(3), value: good(1) }
    ],
    putToPeer: async (to) => {
      repaired.push(to)
      return { from: to, status: 'stored' }
    }
  })
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 9 })
  expect((await store.get(key))?.record.value).toEqual(twin)
  await store.settled()
  expect(repaired).toEqual([peer(3)])
})

test('peers with the best record, without a record, or with a refused higher one are not repaired', async () => {
  const repaired: PeerId[] = []
  const routing = routingOf({
    answers: [
      { from: peer(1), value: good(2) },
      { from: peer(2) },
      { from: peer(3), value: forged(9) },
      { from: peer(4), value: good(1) },
      { from: peer(5), value: good(2) }
    ],
    putToPeer: async (to) => {
      repaired.push(to)
      return { from: to, status: 'stored' }
    }
  })
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 9 })
  await store.get(key)
  await store.settled()
  expect(repaired).toEqual([peer(4)])
})

test('a put of the key ends the repairs of earlier reads before it sends anything, and those of other keys go on', async () => {
  const { store, repairs, time } = amongStalePeers({ maxRepairs: 2 })
  await store.get(key)
  await store.put(new TextEncoder().encode('/toy/other'), good(3), { copies: 0 })
  expect(repairs.map(({ signal }) => signal?.aborted)).toEqual([false, false])
  await store.put(key, good(3), { copies: 0 })
  expect(repairs.map(({ signal }) => signal?.aborted)).toEqual([true, true])
  await time.advance(0n)
  expect(time.pending).toBe(0)
})

test('a read during which a put of the key begins, or that begins during one, repairs no peer', async () => {
  const repaired: PeerId[] = []
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => (answer = resolve))
  let acknowledge = (): void => undefined
  const acknowledged = new Promise<void>((resolve) => (acknowledge = resolve))
  const routing: RecordRouting = {
    async *get() {
      yield { from: peer(1), value: good(1) }
      await answered
      yield { from: peer(2), value: good(2) }
    },
    async *put() {
      await acknowledged
      yield { from: peer(1), status: 'stored' }
    },
    putToPeer: async (to) => {
      repaired.push(to)
      return { from: to, status: 'stored' }
    }
  }
  const store = new DhtRecordStore({ routing, engine: new ToyEngine() })
  const before = store.get(key)
  const putting = store.put(key, good(3))
  const during = store.get(key)
  answer()
  expect([(await before)?.record.value, (await during)?.record.value]).toEqual([good(2), good(2)])
  acknowledge()
  await (
    await putting
  ).complete
  await store.settled()
  expect(repaired).toEqual([])
  await store.get(key)
  await store.settled()
  expect(repaired).toEqual([peer(1)])
})
