import { equalBytes } from '@recordkit/record-types'
import type { RoutingGetOptions, UnverifiedRecord } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine, verified } from './toy-engine.ts'
import { routingOf } from './toy-routing.ts'

const many = Array.from({ length: 20 }, (_, number) => ({ from: peer(number), value: good(1) }))
const keyOf = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a read without a quorum ends when the routing has no further answers', async () => {
  const routing = routingOf({ answers: many })
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key)
  expect(found).toMatchObject({ complete: true, valid: 20 })
  expect(routing.pulled).toBe(20)
})

test('a read without a quorum is not complete when the routing fails', async () => {
  const routing = routingOf({ answers: many.slice(0, 2), fails: new Error('broken') })
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key)
  expect(found).toMatchObject({ complete: false, valid: 2 })
})

test('the routing may end a read without a quorum, and asks every peer on the way for one with a quorum', async () => {
  const asked: unknown[] = []
  const routing = {
    ...routingOf({}),
    async *get(_key: Uint8Array, { complete }: RoutingGetOptions = {}) {
      asked.push(complete)
      yield { from: peer(1), value: good(1) }
    }
  }
  const store = new DhtRecordStore({ routing, engine: new ToyEngine() })
  await store.get(key)
  await store.get(key, { quorum: 2 })
  expect(asked).toEqual([false, true])
})

test('the quorum can be a function of the key, and the quorum of a call overrides it', async () => {
  const routing = routingOf({ answers: many })
  const quorum = (recordKey: Uint8Array): number | undefined => (equalBytes(recordKey, key) ? 6 : undefined)
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), quorum })
  expect((await store.get(key))?.valid).toBe(6)
  expect((await store.get(keyOf('/toy/other')))?.valid).toBe(20)
  expect((await store.get(key, { quorum: 5 }))?.valid).toBe(5)
})

test('a read asks no peer when the local copy alone is the quorum', async () => {
  const engine = new ToyEngine()
  const routing = routingOf({ answers: many })
  const local = verified(good(1))
  const found = await new DhtRecordStore({ routing, engine }).get(key, { local, quorum: 1 })
  expect(found).toMatchObject({ complete: true, valid: 0, from: [], refused: [] })
  expect(routing.pulled).toBe(0)
  expect(engine.verified).toBe(0)
})

test('a read does not verify the local copy again when peers answer with the same value', async () => {
  const engine = new ToyEngine()
  const local = verified(good(1))
  const found = await new DhtRecordStore({ routing: routingOf({ answers: many }), engine, quorum: 4 }).get(key, {
    local
  })
  expect(found).toMatchObject({ complete: true, valid: 3, from: [peer(0), peer(1), peer(2)] })
  expect(engine.verified).toBe(0)
})

test('answers with different values count for the same quorum', async () => {
  const answers = [1, 2, 3, 4].map((rank) => ({ from: peer(rank), value: good(rank) }))
  const routing = routingOf({ answers })
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 3 }).get(key)
  expect(found).toMatchObject({ complete: true, valid: 3, from: [peer(3)] })
  expect(routing.pulled).toBe(3)
})

test('a read verifies nothing before the number of answers can reach the quorum', async () => {
  const engine = new ToyEngine()
  const verifications: number[] = []
  const routing = {
    ...routingOf({}),
    async *get() {
      for (let number = 1; number <= 3; number++) {
        verifications.push(engine.verified)
        yield { from: peer(number), value: good(number) }
      }
      verifications.push(engine.verified)
    }
  }
  await new DhtRecordStore({ routing, engine, quorum: 3 }).get(key)
  expect(verifications).toEqual([0, 0, 0])
  expect(engine.verified).toBe(3)
})

test('a best answer that is forged and leaves too few for the quorum costs one verification, and the next best another', async () => {
  const engine = new ToyEngine()
  const answers = [
    { from: peer(1), value: good(1) },
    { from: peer(2), value: forged(9) },
    { from: peer(3), value: good(2) }
  ]
  const found = await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 3 }).get(key)
  expect(found).toMatchObject({ complete: false, valid: 1, from: [peer(3)] })
  expect(engine.verified).toBe(2)
})

test('a forged answer costs one verification for all peers that give it, and each of them is reported', async () => {
  const engine = new ToyEngine()
  const answers = [
    { from: peer(1), value: forged(9) },
    { from: peer(2), value: good(1) },
    { from: peer(3), value: forged(9) },
    { from: peer(4), value: good(1) },
    { from: peer(5), value: good(1) }
  ]
  const found = await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 2 }).get(key)
  expect(found).toMatchObject({ complete: true, valid: 2 })
  expect(found?.refused.map(({ from }) => from)).toEqual([peer(1), peer(3)])
  expect(engine.verified).toBe(2)
})

test('an answer that cannot be decoded is reported, is not verified and does not count', async () => {
  const engine = new ToyEngine()
  const answers = [
    { from: peer(1), value: Uint8Array.of(7) },
    { from: peer(2), value: good(1) },
    { from: peer(1), value: good(1) }
  ]
  const found = await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 2 }).get(key)
  expect(found).toMatchObject({ complete: false, valid: 1, from: [peer(2)] })
  expect(found?.refused.map(({ from, refusal }) => [from, refusal.code])).toEqual([[peer(1), 'CONTENT_INVALID']])
  expect(engine.verified).toBe(1)
})

test('the engine receives the first peer that gave an answer as its sender', async () => {
  const senders: unknown[] = []
  const engine = new (class extends ToyEngine {
    override verify(record: UnverifiedRecord, options?: object) {
      senders.push(options)
      return super.verify(record)
    }
  })()
  const answers = [4, 2].map((number) => ({ from: peer(number), value: good(1) }))
  const store = new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 2 })
  await store.get(key)
  expect(senders).toEqual([{ sender: peer(4), signal: expect.any(AbortSignal) }])
})
