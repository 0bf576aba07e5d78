import { encodeProviderAddresses, parsePeerId, providerKey } from '@recordkit/record-codec'
import { mapKey } from '@recordkit/record-types/internal'
import { RecordError } from '@recordkit/record-types'
import type { Provider, RecordRouting, RoutingAck, SetTimer } from '@recordkit/record-types'
import { DhtProviderStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { peer } from './toy-engine.ts'

const hour = 3_600_000_000_000n
const multihash = Uint8Array.of(0x12, 1, 7)
const self = parsePeerId('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA')

/** A routing, a clock and a timer that the test controls. The timers of the timeout, 30 s, never run. */
function controlled(parts: { acks?: readonly RoutingAck[]; providers?: readonly Provider[]; fails?: boolean }) {
  const state = { now: 0n, announced: 0, ...parts }
  let run: (() => void) | undefined
  const setTimer: SetTimer = (next, milliseconds) => {
    if (milliseconds === 30_000) return () => undefined
    run = next
    return () => {
      run = undefined
    }
  }
  const routing: RecordRouting = {
    async *get() {},
    async *put() {},
    async *provide() {
      state.announced++
      yield* state.acks ?? []
    },
    async *findProviders() {
      if (state.fails === true) throw new Error('offline')
      yield* state.providers ?? []
    }
  }
  const runTimer = async (): Promise<void> => {
    run?.()
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  }
  return { state, routing, setTimer, clock: () => state.now, runTimer }
}

test('an announcement is repeated every 22 hours until its multihash is removed', async () => {
  const { state, runTimer, ...parts } = controlled({ acks: [{ from: peer(1), status: 'stored' }] })
  const store = new DhtProviderStore(parts)
  expect((await store.addProvider(multihash)).copies).toEqual({ requested: 1, reached: 1 })
  void store.start()
  state.now = 21n * hour
  await runTimer()
  expect(state.announced).toBe(1)
  state.now = 22n * hour
  await runTimer()
  expect(state.announced).toBe(2)
  expect(store.provided[0]?.next).toBe(44n * hour)
  expect(await store.removeProvider(multihash)).toBe(true)
  state.now = 100n * hour
  await runTimer()
  expect(state.announced).toBe(2)
})

test('an announcement that reaches no peer fails with its receipt, and is repeated after a growing back-off', async () => {
  const { state, runTimer, ...parts } = controlled({ acks: [{ from: peer(1), status: 'refused' }] })
  const store = new DhtProviderStore(parts)
  void store.start()
  await expect(store.addProvider(multihash)).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    details: { copies: { requested: 1, reached: 0 }, peers: [{ status: 'refused' }] }
  })
  expect(store.provided[0]).toMatchObject({ next: hour / 60n, failures: 1 })
  state.now = hour / 60n
  await runTimer()
  expect(state.announced).toBe(2)
  expect(store.provided[0]).toMatchObject({ next: (3n * hour) / 60n, failures: 2 })
  void store.stop()
})

test('announcements are not repeated before the store is started and after it is stopped', async () => {
  const { state, runTimer, ...parts } = controlled({ acks: [{ from: peer(1), status: 'stored' }] })
  const store = new DhtProviderStore(parts)
  await store.addProvider(multihash)
  state.now = 30n * hour
  await runTimer()
  expect(state.announced).toBe(1)
  void store.start()
  void store.stop()
  await runTimer()
  expect(state.announced).toBe(2)
  state.now = 60n * hour
  await runTimer()
  expect(state.announced).toBe(2)
})

test('providers are cached for 48 hours and their addresses for 24 hours', async () => {
  const address = Uint8Array.of(4)
  const { state, runTimer: _runTimer, ...parts } = controlled({ providers: [{ id: peer(1), addresses: [address] }] })
  const store = new DhtProviderStore(parts)
  expect(await store.getProviders(multihash)).toEqual([{ id: peer(1), addresses: [address], signed: false }])
  state.fails = true
  state.now = 24n * hour
  expect((await store.getProviders(multihash))[0]?.addresses).toEqual([address])
  state.now = 24n * hour + 1n
  expect((await store.getProviders(multihash, { offline: true }))[0]?.addresses).toEqual([])
  state.now = 48n * hour
  expect(await store.getProviders(multihash)).toHaveLength(1)
  state.now = 48n * hour + 1n
  expect(await store.getProviders(multihash, { offline: true })).toEqual([])
  await expect(store.getProviders(multihash)).rejects.toMatchObject({
    code: 'ROUTING_FAILED',
    cause: { message: 'offline' }
  })
})

test('a search fails with NO_PEERS when there is no peer to ask', async () => {
  const { state: _state, runTimer: _runTimer, ...parts } = controlled({})
  const routing: RecordRouting = {
    ...parts.routing,
    async *findProviders() {
      yield* []
      throw new RecordError('NO_PEERS', 'no peers')
    }
  }
  await expect(new DhtProviderStore({ ...parts, routing }).getProviders(multihash)).rejects.toMatchObject({
    code: 'NO_PEERS'
  })
})

test('a search returns an empty list when there are no providers', async () => {
  const { state: _state, runTimer: _runTimer, ...parts } = controlled({})
  expect(await new DhtProviderStore(parts).getProviders(multihash)).toEqual([])
})

test('a search returns at most 20 providers of a multihash by default', async () => {
  const providers = Array.from({ length: 50 }, (_, number) => ({ id: peer(number), addresses: [] }))
  const { state: _state, runTimer: _runTimer, ...parts } = controlled({ providers })
  expect(await new DhtProviderStore(parts).getProviders(multihash)).toHaveLength(20)
})

test('a multihash that is not 1 to 80 bytes is an invalid argument', async () => {
  const { state: _state, runTimer: _runTimer, ...parts } = controlled({})
  const store = new DhtProviderStore(parts)
  for (const bad of [new Uint8Array(0), new Uint8Array(81), 'x', undefined]) {
    await expect(store.addProvider(bad as Uint8Array)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(store.getProviders(bad as Uint8Array)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  }
})

test('a search with signed provider records tells which providers have signed', async () => {
  const address = Uint8Array.of(9)
  const other = Uint8Array.from(self, (byte, index) => (index === self.length - 1 ? byte ^ 1 : byte))
  const {
    state: _state,
    runTimer: _runTimer,
    ...parts
  } = controlled({
    acks: [{ from: peer(1), status: 'stored' }],
    providers: [self, other].map((id) => ({ id, addresses: [Uint8Array.of(6)] }))
  })
  const signed = new Map<string, Uint8Array>()
  const store = new DhtProviderStore({
    ...parts,
    signed: {
      self,
      addresses: () => [address],
      put: async (key, content) => signed.set(mapKey(key), content),
      get: async (key) => signed.get(mapKey(key)),
      delete: async (key) => signed.delete(mapKey(key))
    }
  })
  await store.addProvider(multihash)
  expect(signed.get(mapKey(providerKey(multihash, self)))).toEqual(encodeProviderAddresses([address]))
  expect(await store.getProviders(multihash)).toEqual([
    { id: other, addresses: [Uint8Array.of(6)], signed: false },
    { id: self, addresses: [address], signed: true }
  ])
})
