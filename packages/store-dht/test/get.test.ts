import { FakeTimers } from '@recordkit/record-conformance'
import { RecordError } from '@recordkit/record-types'
import { second } from '@recordkit/testing'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine, verified } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

test('a read returns the best valid record when all peers were asked', async () => {
  const routing = routingOf({
    answers: [
      { from: peer(1), value: good(1) },
      { from: peer(2), value: good(3) },
      { from: peer(3), value: good(2) }
    ]
  })
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 9 }).get(key)
  expect(found?.record.value).toEqual(good(3))
  expect(found?.from).toEqual([peer(2)])
  expect(found?.complete).toBe(false)
})

test('a read stops asking when a quorum of distinct peers has given valid answers', async () => {
  const answers = [1, 1, 2, 3, 4, 5].map((number) => ({ from: peer(number), value: good(1) }))
  const routing = routingOf({ answers })
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 3 }).get(key)
  expect(found?.complete).toBe(true)
  expect(found?.valid).toBe(3)
  expect(routing.pulled).toBe(4)
  expect(routing.returned).toBe(true)
})

test('a forged answer does not count for the quorum, is reported as refused and costs one verification', async () => {
  const engine = new ToyEngine()
  const answers = [
    { from: peer(1), value: forged(9) },
    { from: peer(2), value: good(1) },
    { from: peer(3), value: good(1) }
  ]
  const found = await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 3 }).get(key)
  expect(found?.record.value).toEqual(good(1))
  expect(found?.complete).toBe(false)
  expect(found?.refused.map(({ from, refusal }) => [from, refusal.code])).toEqual([[peer(1), 'SIGNATURE_INVALID']])
  expect(engine.verified).toBe(2)
})

test('twenty identical answers cost one verification', async () => {
  const engine = new ToyEngine()
  const answers = Array.from({ length: 20 }, (_, number) => ({ from: peer(number), value: good(1) }))
  await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 20 }).get(key)
  expect(engine.verified).toBe(1)
})

test('only the first answer of each peer counts', async () => {
  const answers = [
    { from: peer(1), value: good(1) },
    { from: peer(1), value: good(2) }
  ]
  const found = await new DhtRecordStore({ routing: routingOf({ answers }), engine: new ToyEngine(), quorum: 5 }).get(
    key
  )
  expect(found?.record.value).toEqual(good(1))
  expect(found?.valid).toBe(1)
})

test('the local copy counts as one answer of the quorum', async () => {
  const engine = new ToyEngine()
  const routing = routingOf({
    answers: [
      { from: peer(1), value: good(1) },
      { from: peer(2), value: good(1) }
    ]
  })
  const local = verified(good(1))
  const found = await new DhtRecordStore({ routing, engine, quorum: 2 }).get(key, { local })
  expect(found?.complete).toBe(true)
  expect(routing.pulled).toBe(1)
})

test('a read returns the local copy when it ranks above the answers of all peers', async () => {
  const engine = new ToyEngine()
  const local = verified(good(7))
  const routing = routingOf({ answers: [{ from: peer(1), value: good(1) }] })
  const found = await new DhtRecordStore({ routing, engine }).get(key, { local })
  expect(found?.record.value).toEqual(good(7))
  expect(found?.from).toEqual([])
})

test('a read returns a value in spite of errors of single peers and of the stream after the value', async () => {
  const answers = [
    { from: peer(1), error: new Error('reset') },
    { from: peer(2), value: good(1) },
    { error: new Error('lost') }
  ]
  const routing = routingOf({ answers, fails: new Error('a correction was refused') })
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key)
  expect(found?.record.value).toEqual(good(1))
})

test('a read returns undefined when peers answer and none has a valid record', async () => {
  const routing = routingOf({ answers: [{ from: peer(1) }, { from: peer(2), value: forged(1) }] })
  expect(await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key)).toBeUndefined()
})

test('a read fails, instead of returning undefined, when no peer can be asked', async () => {
  const engine = new ToyEngine()
  const failing = new DhtRecordStore({ routing: routingOf({ fails: new Error('offline') }), engine })
  await expect(failing.get(key)).rejects.toMatchObject({ code: 'ROUTING_FAILED', cause: { message: 'offline' } })
  const alone = new DhtRecordStore({ routing: routingOf({}), engine })
  await expect(alone.get(key)).rejects.toMatchObject({ code: 'NO_PEERS' })
  const noPeers = new RecordError('NO_PEERS', 'no peers')
  const empty = new DhtRecordStore({ routing: routingOf({ fails: noPeers }), engine })
  await expect(empty.get(key)).rejects.toMatchObject({ code: 'NO_PEERS', cause: noPeers })
})

test('a read returns the best record so far when its timeout expires', async () => {
  const timer = new FakeTimers()
  const routing = routingOf({ answers: [{ from: peer(1), value: good(1) }, silence] })
  const reading = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: timer.setTimer }).get(key)
  while (routing.pulled < 2) await Promise.resolve()
  await timer.advance(30n * second)
  expect((await reading)?.record.value).toEqual(good(1))
  expect(timer.pending).toBe(0)
})

test('a read fails with TIMEOUT when no peer answers in time', async () => {
  const timer = new FakeTimers()
  const routing = routingOf({ answers: [silence] })
  const reading = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: timer.setTimer }).get(key, {
    timeout: 5
  })
  while (routing.pulled < 1) await Promise.resolve()
  await timer.advance(second / 200n)
  await expect(reading).rejects.toMatchObject({ code: 'TIMEOUT' })
})

test('an aborted read rejects with the reason of its signal', async () => {
  const routing = routingOf({ answers: [{ from: peer(1), value: good(1) }, silence] })
  const controller = new AbortController()
  const reading = new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key, { signal: controller.signal })
  const reason = new Error('aborted by the caller')
  while (routing.pulled < 2) await Promise.resolve()
  controller.abort(reason)
  await expect(reading).rejects.toBe(reason)
})

test('a read repairs at most maxRepairs stale peers afterwards, and ignores repairs that are refused', async () => {
  const repaired: Uint8Array[] = []
  const routing = routingOf({
    answers: [1, 2, 3, 4].map((number) => ({ from: peer(number), value: good(number === 4 ? 2 : 1) })),
    putToPeer: async (to, _key, value) => {
      expect(value).toEqual(good(2))
      repaired.push(to)
      throw new Error('refused')
    }
  })
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 9, maxRepairs: 2 })
  expect((await store.get(key))?.record.value).toEqual(good(2))
  await store.settled()
  expect(repaired).toEqual([peer(1), peer(2)])
})
