import type { RecordEngine, UnverifiedRecord } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine, verified } from './toy-engine.ts'
import { routingOf } from './toy-routing.ts'

const many = Array.from({ length: 20 }, (_, number) => ({ from: peer(number), value: good(1) }))
const keyOf = (text: string): Uint8Array => new TextEncoder().encode(text)

test.for([
  ['/ipns/x', 16],
  ['/toy/x', 3],
  ['/ipn', 3],
  ['/ipns', 3],
  ['/ipnsx', 3],
  ['/xpns/x', 3],
  ['xipns/x', 3]
] as const)(
  'a read of %s ends at %i valid answers by default: the quorum of its namespace, else 3',
  async ([name, quorum]) => {
    const routing = routingOf({ answers: many })
    const found = await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(keyOf(name))
    expect(found).toMatchObject({ complete: true, valid: quorum })
    expect(routing.pulled).toBe(quorum)
  }
)

test('an engine without namespaceOf has a quorum of 3 for every key', async () => {
  const toy = new ToyEngine()
  const engine: RecordEngine = {
    parse: (name, value) => toy.parse(name, value),
    rank: (record) => toy.rank(record),
    compare: (a, b) => toy.compare(a, b),
    verify: (record) => toy.verify(record)
  }
  const found = await new DhtRecordStore({ routing: routingOf({ answers: many }), engine }).get(keyOf('/ipns/x'))
  expect(found).toMatchObject({ complete: true, valid: 3 })
})

test('the quorum can be a function of the key, and the quorum of a call overrides it', async () => {
  const routing = routingOf({ answers: many })
  const quorum = (recordKey: Uint8Array): number => recordKey.length
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), quorum })
  expect((await store.get(key))?.valid).toBe(key.length)
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
