import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { second } from '@recordkit/testing'
import type { RoutingAck } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

const acks: readonly RoutingAck[] = [
  { from: peer(1), status: 'stored' },
  { from: peer(2), status: 'refused', error: new Error('no') },
  { from: peer(3), status: 'mismatch' },
  { from: peer(1), status: 'stored' },
  { from: peer(4), status: 'timeout' },
  { from: peer(5), status: 'stored' }
]

test('the receipt of a put contains the result of each peer once', async () => {
  const store = new DhtRecordStore({ routing: routingOf({ acks }), engine: new ToyEngine() })
  const receipt = await store.put(key, good(1), { copies: 2 })
  expect(receipt.copies).toEqual({ requested: 2, reached: 2 })
  expect(receipt.peers.map(({ status }) => status)).toEqual(['stored', 'refused', 'mismatch', 'timeout', 'stored'])
})

test('a put fails with the receipt when fewer copies are stored than asked for', async () => {
  const store = new DhtRecordStore({ routing: routingOf({ acks }), engine: new ToyEngine() })
  await expect(store.put(key, good(1), { copies: 3 })).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    details: { copies: { requested: 3, reached: 2 } }
  })
})

test('a put fails by default when no copy is stored', async () => {
  const store = new DhtRecordStore({ routing: routingOf({ fails: new Error('offline') }), engine: new ToyEngine() })
  await expect(store.put(key, good(1))).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    cause: { message: 'offline' }
  })
})

test('a put of an invalid value fails without asking any peer', async () => {
  const routing = routingOf({ acks })
  const store = new DhtRecordStore({ routing, engine: new ToyEngine() })
  await expect(store.put(key, forged(1))).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
  await expect(store.put(key, new Uint8Array())).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
  expect(routing.puts).toBe(0)
})

test('a peer counts as storing a copy once it has acknowledged it, whatever its other results are', async () => {
  const results: readonly RoutingAck[] = [
    { from: peer(1), status: 'refused' },
    { from: peer(1), status: 'stored' },
    { from: peer(1), status: 'timeout' },
    { from: peer(2), status: 'refused' },
    { from: peer(2), status: 'timeout' }
  ]
  const receipt = await new DhtRecordStore({ routing: routingOf({ acks: results }), engine: new ToyEngine() }).put(
    key,
    good(1)
  )
  expect(await receipt.complete).toEqual({ copies: { requested: 1, reached: 1 }, peers: [results[1], results[4]] })
})

test('the copies option of a put overrides the one of the store', async () => {
  const store = new DhtRecordStore({ routing: routingOf({ acks }), engine: new ToyEngine(), copies: 3 })
  await expect(store.put(key, good(1))).rejects.toMatchObject({ details: { copies: { requested: 3, reached: 2 } } })
  expect((await store.put(key, good(1), { copies: 2 })).copies).toEqual({ requested: 2, reached: 2 })
})

test('a put whose timeout expires returns the copies so far, or fails when they are too few', async () => {
  const time = new FakeTimers()
  const stored = acks[0] as RoutingAck
  const routing = routingOf({ acks: [stored, silence] })
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: time.setTimer, timeout: 2000 })
  const enough = store.put(key, good(1))
  await time.advance(2n * second - 1n)
  expect(routing.signal?.aborted).toBe(false)
  await time.advance(1n)
  expect(routing.signal?.aborted).toBe(true)
  expect((await enough).peers).toEqual([stored])
  const tooFew = expect(store.put(key, good(1), { copies: 2, timeout: 1000 })).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    key,
    details: { copies: { requested: 2, reached: 1 }, peers: [stored] }
  })
  await time.advance(second)
  await tooFew
  expect(time.pending).toBe(0)
})

test('a put does not replace a later one of its key, when it is verified after it', async () => {
  let verifyFirst = (): void => undefined
  const isVerified = new Promise<void>((resolve) => (verifyFirst = resolve))
  const engine = new (class extends ToyEngine {
    override verify(record: Parameters<ToyEngine['verify']>[0]) {
      const result = super.verify(record)
      return (record.value[0] === 1 ? isVerified.then(() => result) : result) as never
    }
  })()
  const sent: number[] = []
  const routing = {
    ...routingOf({}),
    async *put(_key: Uint8Array, value: Uint8Array) {
      sent.push(value[0] as number)
      yield acks[0] as RoutingAck
      await silence
    }
  }
  const time = new FakeTimers()
  const store = new DhtRecordStore({ routing, engine, setTimer: time.setTimer })
  const first = store.put(key, good(1))
  const second = store.put(key, good(2))
  await flushMicrotasks()
  verifyFirst()
  await expect(first).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
  await time.advance(30_000_000_000n)
  expect((await second).copies.reached).toBe(1)
  expect(sent).toEqual([2])
})

test('a put that is aborted while peers are asked rejects with the reason of its signal', async () => {
  const time = new FakeTimers()
  const routing = routingOf({ acks: [acks[0] as RoutingAck, silence] })
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: time.setTimer })
  const controller = new AbortController()
  const putting = store.put(key, good(1), { signal: controller.signal })
  await flushMicrotasks()
  const reason = new Error('aborted')
  controller.abort(reason)
  await expect(putting).rejects.toBe(reason)
  expect(time.pending).toBe(0)
})

test('a put of a refused value rejects with the code, message and cause of the refusal and with the key', async () => {
  const cause = new Error('no such key')
  const engine = new (class extends ToyEngine {
    override verify() {
      return { status: 'ignore', code: 'KEY_UNAVAILABLE', message: 'the key is not available', cause } as never
    }
  })()
  const store = new DhtRecordStore({ routing: routingOf({ acks }), engine })
  await expect(store.put(key, good(1))).rejects.toMatchObject({
    code: 'KEY_UNAVAILABLE',
    message: 'the key is not available',
    key,
    cause
  })
})
