import type { UnverifiedRecord } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine } from './toy-engine.ts'
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
] as const)('a read of %s ends at %i valid answers where nothing else is said', async ([name, quorum]) => {
  const routing = routingOf({ answers: many })
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(keyOf(name))
  expect(found).toMatchObject({ quorum: true, valid: quorum })
  expect(routing.pulled).toBe(quorum)
})

test('the quorum may depend on the key, and is what the call says where it says', async () => {
  const routing = routingOf({ answers: many })
  const quorum = (asked: Uint8Array): number => asked.length
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), quorum })
  expect((await store.get(key))?.valid).toBe(key.length)
  expect((await store.get(key, { quorum: 5 }))?.valid).toBe(5)
})

test('where the local copy is enough, nobody is asked', async () => {
  const engine = new ToyEngine()
  const routing = routingOf({ answers: many })
  const local = engine.parse(key, good(1)) as UnverifiedRecord
  const found = await new DhtRecordStore({ routing, engine }).get(key, { local, quorum: 1 })
  expect(found).toMatchObject({ quorum: true, valid: 0, from: [], refused: [] })
  expect(routing.pulled).toBe(0)
  expect(engine.verified).toBe(0)
})

test('the local copy is not verified again, whoever else has it', async () => {
  const engine = new ToyEngine()
  const local = engine.parse(key, good(1)) as UnverifiedRecord
  const found = await new DhtRecordStore({ routing: routingOf({ answers: many }), engine, quorum: 4 }).get(key, {
    local
  })
  expect(found).toMatchObject({ quorum: true, valid: 3, from: [peer(0), peer(1), peer(2)] })
  expect(engine.verified).toBe(0)
})

test('answers of different values count for one quorum together', async () => {
  const answers = [1, 2, 3, 4].map((rank) => ({ from: peer(rank), value: good(rank) }))
  const routing = routingOf({ answers })
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 3 }).get(key)
  expect(found).toMatchObject({ quorum: true, valid: 3, from: [peer(3)] })
  expect(routing.pulled).toBe(3)
})

test('nothing is proven before there are answers enough', async () => {
  const engine = new ToyEngine()
  const proven: number[] = []
  const routing = {
    ...routingOf({}),
    async *get() {
      for (let number = 1; number <= 3; number++) {
        proven.push(engine.verified)
        yield { from: peer(number), value: good(number) }
      }
      proven.push(engine.verified)
    }
  }
  await new DhtRecordStore({ routing, engine, quorum: 3 }).get(key)
  expect(proven).toEqual([0, 0, 0])
  expect(engine.verified).toBe(3)
})

test('a forged favourite that leaves too few answers costs one signature, and the best one more', async () => {
  const engine = new ToyEngine()
  const answers = [
    { from: peer(1), value: good(1) },
    { from: peer(2), value: forged(9) },
    { from: peer(3), value: good(2) }
  ]
  const found = await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 3 }).get(key)
  expect(found).toMatchObject({ quorum: false, valid: 1, from: [peer(3)] })
  expect(engine.verified).toBe(2)
})

test('a forged answer costs one signature, however many peers give it, and each of them is reported', async () => {
  const engine = new ToyEngine()
  const answers = [
    { from: peer(1), value: forged(9) },
    { from: peer(2), value: good(1) },
    { from: peer(3), value: forged(9) },
    { from: peer(4), value: good(1) },
    { from: peer(5), value: good(1) }
  ]
  const found = await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 2 }).get(key)
  expect(found).toMatchObject({ quorum: true, valid: 2 })
  expect(found?.refused.map(({ from }) => from)).toEqual([peer(1), peer(3)])
  expect(engine.verified).toBe(2)
})

test('an unreadable answer is reported, costs no signature and does not count', async () => {
  const engine = new ToyEngine()
  const answers = [
    { from: peer(1), value: Uint8Array.of(7) },
    { from: peer(2), value: good(1) },
    { from: peer(1), value: good(1) }
  ]
  const found = await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 2 }).get(key)
  expect(found).toMatchObject({ quorum: false, valid: 1, from: [peer(2)] })
  expect(found?.refused.map(({ from, refusal }) => [from, refusal.code])).toEqual([[peer(1), 'CONTENT_INVALID']])
  expect(engine.verified).toBe(1)
})

test('whoever gave an answer first is its sender in the eyes of the engine', async () => {
  const senders: unknown[] = []
  const engine = new (class extends ToyEngine {
    override verify(opened: UnverifiedRecord, options?: object) {
      senders.push(options)
      return super.verify(opened)
    }
  })()
  const answers = [4, 2].map((number) => ({ from: peer(number), value: good(1) }))
  const store = new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 2 })
  await store.get(key)
  expect(senders).toEqual([{ sender: peer(4), signal: expect.any(AbortSignal) }])
})
