import { FakeTimers } from '@recordkit/record-conformance'
import { RecordError } from '@recordkit/record-types'
import { second } from '@recordkit/testing'
import type { UnverifiedRecord } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

test('answers the best valid record when everybody was asked', async () => {
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
  expect(found?.quorum).toBe(false)
})

test('stops asking at the quorum of valid answers from distinct peers', async () => {
  const answers = [1, 1, 2, 3, 4, 5].map((number) => ({ from: peer(number), value: good(1) }))
  const routing = routingOf({ answers })
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 3 }).get(key)
  expect(found?.quorum).toBe(true)
  expect(found?.valid).toBe(3)
  expect(routing.pulled).toBe(4)
  expect(routing.returned).toBe(true)
})

test('a forged answer does not count for the quorum, is reported and costs one signature', async () => {
  const engine = new ToyEngine()
  const answers = [
    { from: peer(1), value: forged(9) },
    { from: peer(2), value: good(1) },
    { from: peer(3), value: good(1) }
  ]
  const found = await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 3 }).get(key)
  expect(found?.record.value).toEqual(good(1))
  expect(found?.quorum).toBe(false)
  expect(found?.refused.map(({ from, refusal }) => [from, refusal.code])).toEqual([[peer(1), 'SIGNATURE_INVALID']])
  expect(engine.verified).toBe(2)
})

test('twenty identical answers cost one signature', async () => {
  const engine = new ToyEngine()
  const answers = Array.from({ length: 20 }, (_, number) => ({ from: peer(number), value: good(1) }))
  await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 20 }).get(key)
  expect(engine.verified).toBe(1)
})

test('a peer counts once, with its first answer', async () => {
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

test('the local copy counts as one of the quorum', async () => {
  const engine = new ToyEngine()
  const routing = routingOf({
    answers: [
      { from: peer(1), value: good(1) },
      { from: peer(2), value: good(1) }
    ]
  })
  const local = engine.parse(key, good(1)) as UnverifiedRecord
  const found = await new DhtRecordStore({ routing, engine, quorum: 2 }).get(key, { local })
  expect(found?.quorum).toBe(true)
  expect(routing.pulled).toBe(1)
})

test('a better local copy wins over what peers have', async () => {
  const engine = new ToyEngine()
  const local = engine.parse(key, good(7)) as UnverifiedRecord
  const routing = routingOf({ answers: [{ from: peer(1), value: good(1) }] })
  const found = await new DhtRecordStore({ routing, engine }).get(key, { local })
  expect(found?.record.value).toEqual(good(7))
  expect(found?.from).toEqual([])
})

test('errors of single peers, and of the stream once a value is there, never end a read', async () => {
  const answers = [
    { from: peer(1), error: new Error('reset') },
    { from: peer(2), value: good(1) },
    { error: new Error('lost') }
  ]
  const routing = routingOf({ answers, fails: new Error('a correction was refused') })
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key)
  expect(found?.record.value).toEqual(good(1))
})

test('a miss is undefined: peers answered and none had a valid record', async () => {
  const routing = routingOf({ answers: [{ from: peer(1) }, { from: peer(2), value: forged(1) }] })
  expect(await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key)).toBeUndefined()
})

test('not being able to ask is an error, and not a miss', async () => {
  const engine = new ToyEngine()
  const away = new DhtRecordStore({ routing: routingOf({ fails: new Error('away') }), engine })
  await expect(away.get(key)).rejects.toMatchObject({ code: 'ROUTING_FAILED', cause: { message: 'away' } })
  const alone = new DhtRecordStore({ routing: routingOf({}), engine })
  await expect(alone.get(key)).rejects.toMatchObject({ code: 'NO_PEERS' })
  const nobody = new RecordError('NO_PEERS', 'nobody')
  const empty = new DhtRecordStore({ routing: routingOf({ fails: nobody }), engine })
  await expect(empty.get(key)).rejects.toMatchObject({ code: 'NO_PEERS', cause: nobody })
})

test('answers the best so far at the deadline', async () => {
  const timer = new FakeTimers()
  const routing = routingOf({ answers: [{ from: peer(1), value: good(1) }, silence] })
  const reading = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: timer.setTimer }).get(key)
  while (routing.pulled < 2) await Promise.resolve()
  await timer.advance(30n * second)
  expect((await reading)?.record.value).toEqual(good(1))
  expect(timer.pending).toBe(0)
})

test('says so when nobody answered before the deadline', async () => {
  const timer = new FakeTimers()
  const routing = routingOf({ answers: [silence] })
  const reading = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: timer.setTimer }).get(key, {
    timeout: 5
  })
  while (routing.pulled < 1) await Promise.resolve()
  await timer.advance(second / 200n)
  await expect(reading).rejects.toMatchObject({ code: 'TIMEOUT' })
})

test("an aborted read throws the signal's own reason", async () => {
  const routing = routingOf({ answers: [{ from: peer(1), value: good(1) }, silence] })
  const controller = new AbortController()
  const reading = new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key, { signal: controller.signal })
  const reason = new Error('not interested any more')
  while (routing.pulled < 2) await Promise.resolve()
  controller.abort(reason)
  await expect(reading).rejects.toBe(reason)
})

test('repairs stale holders afterwards, a bounded number, and a refused repair is nobody’s concern', async () => {
  const repaired: Uint8Array[] = []
  const routing = routingOf({
    answers: [1, 2, 3, 4].map((number) => ({ from: peer(number), value: good(number === 4 ? 2 : 1) })),
    putTo: async (to, _key, value) => {
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
