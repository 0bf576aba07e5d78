import { encodeProviderAddresses, parsePeerId } from '@recordkit/record-codec'
import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { RecordError } from '@recordkit/record-types'
import { second } from '@recordkit/testing'
import type { AbortOptions, PeerId, Provider } from '@recordkit/record-types'
import { DhtProviderStore } from '@recordkit/store-dht'
import type { DhtProviderStoreOptions } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { peer } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

const hour = 3600n * second
const content = (number: number): Uint8Array => Uint8Array.of(0x12, 1, number)
const provider = (number: number, ...addresses: readonly number[]): Provider => ({
  id: peer(number),
  addresses: addresses.map((address) => Uint8Array.of(address))
})

type Said = readonly (Provider | Promise<never> | Error)[]

/** A provider store whose routing finds what `state.says` says at the time. */
function finder(says: Said, options: Partial<DhtProviderStoreOptions> = {}) {
  const time = new FakeTimers(0n)
  const state = { says, pulled: 0, signal: undefined as AbortSignal | undefined }
  const routing = {
    ...routingOf({}),
    async *findProviders(_multihash: Uint8Array, { signal }: AbortOptions = {}) {
      state.signal = signal
      for (const item of state.says) {
        state.pulled++
        if (item instanceof Error) throw item
        yield await item
      }
    }
  }
  const store = new DhtProviderStore({ routing, clock: time.clock, setTimer: time.setTimer, ...options })
  return { store, time, state }
}

const ids = (found: readonly Provider[]): PeerId[] => found.map(({ id }) => id)

test('asking ends at the number of distinct providers that is kept', async () => {
  const { store, state, time } = finder(
    [1, 2, 2, 3, 4, 5].map((number) => provider(number)),
    { perKey: 3 }
  )
  expect(ids(await store.getProviders(content(1)))).toEqual([3, 2, 1].map(peer))
  expect(state.pulled).toBe(4)
  expect(time.pending).toBe(0)
})

test('of those heard of, the ones heard of last stay and come first', async () => {
  const { store, state } = finder(
    [1, 2, 3].map((number) => provider(number)),
    { perKey: 3 }
  )
  await store.getProviders(content(1))
  state.says = [provider(1), provider(4)]
  expect(ids(await store.getProviders(content(1)))).toEqual([4, 1, 3].map(peer))
})

test('contents are forgotten beyond their number, the ones heard of least lately first', async () => {
  const { store } = finder([provider(1)], { keys: 2 })
  for (const number of [1, 2, 1, 3]) await store.getProviders(content(number))
  const known = async (number: number): Promise<number> =>
    (await store.getProviders(content(number), { offline: true })).length
  expect([await known(1), await known(2), await known(3)]).toEqual([1, 0, 1])
})

test('1024 contents are remembered where nothing else is said', async () => {
  const { store } = finder([provider(1)])
  const contentAt = (number: number): Uint8Array => Uint8Array.of(0x12, 2, number >> 8, number & 0xff)
  for (let number = 0; number < 1025; number++) await store.getProviders(contentAt(number))
  expect(await store.getProviders(contentAt(0), { offline: true })).toEqual([])
  expect(await store.getProviders(contentAt(1), { offline: true })).toHaveLength(1)
})

test('a provider that is named without addresses keeps those it had, for as long as they are theirs', async () => {
  const { store, state, time } = finder([provider(1, 7)])
  await store.getProviders(content(1))
  state.says = [provider(1)]
  await time.advance(20n * hour)
  expect(await store.getProviders(content(1))).toEqual([{ ...provider(1, 7), signed: false }])
  await time.advance(4n * hour)
  expect(await store.getProviders(content(1))).toEqual([{ ...provider(1, 7), signed: false }])
  await time.advance(1n)
  expect(await store.getProviders(content(1))).toEqual([{ ...provider(1), signed: false }])
  state.says = [provider(1, 8)]
  expect(await store.getProviders(content(1))).toEqual([{ ...provider(1, 8), signed: false }])
})

test('how long providers and addresses are remembered may be said', async () => {
  const { store, state, time } = finder([provider(1, 7)], { validity: 4n, addressAge: 2n })
  await store.getProviders(content(1))
  state.says = []
  const known = async (): Promise<Provider[]> => store.getProviders(content(1), { offline: true })
  await time.advance(2n)
  expect(await known()).toMatchObject([provider(1, 7)])
  await time.advance(1n)
  expect(await known()).toMatchObject([{ addresses: [] }])
  await time.advance(1n)
  expect(await known()).toHaveLength(1)
  await time.advance(1n)
  expect(await known()).toEqual([])
})

test('offline touches no network, and knowing nobody then is no error', async () => {
  const { store, state } = finder([new Error('away')])
  expect(await store.getProviders(content(1), { offline: true })).toEqual([])
  expect(state.pulled).toBe(0)
})

test('where the network fails, those known are the answer', async () => {
  const { store, state } = finder([provider(1)])
  await store.getProviders(content(1))
  for (const failure of [new Error('away'), new RecordError('NO_PEERS', 'nobody')]) {
    state.says = [provider(2), failure]
    expect(ids(await store.getProviders(content(1)))).toEqual([2, 1].map(peer))
  }
})

test('a routing that finds nobody for want of asking says why', async () => {
  const nobody = new RecordError('NO_PEERS', 'nobody')
  await expect(finder([nobody]).store.getProviders(content(1))).rejects.toMatchObject({
    code: 'NO_PEERS',
    cause: nobody
  })
  await expect(new DhtProviderStore({ routing: routingOf({}) }).getProviders(content(1))).rejects.toMatchObject({
    code: 'ROUTING_FAILED',
    cause: { message: 'this routing finds no providers' }
  })
})

test.for([
  [undefined, undefined, 30_000n],
  [4000, undefined, 4000n],
  [4000, 1000, 1000n]
] as const)('with %s ms in general and %s for the call, the answer is what was found by %i ms', async (row) => {
  const [general, timeout, milliseconds] = row
  const { store, time, state } = finder([provider(1), silence], general === undefined ? {} : { timeout: general })
  let found: readonly Provider[] | undefined
  store.getProviders(content(1), timeout === undefined ? {} : { timeout }).then(
    (providers) => (found = providers),
    () => undefined
  )
  await time.advance(milliseconds * (second / 1000n) - 1n)
  expect(found).toBeUndefined()
  expect(state.signal?.aborted).toBe(false)
  await time.advance(1n)
  expect(found).toMatchObject([{ id: peer(1) }])
  expect(state.signal?.aborted).toBe(true)
  expect(time.pending).toBe(0)
})

test('the last tenth of the time, a second at most, is for what providers have signed', async () => {
  const id = parsePeerId('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA')
  for (const [timeout, searching] of [
    [30_000, 29_000n],
    [1000, 900n]
  ] as const) {
    const { store, time } = finder([{ id, addresses: [] }, silence], {
      timeout,
      signed: {
        self: id,
        addresses: () => [],
        put: async () => undefined,
        get: async (_key: Uint8Array, { signal }: AbortOptions = {}) => {
          signal?.throwIfAborted()
          return encodeProviderAddresses([Uint8Array.of(4, 127, 0, 0, 1)])
        }
      }
    })
    const finding = store.getProviders(content(1))
    await time.advance(searching * (second / 1000n))
    expect(await finding).toMatchObject([{ id, signed: true }])
    expect(time.pending).toBe(0)
  }
})

test('a search that cannot be told to stop ends at the deadline as well', async () => {
  const time = new FakeTimers()
  const routing = {
    ...routingOf({}),
    findProviders: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => silence }) })
  }
  const finding = new DhtProviderStore({ routing, setTimer: time.setTimer }).getProviders(content(1))
  await time.advance(30n * second)
  expect(await finding).toEqual([])
})

test('a search that fails as it is told to stop at the deadline is none that could not be asked', async () => {
  const time = new FakeTimers()
  const routing = {
    ...routingOf({}),
    // listens before it is asked for its first provider
    findProviders(_multihash: Uint8Array, { signal }: AbortOptions = {}) {
      const stopped = new Promise<never>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('told to stop')))
      })
      return { [Symbol.asyncIterator]: () => ({ next: () => stopped }) }
    }
  }
  const finding = new DhtProviderStore({ routing, setTimer: time.setTimer }).getProviders(content(1))
  await time.advance(30n * second)
  expect(await finding).toEqual([])
})

test("an aborted search throws the signal's own reason, before it begins and under way", async () => {
  const { store, state, time } = finder([provider(1), silence])
  const reason = new Error('enough')
  await expect(store.getProviders(content(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(state.pulled).toBe(0)
  const controller = new AbortController()
  const finding = store.getProviders(content(1), { signal: controller.signal })
  await flushMicrotasks()
  controller.abort(reason)
  await expect(finding).rejects.toBe(reason)
  expect(time.pending).toBe(0)
})

test('a claim that cannot be confirmed stays a claim, and offline none is', async () => {
  const self = parsePeerId('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA')
  const found = [1, 2, 3].map((number) => ({
    ...provider(0, number),
    id: Uint8Array.of(...self.subarray(0, -1), number)
  }))
  const answers = [async () => undefined, async () => Promise.reject(new Error('away')), async () => Uint8Array.of(255)]
  const signals: unknown[] = []
  const { store } = finder([...found, provider(4, 4)], {
    signed: {
      self,
      addresses: () => [],
      put: async () => undefined,
      async get(_key: Uint8Array, { signal }: AbortOptions = {}) {
        return answers[signals.push(signal) - 1]?.()
      }
    }
  })
  const claims = [provider(4, 4), ...found.toReversed()].map((claim) => ({ ...claim, signed: false }))
  expect(await store.getProviders(content(1))).toEqual(claims)
  expect(signals).toEqual([1, 2, 3].map(() => expect.any(AbortSignal)))
  expect(await store.getProviders(content(1), { offline: true })).toEqual(claims)
  expect(signals).toHaveLength(3)
})
