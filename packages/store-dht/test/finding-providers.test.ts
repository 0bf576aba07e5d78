import { encodeProviderAddresses, parsePeerId, peerIdFromDigest, providerKey } from '@recordkit/record-codec'
import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { equalBytes, RecordError } from '@recordkit/record-types'
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

type Script = readonly (Provider | Promise<never> | Error)[]

/** A provider store whose routing finds the providers in `state.script`, and throws the errors in it. */
function finder(script: Script, options: Partial<DhtProviderStoreOptions> = {}) {
  const time = new FakeTimers(0n)
  const state = { script, pulled: 0, signal: undefined as AbortSignal | undefined }
  const routing = {
    ...routingOf({}),
    async *findProviders(_multihash: Uint8Array, { signal }: AbortOptions = {}) {
      state.signal = signal
      for (const item of state.script) {
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

test('a search ends when it has found maxProviders distinct providers', async () => {
  const { store, state, time } = finder(
    [1, 2, 2, 3, 4, 5].map((number) => provider(number)),
    { maxProviders: 3 }
  )
  expect(ids(await store.getProviders(content(1)))).toEqual([3, 2, 1].map(peer))
  expect(state.pulled).toBe(4)
  expect(time.pending).toBe(0)
})

test('the providers found last stay cached, and are returned first', async () => {
  const { store, state } = finder(
    [1, 2, 3].map((number) => provider(number)),
    { maxProviders: 3 }
  )
  await store.getProviders(content(1))
  state.script = [provider(1), provider(4)]
  expect(ids(await store.getProviders(content(1)))).toEqual([4, 1, 3].map(peer))
})

test('the providers of at most maxMultihashes multihashes are cached; those found longest ago are removed first', async () => {
  const { store } = finder([provider(1)], { maxMultihashes: 2 })
  for (const number of [1, 2, 1, 3]) await store.getProviders(content(number))
  const cached = async (number: number): Promise<number> =>
    (await store.getProviders(content(number), { offline: true })).length
  expect([await cached(1), await cached(2), await cached(3)]).toEqual([1, 0, 1])
})

test('the providers of 1024 multihashes are cached by default', async () => {
  const { store } = finder([provider(1)])
  const contentAt = (number: number): Uint8Array => Uint8Array.of(0x12, 2, number >> 8, number & 0xff)
  for (let number = 0; number < 1025; number++) await store.getProviders(contentAt(number))
  expect(await store.getProviders(contentAt(0), { offline: true })).toEqual([])
  expect(await store.getProviders(contentAt(1), { offline: true })).toHaveLength(1)
})

test('a provider that is found without addresses keeps its cached addresses until they are too old', async () => {
  const { store, state, time } = finder([provider(1, 7)])
  await store.getProviders(content(1))
  state.script = [provider(1)]
  await time.advance(20n * hour)
  expect(await store.getProviders(content(1))).toEqual([{ ...provider(1, 7), signed: false }])
  await time.advance(4n * hour)
  expect(await store.getProviders(content(1))).toEqual([{ ...provider(1, 7), signed: false }])
  await time.advance(1n)
  expect(await store.getProviders(content(1))).toEqual([{ ...provider(1), signed: false }])
  state.script = [provider(1, 8)]
  expect(await store.getProviders(content(1))).toEqual([{ ...provider(1, 8), signed: false }])
})

test('providers and addresses are cached for maxProviderAge and maxAddressAge', async () => {
  const { store, state, time } = finder([provider(1, 7)], { maxProviderAge: 4, maxAddressAge: 2 })
  await store.getProviders(content(1))
  state.script = []
  const cached = async (): Promise<Provider[]> => store.getProviders(content(1), { offline: true })
  await time.advance(2_000_000n)
  expect(await cached()).toMatchObject([provider(1, 7)])
  await time.advance(1n)
  expect(await cached()).toMatchObject([{ addresses: [] }])
  await time.advance(1_999_999n)
  expect(await cached()).toHaveLength(1)
  await time.advance(1n)
  expect(await cached()).toEqual([])
})

test('an offline search asks no peer, and returns an empty list when no provider is cached', async () => {
  const { store, state } = finder([new Error('offline')])
  expect(await store.getProviders(content(1), { offline: true })).toEqual([])
  expect(state.pulled).toBe(0)
})

test('a search whose network fails returns the cached providers and those found before the failure', async () => {
  const { store, state } = finder([provider(1)])
  await store.getProviders(content(1))
  for (const failure of [new Error('offline'), new RecordError('NO_PEERS', 'no peers')]) {
    state.script = [provider(2), failure]
    expect(ids(await store.getProviders(content(1)))).toEqual([2, 1].map(peer))
  }
})

test('a search without cached providers fails with NO_PEERS or ROUTING_FAILED when no peer can be asked', async () => {
  const noPeers = new RecordError('NO_PEERS', 'no peers')
  await expect(finder([noPeers]).store.getProviders(content(1))).rejects.toMatchObject({
    code: 'NO_PEERS',
    cause: noPeers
  })
  await expect(new DhtProviderStore({ routing: routingOf({}) }).getProviders(content(1))).rejects.toMatchObject({
    code: 'ROUTING_FAILED',
    cause: { message: 'this routing cannot find providers' }
  })
})

test.for([
  [undefined, undefined, 30_000n],
  [4000, undefined, 4000n],
  [4000, 1000, 1000n]
] as const)(
  'with a timeout of %s ms for the store and of %s ms for the call, a search ends after %i ms',
  async (row) => {
    const [storeTimeout, timeout, milliseconds] = row
    const { store, time, state } = finder([provider(1), silence], { timeout: storeTimeout })
    let found: readonly Provider[] | undefined
    store.getProviders(content(1), { timeout }).then(
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
  }
)

test('the last tenth of the timeout, at most a second, is reserved for reading signed provider records', async () => {
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
        delete: async () => undefined,
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

test('a search that ignores its signal fails with TIMEOUT when the timeout expires without an answer', async () => {
  const time = new FakeTimers()
  const routing = {
    ...routingOf({}),
    findProviders: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => silence }) })
  }
  const finding = new DhtProviderStore({ routing, setTimer: time.setTimer }).getProviders(content(1))
  const outcome = expect(finding).rejects.toMatchObject({ code: 'TIMEOUT' })
  await time.advance(30n * second)
  await outcome
})

test('a search that throws because the timeout expires fails with TIMEOUT', async () => {
  const time = new FakeTimers()
  const routing = {
    ...routingOf({}),
    // listens to the signal before its first provider is requested
    findProviders(_multihash: Uint8Array, { signal }: AbortOptions = {}) {
      const stopped = new Promise<never>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('stopped')))
      })
      return { [Symbol.asyncIterator]: () => ({ next: () => stopped }) }
    }
  }
  const finding = new DhtProviderStore({ routing, setTimer: time.setTimer }).getProviders(content(1))
  const outcome = expect(finding).rejects.toMatchObject({ code: 'TIMEOUT' })
  await time.advance(30n * second)
  await outcome
})

test('an aborted search rejects with the reason of its signal, before it starts and while it runs', async () => {
  const { store, state, time } = finder([provider(1), silence])
  const reason = new Error('aborted')
  await expect(store.getProviders(content(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(state.pulled).toBe(0)
  const controller = new AbortController()
  const finding = store.getProviders(content(1), { signal: controller.signal })
  await flushMicrotasks()
  controller.abort(reason)
  await expect(finding).rejects.toBe(reason)
  expect(time.pending).toBe(0)
})

test('a provider without a valid signed record is unsigned, and an offline search reads no signed records', async () => {
  const self = parsePeerId('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA')
  const found = [1, 2, 3].map((number) => ({
    ...provider(0, number),
    id: Uint8Array.of(...self.subarray(0, -1), number)
  }))
  const answers = [
    async () => undefined,
    async () => Promise.reject(new Error('offline')),
    async () => Uint8Array.of(255)
  ]
  const signals: unknown[] = []
  const { store } = finder([...found, provider(4, 4)], {
    signed: {
      self,
      addresses: () => [],
      put: async () => undefined,
      delete: async () => undefined,
      async get(_key: Uint8Array, { signal }: AbortOptions = {}) {
        return answers[signals.push(signal) - 1]?.()
      }
    }
  })
  const unsigned = [provider(4, 4), ...found.toReversed()].map((unverified) => ({ ...unverified, signed: false }))
  expect(await store.getProviders(content(1))).toEqual(unsigned)
  expect(signals).toEqual([1, 2, 3].map(() => expect.any(AbortSignal)))
  expect(await store.getProviders(content(1), { offline: true })).toEqual(unsigned)
  expect(signals).toHaveLength(3)
})

test('at most 32 addresses of at most 512 bytes of a provider are kept', async () => {
  const small = Uint8Array.of(7)
  const addresses = [new Uint8Array(513), new Uint8Array(512), ...Array.from({ length: 40 }, () => small)]
  const { store } = finder([{ id: peer(1), addresses }])
  const [found] = await store.getProviders(content(1))
  expect(found?.addresses).toEqual([new Uint8Array(512), ...Array.from({ length: 30 }, () => small)])
})

/** Signed provider records by the ID of their provider. */
function signedBy(...numbers: readonly number[]) {
  const looked: number[] = []
  const addresses = encodeProviderAddresses([Uint8Array.of(9)])
  const signed: NonNullable<DhtProviderStoreOptions['signed']> = {
    self: idOf(0),
    addresses: () => [],
    put: async () => undefined,
    delete: async () => undefined,
    get: async (key) => {
      const number = Array.from({ length: 256 }, (_, index) => index).find((index) =>
        equalBytes(key, providerKey(content(1), idOf(index)))
      )
      looked.push(number ?? -1)
      await flushMicrotasks()
      return number !== undefined && numbers.includes(number) ? addresses : undefined
    }
  }
  return { signed, looked }
}

const idOf = (number: number): PeerId => peerIdFromDigest(new Uint8Array(32).fill(number))
const named = (number: number): Provider => ({ id: idOf(number), addresses: [] })
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

test('20 providers that did not sign, named by a malicious peer, do not hide one that did', async () => {
  const { signed } = signedBy(77)
  for (const script of [
    [...range(1, 20), 77, ...range(21, 60)],
    [...range(1, 60), 77]
  ]) {
    const { store } = finder(script.map(named), { signed })
    const providers = await store.getProviders(content(1))
    expect(providers).toHaveLength(20)
    expect(providers.filter((provider) => provider.signed)).toEqual([
      { id: idOf(77), addresses: [Uint8Array.of(9)], signed: true }
    ])
  }
})

test('a provider that signed stays cached when later searches find others that did not', async () => {
  const { signed } = signedBy(77)
  const { store, state } = finder([named(77)], { signed })
  await store.getProviders(content(1))
  for (let search = 0; search < 3; search++) {
    state.script = range(1 + 25 * search, 25 + 25 * search)
      .filter((number) => number !== 77)
      .map(named)
    const providers = await store.getProviders(content(1))
    expect(providers).toHaveLength(20)
    expect(providers.filter((provider) => provider.signed)).toMatchObject([{ id: idOf(77) }])
  }
})

test('a search for signed providers ends when enough have signed, and asks for at most 100', async () => {
  const few = signedBy(1, 2, 3, 4, 5)
  const enough = finder(range(1, 200).map(named), { signed: few.signed, maxProviders: 3 })
  expect((await enough.store.getProviders(content(1))).filter((provider) => provider.signed).length).toBeGreaterThan(2)
  const none = signedBy()
  const flood = finder(range(1, 200).map(named), { signed: none.signed })
  expect(await flood.store.getProviders(content(1))).toHaveLength(20)
  expect(none.looked).toEqual(range(1, 100))
})

test('the oldest of the signed providers is displaced by a later signed one only', async () => {
  const { signed } = signedBy(1, 2, 3, 4)
  const { store, state } = finder([1, 2, 3].map(named), { signed, maxProviders: 3 })
  await store.getProviders(content(1))
  state.script = [9, 4, 8].map(named)
  expect(ids(await store.getProviders(content(1)))).toEqual([4, 3, 2].map(idOf))
})
