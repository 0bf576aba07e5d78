import { parsePeerId } from '@recordkit/record-codec'
import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { mapKey } from '@recordkit/record-types/internal'
import { RecordError } from '@recordkit/record-types'
import { second } from '@recordkit/testing'
import type { AbortOptions, RecordRouting, RoutingAck } from '@recordkit/record-types'
import { DhtProviderStore } from '@recordkit/store-dht'
import type { DhtProviderStoreOptions } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { peer } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

const minute = 60n * second
const hour = 60n * minute
const content = (number: number): Uint8Array => Uint8Array.of(0x12, 1, number)
const stored: RoutingAck = { from: peer(1), status: 'stored' }

/** A provider store whose routing answers each announcement with `answer`: by default one peer acknowledges it. */
function announcer(
  options: Partial<DhtProviderStoreOptions> = {},
  answer: (multihash: Uint8Array, signal: AbortSignal | undefined) => AsyncIterable<RoutingAck> = () =>
    routingOf({ acks: [stored] }).put(content(0), content(0))
) {
  const time = new FakeTimers(0n)
  const announced: { readonly last: number | undefined; readonly at: bigint }[] = []
  const delays: number[] = []
  const routing: RecordRouting = {
    ...routingOf({}),
    provide(multihash, { signal } = {}) {
      announced.push({ last: multihash[2], at: time.now })
      return answer(multihash, signal)
    }
  }
  const store = new DhtProviderStore({
    routing,
    clock: time.clock,
    setTimer(run, delay) {
      delays.push(delay)
      return time.setTimer(run, delay)
    },
    ...options
  })
  return { store, time, announced, delays }
}

/** The acknowledgements of an announcement, which throws the errors among them. */
const answerWith = (...parts: readonly (RoutingAck | Promise<never> | Error)[]) =>
  async function* (): AsyncGenerator<RoutingAck> {
    for (const part of parts) {
      if (part instanceof Error) throw part
      yield await part
    }
  }

test('an announcement counts each peer once, as acknowledged when one of its results is', async () => {
  const acks: readonly RoutingAck[] = [
    { from: peer(1), status: 'refused' },
    { from: peer(1), status: 'stored' },
    { from: peer(1), status: 'timeout' },
    { from: peer(2), status: 'refused' },
    { from: peer(2), status: 'timeout' }
  ]
  const { store, time } = announcer({}, answerWith(...acks))
  expect(await store.addProvider(content(1))).toEqual({
    copies: { requested: 1, reached: 1 },
    peers: [acks[1], acks[4]]
  })
  expect(time.pending).toBe(0)
})

test('an announcement with fewer copies than asked for fails with the error of the network as cause', async () => {
  const { store } = announcer({ copies: 2 }, answerWith(stored, new Error('offline')))
  await expect(store.addProvider(content(1))).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    details: { copies: { requested: 2, reached: 1 }, peers: [stored] },
    cause: { message: 'offline' }
  })
})

test.for([undefined, 2000])(
  'an announcement with a timeout of %s ms ends then with the copies so far',
  async (timeout) => {
    let received: AbortSignal | undefined
    const { store, time } = announcer({ timeout }, (_multihash, signal) => {
      received = signal
      return answerWith(stored, silence)()
    })
    const adding = store.addProvider(content(1))
    await time.advance(BigInt(timeout ?? 30_000) * (second / 1000n) - 1n)
    expect(received?.aborted).toBe(false)
    await time.advance(1n)
    expect((await adding).copies).toEqual({ requested: 1, reached: 1 })
    expect(received?.aborted).toBe(true)
    expect(time.pending).toBe(0)
  }
)

test('addProvider with an aborted signal announces nothing and adds nothing', async () => {
  const { store, announced } = announcer()
  const reason = new Error('aborted')
  await expect(store.addProvider(content(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(announced).toEqual([])
  expect(store.provided).toEqual([])
})

test('an announcement that is aborted while it runs rejects with the reason of its signal, and is repeated', async () => {
  const { store } = announcer({}, answerWith(stored, silence))
  const controller = new AbortController()
  const adding = store.addProvider(content(1), { signal: controller.signal })
  await flushMicrotasks()
  const reason = new Error('aborted')
  controller.abort(reason)
  await expect(adding).rejects.toBe(reason)
  expect(store.provided).toEqual([{ multihash: content(1), next: minute, failures: 1 }])
})

test('addProvider fails with ROUTING_FAILED when the routing cannot announce providers', async () => {
  const store = new DhtProviderStore({ routing: routingOf({}) })
  await expect(store.addProvider(content(1))).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
})

test('a multihash that is added twice is repeated once, from a copy of its bytes', async () => {
  const { store, time, announced } = announcer()
  const bytes = content(1)
  await store.addProvider(bytes)
  await store.addProvider(content(1))
  bytes.fill(9)
  expect(store.provided).toEqual([{ multihash: content(1), next: 22n * hour, failures: 0 }])
  void store.start()
  await time.advance(22n * hour)
  expect(announced.map(({ last }) => last)).toEqual([1, 1, 1])
})

test('each failure doubles the back-off, up to 2^10 minutes, and a success ends it', async () => {
  let fails = true
  const { store, time, announced } = announcer({}, () =>
    answerWith(fails ? { ...stored, status: 'refused' } : stored)()
  )
  void store.start()
  await expect(store.addProvider(content(1))).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
  await time.advance(70n * hour)
  const waits = announced.slice(1).map(({ at }, index) => (at - (announced[index]?.at ?? 0n)) / minute)
  expect(waits).toEqual([1n, 2n, 4n, 8n, 16n, 32n, 64n, 128n, 256n, 512n, 1024n, 1024n, 1024n])
  fails = false
  await time.advance(18n * hour)
  expect(store.provided[0]?.failures).toBe(0)
  void store.stop()
})

test('the failures of a multihash are counted across calls of addProvider', async () => {
  const { store } = announcer({}, answerWith({ ...stored, status: 'refused' }))
  for (const failures of [1, 2, 3]) {
    await expect(store.addProvider(content(1))).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
    expect(store.provided).toEqual([{ multihash: content(1), next: minute << BigInt(failures - 1), failures }])
  }
})

test('the back-off is never longer than the interval between announcements', async () => {
  const { store, time, announced } = announcer(
    { republishInterval: 180_000 },
    answerWith({ ...stored, status: 'refused' })
  )
  void store.start()
  await expect(store.addProvider(content(1))).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
  await time.advance(12n * minute)
  expect(announced.map(({ at }) => at / minute)).toEqual([0n, 1n, 3n, 6n, 9n, 12n])
})

test('a multihash whose announcement fails does not delay another', async () => {
  const { store, time, announced } = announcer({ republishInterval: 3_600_000 }, (multihash) =>
    multihash[2] === 1 ? answerWith(new Error('offline'))() : answerWith(stored)()
  )
  await expect(store.addProvider(content(1))).rejects.toMatchObject({ cause: { message: 'offline' } })
  await store.addProvider(content(2))
  await time.advance(hour)
  announced.length = 0
  void store.start()
  await time.advance(0n)
  expect(announced.map(({ last }) => last)).toEqual([1, 2])
  expect(store.provided.map(({ failures }) => failures)).toEqual([2, 0])
})

test('at most 4 announcements run at a time, each multihash once, in the order in which they are due', async () => {
  const numbers = Array.from({ length: 40 }, (_, number) => number)
  let [running, most] = [0, 0]
  const { store, time, announced } = announcer({ republishInterval: 3_600_000 }, async function* () {
    most = Math.max(most, ++running)
    await new Promise((resolve) => time.setTimer(() => resolve(undefined), 1000))
    running--
    yield stored
  })
  for (const number of numbers) {
    const adding = store.addProvider(content(number))
    await time.advance(second)
    await adding
  }
  await time.advance(hour)
  announced.length = 0
  most = 0
  void store.start()
  await time.advance(12n * second)
  expect(most).toBe(4)
  expect(announced.map(({ last }) => last)).toEqual(numbers)
  await time.advance(hour + minute)
  expect(announced).toHaveLength(80)
  expect(most).toBe(4)
})

test('a timer runs until the next announcement, for at most a minute, and what is due is announced immediately', async () => {
  const { store, time, announced, delays } = announcer({ republishInterval: 90_000 })
  await store.addProvider(content(1))
  await time.advance(50n * second)
  await store.addProvider(content(2))
  delays.length = 0
  void store.start()
  expect(delays).toEqual([40_000])
  void store.stop()
  await time.advance(50n * second)
  delays.length = 0
  void store.start()
  await time.advance(0n)
  expect(announced.slice(2)).toEqual([{ last: 1, at: 100n * second }])
  // the timeout of the announcement, then the timer until the second multihash is due
  expect(delays[0]).toBe(30_000)
  expect(delays.at(-1)).toBe(40_000)
  expect(time.pending).toBe(1)
  await store.addProvider(content(2))
  await store.removeProvider(content(2))
  await store.addProvider(content(1))
  expect(delays.at(-1)).toBe(60_000)
  expect(time.pending).toBe(1)
})

test('a store can be started twice, stopped, and started again', async () => {
  const { store, time, announced } = announcer({ republishInterval: 3_600_000 })
  void store.stop()
  await store.addProvider(content(1))
  void store.start()
  void store.start()
  expect(time.pending).toBe(1)
  void store.stop()
  expect(time.pending).toBe(0)
  await time.advance(2n * hour)
  expect(announced).toHaveLength(1)
  void store.start()
  await time.advance(0n)
  expect(announced).toHaveLength(2)
  void store.stop()
  void store.stop()
})

test('a store that is stopped during announcements starts no others', async () => {
  const { store, time, announced } = announcer({ republishInterval: 3_600_000 }, (multihash) => {
    if (time.now > hour && multihash[2] === 1) void store.stop()
    return answerWith(stored)()
  })
  for (const number of [1, 2, 3, 4, 5, 6]) {
    await store.addProvider(content(number))
    await time.advance(second)
  }
  await time.advance(2n * hour)
  announced.length = 0
  void store.start()
  await time.advance(3n * hour)
  expect(announced.map(({ last }) => last)).toEqual([1, 2, 3, 4])
  expect(time.pending).toBe(0)
})

test('a store without multihashes sets no timer', () => {
  const { store, time } = announcer()
  void store.start()
  expect(time.pending).toBe(0)
})

test('removeProvider returns whether the multihash was announced', async () => {
  const { store } = announcer()
  await store.addProvider(content(1))
  expect(await store.removeProvider(content(2))).toBe(false)
  expect(await store.removeProvider(content(1))).toBe(true)
  expect(await store.removeProvider(content(1))).toBe(false)
  expect(store.provided).toEqual([])
})

test('a multihash whose signed record cannot be put is announced without one, and is tried again', async () => {
  const failure = new RecordError('QUOTA_EXCEEDED' as never, 'full')
  const signals: unknown[] = []
  const { store, announced } = announcer({
    signed: {
      self: parsePeerId('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'),
      addresses: () => [],
      async put(_key: Uint8Array, _content: Uint8Array, { signal }: AbortOptions = {}) {
        signals.push(signal)
        throw failure
      },
      get: async () => undefined,
      delete: async () => undefined
    }
  })
  expect(await store.addProvider(content(1))).toMatchObject({ copies: { reached: 1 }, signedError: failure })
  expect(signals).toEqual([expect.any(AbortSignal)])
  expect(announced).toHaveLength(1)
  expect(store.provided.map(({ multihash, failures }) => [mapKey(multihash), failures])).toEqual([
    [mapKey(content(1)), 1]
  ])
})

test('an announcement that reached one of 20 peers succeeds and is repeated after the back-off', async () => {
  const peers = Array.from({ length: 20 }, (_, number) => peer(number))
  let reached = 1
  const { store, time, announced } = announcer({}, () =>
    answerWith(...peers.map((from, index): RoutingAck => ({ from, status: index < reached ? 'stored' : 'timeout' })))()
  )
  expect((await store.addProvider(content(1))).copies.reached).toBe(1)
  expect(store.provided).toMatchObject([{ next: minute, failures: 1 }])
  void store.start()
  reached = 10
  await time.advance(minute)
  expect(announced).toHaveLength(2)
  expect(store.provided).toMatchObject([{ next: minute + 22n * hour, failures: 0 }])
  void store.stop()
})
