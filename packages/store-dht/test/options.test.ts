import { FakeTimers } from '@recordkit/record-conformance'
import { second } from '@recordkit/testing'
import { DhtProviderStore, DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

const engine = new ToyEngine()
const multihash = Uint8Array.of(0x12, 1, 7)
const invalid = (option: string): object =>
  expect.objectContaining({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(new RegExp(`^${option} is `)) as string
  }) as object

test.for([
  ['timeout', -1],
  ['timeout', 0],
  ['timeout', Number.NaN],
  ['timeout', 30n],
  ['quorum', 0],
  ['quorum', -1],
  ['quorum', 1.5],
  ['copies', -1],
  ['copies', Number.NaN],
  ['maxRepairs', -1],
  ['maxRepairs', Number.NaN]
] as const)('a DhtRecordStore whose %s is %s is an invalid argument', ([option, value]) => {
  expect(() => new DhtRecordStore({ routing: routingOf({}), engine, [option]: value })).toThrow(invalid(option))
})

test.for([
  ['timeout', -1],
  ['timeout', 0],
  ['timeout', Number.NaN],
  ['copies', -1],
  ['republishInterval', 0],
  ['republishInterval', 3_600_000_000_000n],
  ['maxProviderAge', -1],
  ['maxAddressAge', Number.NaN],
  ['maxProviders', 0],
  ['maxMultihashes', 0]
] as const)('a DhtProviderStore whose %s is %s is an invalid argument', ([option, value]) => {
  expect(() => new DhtProviderStore({ routing: routingOf({}), [option]: value })).toThrow(invalid(option))
})

test('a call with an invalid timeout, quorum or copies rejects naming the option, and asks no peer', async () => {
  const routing = routingOf({ answers: [{ from: peer(1), value: good(1) }] })
  const store = new DhtRecordStore({ routing, engine })
  const providers = new DhtProviderStore({ routing })
  for (const timeout of [-1, 0, Number.NaN]) {
    await expect(store.get(key, { timeout })).rejects.toThrow(invalid('timeout'))
    await expect(store.put(key, good(1), { timeout })).rejects.toThrow(invalid('timeout'))
    await expect(providers.getProviders(multihash, { timeout })).rejects.toThrow(invalid('timeout'))
  }
  await expect(store.get(key, { quorum: 0 })).rejects.toThrow(invalid('quorum'))
  await expect(store.put(key, good(1), { copies: -1 })).rejects.toThrow(invalid('copies'))
  const byKey = new DhtRecordStore({ routing, engine, quorum: () => 0 })
  await expect(byKey.get(key)).rejects.toThrow(invalid('quorum'))
  expect([routing.pulled, routing.puts]).toEqual([0, 0])
})

test('a read and a put with a timeout of Infinity set no timer, and wait for the peers', async () => {
  const time = new FakeTimers()
  const routing = routingOf({
    answers: [{ from: peer(1), value: good(1) }, silence],
    acks: [{ from: peer(1), status: 'stored' }]
  })
  const timeout = Number.POSITIVE_INFINITY
  const store = new DhtRecordStore({ routing, engine, timeout, setTimer: time.setTimer })
  const controller = new AbortController()
  const reading = store.get(key, { signal: controller.signal })
  await time.advance(1_000_000n * second)
  expect([routing.pulled, routing.signal?.aborted, time.pending]).toEqual([2, false, 0])
  const reason = new Error('aborted')
  controller.abort(reason)
  await expect(reading).rejects.toBe(reason)
  expect((await store.put(key, good(1))).copies).toEqual({ requested: 1, reached: 1 })
  expect((await store.get(key, { quorum: 1, timeout }))?.record.value).toEqual(good(1))
})

test('a search and an announcement with a timeout of Infinity set no timer', async () => {
  const time = new FakeTimers()
  const routing = {
    ...routingOf({}),
    async *provide() {
      yield { from: peer(1), status: 'stored' } as const
    },
    async *findProviders() {
      yield { id: peer(1), addresses: [] }
    }
  }
  const store = new DhtProviderStore({ routing, timeout: Number.POSITIVE_INFINITY, setTimer: time.setTimer })
  expect((await store.addProvider(multihash)).copies).toEqual({ requested: 1, reached: 1 })
  expect(await store.getProviders(multihash)).toHaveLength(1)
  expect(time.pending).toBe(0)
})

test('a timeout of more than 24 days does not overflow the timers of the platform', async () => {
  const time = new FakeTimers()
  const delays: number[] = []
  const store = new DhtRecordStore({
    routing: routingOf({ answers: [{ from: peer(1), value: good(1) }] }),
    engine,
    timeout: 2_147_483_648,
    setTimer(run, delay) {
      delays.push(delay)
      return time.setTimer(run, delay)
    }
  })
  await store.get(key)
  expect(delays.every((delay) => delay < 2 ** 31)).toBe(true)
})

test('a store without an engine uses that of the manager it is passed to, and fails with INVALID_ARGUMENT before', async () => {
  const store = new DhtRecordStore({ routing: routingOf({ answers: [{ from: peer(1), value: good(1) }] }) })
  await expect(store.get(key)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(store.put(key, good(1))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  const engine = new ToyEngine()
  store.useEngine(engine)
  store.useEngine(new ToyEngine())
  expect((await store.get(key))?.record.value).toEqual(good(1))
  expect(engine.verified).toBe(1)
})
