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

/** A provider store whose routing does with each announcement what `answer` says, or stores it with one peer. */
function announcer(
  options: Partial<DhtProviderStoreOptions> = {},
  answer: (multihash: Uint8Array, signal: AbortSignal | undefined) => AsyncIterable<RoutingAck> = () =>
    routingOf({ acks: [stored] }).put(content(0), content(0))
) {
  const time = new FakeTimers(0n)
  const announced: { readonly last: number | undefined; readonly at: bigint }[] = []
  const sleeps: number[] = []
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
      sleeps.push(delay)
      return time.setTimer(run, delay)
    },
    ...options
  })
  return { store, time, announced, sleeps }
}

/** An announcement that gets these acknowledgements, and then goes wrong as told. */
const saying = (...parts: readonly (RoutingAck | Promise<never> | Error)[]) =>
  async function* (): AsyncGenerator<RoutingAck> {
    for (const part of parts) {
      if (part instanceof Error) throw part
      yield await part
    }
  }

test('an announcement counts each peer once, and one that took it after all as one that has it', async () => {
  const acks: readonly RoutingAck[] = [
    { from: peer(1), status: 'refused' },
    { from: peer(1), status: 'stored' },
    { from: peer(1), status: 'timeout' },
    { from: peer(2), status: 'refused' },
    { from: peer(2), status: 'timeout' }
  ]
  const { store, time } = announcer({}, saying(...acks))
  expect(await store.addProvider(content(1))).toEqual({
    copies: { asked: 1, reached: 1 },
    peers: [acks[1], acks[4]]
  })
  expect(time.pending).toBe(0)
})

test('below the copies asked for, what went wrong is the cause', async () => {
  const { store } = announcer({ copies: 2 }, saying(stored, new Error('away')))
  await expect(store.addProvider(content(1))).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    details: { copies: { asked: 2, reached: 1 }, peers: [stored] },
    cause: { message: 'away' }
  })
})

test.for([undefined, 2000])('with a deadline of %s ms an announcement ends then, with what there is', async (said) => {
  let told: AbortSignal | undefined
  const { store, time } = announcer(said === undefined ? {} : { timeout: said }, (_multihash, signal) => {
    told = signal
    return saying(stored, silence)()
  })
  const adding = store.addProvider(content(1))
  await time.advance(BigInt(said ?? 30_000) * (second / 1000n) - 1n)
  expect(told?.aborted).toBe(false)
  await time.advance(1n)
  expect((await adding).copies).toEqual({ asked: 1, reached: 1 })
  expect(told?.aborted).toBe(true)
  expect(time.pending).toBe(0)
})

test('an announcement that is aborted before it begins is none', async () => {
  const { store, announced } = announcer()
  const reason = new Error('enough')
  await expect(store.addProvider(content(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(announced).toEqual([])
  expect(store.provided).toEqual([])
})

test("one that is aborted under way throws the signal's own reason, and is tried again", async () => {
  const { store } = announcer({}, saying(stored, silence))
  const controller = new AbortController()
  const adding = store.addProvider(content(1), { signal: controller.signal })
  await flushMicrotasks()
  const reason = new Error('enough')
  controller.abort(reason)
  await expect(adding).rejects.toBe(reason)
  expect(store.provided).toEqual([{ multihash: content(1), next: minute, failures: 1 }])
})

test('a routing that provides nothing says so', async () => {
  const store = new DhtProviderStore({ routing: routingOf({}) })
  await expect(store.addProvider(content(1))).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
})

test('a content is announced once, however often it is added, and from bytes of its own', async () => {
  const { store, time, announced } = announcer()
  const given = content(1)
  await store.addProvider(given)
  await store.addProvider(content(1))
  given.fill(9)
  expect(store.provided).toEqual([{ multihash: content(1), next: 22n * hour, failures: 0 }])
  store.start()
  await time.advance(22n * hour)
  expect(announced.map(({ last }) => last)).toEqual([1, 1, 1])
})

test('each failure doubles the wait, to 2^10 minutes, and a success ends that', async () => {
  let fails = true
  const { store, time, announced } = announcer({}, () => saying(fails ? { ...stored, status: 'refused' } : stored)())
  store.start()
  await expect(store.addProvider(content(1))).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
  await time.advance(70n * hour)
  const waits = announced.slice(1).map(({ at }, index) => (at - (announced[index]?.at ?? 0n)) / minute)
  expect(waits).toEqual([1n, 2n, 4n, 8n, 16n, 32n, 64n, 128n, 256n, 512n, 1024n, 1024n, 1024n])
  fails = false
  await time.advance(18n * hour)
  expect(store.provided[0]?.failures).toBe(0)
  store.stop()
})

test('nothing waits longer than between two announcements', async () => {
  const { store, time, announced } = announcer({ republish: 3n * minute }, saying({ ...stored, status: 'refused' }))
  store.start()
  await expect(store.addProvider(content(1))).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
  await time.advance(12n * minute)
  expect(announced.map(({ at }) => at / minute)).toEqual([0n, 1n, 3n, 6n, 9n, 12n])
})

test('a content that fails stops no other', async () => {
  const { store, time, announced } = announcer({ republish: hour }, (multihash) =>
    multihash[2] === 1 ? saying(new Error('away'))() : saying(stored)()
  )
  await expect(store.addProvider(content(1))).rejects.toMatchObject({ cause: { message: 'away' } })
  await store.addProvider(content(2))
  await time.advance(hour)
  announced.length = 0
  store.start()
  await time.advance(0n)
  expect(announced.map(({ last }) => last)).toEqual([1, 2])
  expect(store.provided.map(({ failures }) => failures)).toEqual([2, 0])
})

test('of what is due at once, 4 are announced at a time, each once', async () => {
  const numbers = Array.from({ length: 40 }, (_, number) => number)
  let [running, most] = [0, 0]
  const { store, time, announced } = announcer({ republish: hour }, async function* () {
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
  store.start()
  await time.advance(12n * second)
  expect(most).toBe(4)
  expect(announced.map(({ last }) => last)).toEqual(numbers)
  await time.advance(hour + minute)
  expect(announced).toHaveLength(80)
  expect(most).toBe(4)
})

test('sleeps until the next announcement, a minute at most, and not at all where one is due', async () => {
  const { store, time, sleeps } = announcer({ republish: 90n * second })
  await store.addProvider(content(1))
  await time.advance(50n * second)
  await store.addProvider(content(2))
  sleeps.length = 0
  store.start()
  expect(sleeps).toEqual([40_000])
  store.stop()
  await time.advance(50n * second)
  sleeps.length = 0
  store.start()
  expect(sleeps).toEqual([0])
  expect(time.pending).toBe(1)
  await time.advance(0n)
  expect(sleeps[1]).toBe(30_000)
  expect(sleeps.at(-1)).toBe(40_000)
  await store.addProvider(content(2))
  store.removeProvider(content(2))
  await store.addProvider(content(1))
  expect(sleeps.at(-1)).toBe(60_000)
  expect(time.pending).toBe(1)
})

test('starts once, stops at once, and may start again', async () => {
  const { store, time, announced } = announcer({ republish: hour })
  store.stop()
  await store.addProvider(content(1))
  store.start()
  store.start()
  expect(time.pending).toBe(1)
  store.stop()
  expect(time.pending).toBe(0)
  await time.advance(2n * hour)
  expect(announced).toHaveLength(1)
  store.start()
  await time.advance(0n)
  expect(announced).toHaveLength(2)
  store.stop()
  store.stop()
})

test('a stop in the middle of a round leaves the rest of it undone', async () => {
  const { store, time, announced } = announcer({ republish: hour }, (multihash) => {
    if (time.now > 0n && multihash[2] === 1) store.stop()
    return saying(stored)()
  })
  await store.addProvider(content(1))
  await store.addProvider(content(2))
  store.start()
  await time.advance(3n * hour)
  expect(announced.map(({ last }) => last)).toEqual([1, 2, 1])
  expect(time.pending).toBe(0)
})

test('with nothing to announce no timer is set', () => {
  const { store, time } = announcer()
  store.start()
  expect(time.pending).toBe(0)
})

test('removing says whether there was something to remove', async () => {
  const { store } = announcer()
  await store.addProvider(content(1))
  expect(store.removeProvider(content(2))).toBe(false)
  expect(store.removeProvider(content(1))).toBe(true)
  expect(store.removeProvider(content(1))).toBe(false)
  expect(store.provided).toEqual([])
  expect(() => store.removeProvider(new Uint8Array(81))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
})

test('what cannot be said signed is not announced, and is tried again', async () => {
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
      get: async () => undefined
    }
  })
  await expect(store.addProvider(content(1))).rejects.toBe(failure)
  expect(signals).toEqual([expect.any(AbortSignal)])
  expect(announced).toEqual([])
  expect(store.provided.map(({ multihash, failures }) => [mapKey(multihash), failures])).toEqual([
    [mapKey(content(1)), 1]
  ])
})
