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

/** A routing, a clock and a timer, all in hand. */
function hands(parts: { acks?: readonly RoutingAck[]; providers?: readonly Provider[]; fails?: boolean }) {
  const state = { now: 0n, announced: 0, ...parts }
  let run: (() => void) | undefined
  let delay = 0
  const setTimer: SetTimer = (next, milliseconds) => {
    if (milliseconds === 30_000) return () => undefined
    run = next
    delay = milliseconds
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
      if (state.fails === true) throw new Error('away')
      yield* state.providers ?? []
    }
  }
  const ticks = async (): Promise<void> => {
    run?.()
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  }
  return { state, routing, setTimer, clock: () => state.now, ticks, delay: () => delay }
}

test('an announcement is repeated every 22 hours, and not after it was removed', async () => {
  const { state, ticks, ...parts } = hands({ acks: [{ from: peer(1), status: 'stored' }] })
  const store = new DhtProviderStore(parts)
  expect((await store.addProvider(multihash)).copies).toEqual({ asked: 1, reached: 1 })
  store.start()
  state.now = 21n * hour
  await ticks()
  expect(state.announced).toBe(1)
  state.now = 22n * hour
  await ticks()
  expect(state.announced).toBe(2)
  expect(store.provided[0]?.next).toBe(44n * hour)
  expect(store.removeProvider(multihash)).toBe(true)
  state.now = 100n * hour
  await ticks()
  expect(state.announced).toBe(2)
})

test('one that reached nobody fails with its receipt, and is tried again soon, later each time', async () => {
  const { state, ticks, ...parts } = hands({ acks: [{ from: peer(1), status: 'refused' }] })
  const store = new DhtProviderStore(parts)
  store.start()
  await expect(store.addProvider(multihash)).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    details: { copies: { asked: 1, reached: 0 }, peers: [{ status: 'refused' }] }
  })
  expect(store.provided[0]).toMatchObject({ next: hour / 60n, failures: 1 })
  state.now = hour / 60n
  await ticks()
  expect(state.announced).toBe(2)
  expect(store.provided[0]).toMatchObject({ next: (3n * hour) / 60n, failures: 2 })
  store.stop()
})

test('no timer is set before the start and after the stop', async () => {
  const { state, ticks, ...parts } = hands({ acks: [{ from: peer(1), status: 'stored' }] })
  const store = new DhtProviderStore(parts)
  await store.addProvider(multihash)
  state.now = 30n * hour
  await ticks()
  store.start()
  store.stop()
  await ticks()
  expect(state.announced).toBe(1)
})

test('providers are remembered for 48 hours and their addresses for 24', async () => {
  const address = Uint8Array.of(4)
  const { state, ticks: _ticks, ...parts } = hands({ providers: [{ id: peer(1), addresses: [address] }] })
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
    cause: { message: 'away' }
  })
})

test('nobody to ask is an error of its own', async () => {
  const { state: _state, ticks: _ticks, ...parts } = hands({})
  const routing: RecordRouting = {
    ...parts.routing,
    async *findProviders() {
      yield* []
      throw new RecordError('NO_PEERS', 'nobody')
    }
  }
  await expect(new DhtProviderStore({ ...parts, routing }).getProviders(multihash)).rejects.toMatchObject({
    code: 'NO_PEERS'
  })
})

test('nobody having it is no error', async () => {
  const { state: _state, ticks: _ticks, ...parts } = hands({})
  expect(await new DhtProviderStore(parts).getProviders(multihash)).toEqual([])
})

test('at most 20 of one content are kept', async () => {
  const providers = Array.from({ length: 50 }, (_, number) => ({ id: peer(number), addresses: [] }))
  const { state: _state, ticks: _ticks, ...parts } = hands({ providers })
  expect(await new DhtProviderStore(parts).getProviders(multihash)).toHaveLength(20)
})

test('a multihash is at most 80 bytes', async () => {
  const { state: _state, ticks: _ticks, ...parts } = hands({})
  const store = new DhtProviderStore(parts)
  for (const bad of [new Uint8Array(0), new Uint8Array(81), 'x', undefined]) {
    await expect(store.addProvider(bad as Uint8Array)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(store.getProviders(bad as Uint8Array)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  }
})

test('where records are signed, an answer says whether the provider stands by it', async () => {
  const address = Uint8Array.of(9)
  const other = Uint8Array.from(self, (byte, index) => (index === self.length - 1 ? byte ^ 1 : byte))
  const {
    state: _state,
    ticks: _ticks,
    ...parts
  } = hands({
    acks: [{ from: peer(1), status: 'stored' }],
    providers: [self, other].map((id) => ({ id, addresses: [Uint8Array.of(6)] }))
  })
  const held = new Map<string, Uint8Array>()
  const store = new DhtProviderStore({
    ...parts,
    signed: {
      self,
      addresses: () => [address],
      put: async (key, content) => held.set(mapKey(key), content),
      get: async (key) => held.get(mapKey(key))
    }
  })
  await store.addProvider(multihash)
  expect(held.get(mapKey(providerKey(multihash, self)))).toEqual(encodeProviderAddresses([address]))
  expect(await store.getProviders(multihash)).toEqual([
    { id: other, addresses: [Uint8Array.of(6)], signed: false },
    { id: self, addresses: [address], signed: true }
  ])
})
