import { FakeTimers } from '@recordkit/record-conformance'
import { second } from '@recordkit/testing'
import type { SetTimer } from '@recordkit/record-types'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { KadDht, KadDhtRoutingOptions } from '@recordkit/store-dht/libp2p'
import { expect, test } from 'vitest'
import { good, key, peer } from './toy-engine.ts'

/** A kad-dht without peers, which waits for its first peer until it is aborted. */
function withoutPeers(options: KadDhtRoutingOptions = {}) {
  const time = new FakeTimers()
  const routingTable = { size: 0 }
  let addPeer = (): void => undefined
  const firstPeer = new Promise<void>((resolve) => {
    addPeer = () => {
      routingTable.size = 1
      resolve()
    }
  })
  const wait = async (signal: AbortSignal | undefined): Promise<void> => {
    await Promise.race([
      firstPeer,
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
      })
    ])
  }
  const from = { toMultihash: () => ({ bytes: peer(1) }) }
  const dht = {
    routingTable,
    async *get(_key: Uint8Array, { signal }: { signal?: AbortSignal } = {}) {
      await wait(signal)
      yield { name: 'PEER_RESPONSE', messageName: 'GET_VALUE', from, record: { value: good(1) } }
    },
    async *put(_key: Uint8Array, _value: Uint8Array, { signal }: { signal?: AbortSignal } = {}) {
      await wait(signal)
      yield { name: 'PATH_ENDED' }
    }
  } as unknown as KadDht
  return { time, addPeer: () => addPeer(), routing: kadDhtRouting(dht, { setTimer: time.setTimer, ...options }) }
}

/** The routing of a scripted kad-dht, timers that are counted, and the signals that the kad-dht received. */
function scripted(parts: {
  readonly routingTable?: { readonly size: number }
  get(key: Uint8Array, options?: { signal?: AbortSignal }): AsyncIterable<unknown>
}) {
  const time = Object.assign(new FakeTimers(), { set: 0 })
  const signals: (AbortSignal | undefined)[] = []
  const dht = {
    ...parts,
    get(name: Uint8Array, options: { signal?: AbortSignal } = {}) {
      signals.push(options.signal)
      return parts.get(name, options)
    }
  } as unknown as KadDht
  const setTimer: SetTimer = (run, delay) => {
    time.set++
    return time.setTimer(run, delay)
  }
  return { time, signals, routing: kadDhtRouting(dht, { setTimer }) }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

test('a node without peers fails with NO_PEERS after 5 s by default', async () => {
  const { routing, time } = withoutPeers()
  const errors: unknown[] = []
  const calls = [collect(routing.get(key)), collect(routing.put(key, good(1)))].map((call) =>
    call.catch((error: unknown) => errors.push(error))
  )
  await time.advance(4n * second)
  expect(errors).toEqual([])
  await time.advance(second)
  await Promise.all(calls)
  expect(errors).toMatchObject([{ code: 'NO_PEERS' }, { code: 'NO_PEERS' }])
  expect(time.pending).toBe(0)
})

test('a node that finds its first peer in time is asked', async () => {
  const { routing, time, addPeer } = withoutPeers()
  const asking = collect(routing.get(key))
  await time.advance(3n * second)
  addPeer()
  expect(await asking).toEqual([{ from: peer(1), value: good(1) }])
  expect(time.pending).toBe(0)
})

test('a reader that is slower than the timeout gets the answers of a node that has found a peer', async () => {
  const { routing, time, addPeer } = withoutPeers()
  const answers = routing.get(key)[Symbol.asyncIterator]()
  const first = answers.next()
  addPeer()
  await first
  await time.advance(60n * second)
  expect((await answers.next()).done).toBe(true)
})

test('a get that is aborted while it waits for a peer rejects with the reason of its signal', async () => {
  const { routing, time } = withoutPeers()
  const controller = new AbortController()
  const reason = new Error('aborted')
  const asking = collect(routing.get(key, { signal: controller.signal }))
  await time.advance(second)
  controller.abort(reason)
  await expect(asking).rejects.toBe(reason)
})

test('a node that finds a peer just before the timeout waits for its answer', async () => {
  const time = new FakeTimers()
  const routingTable = { size: 0 }
  const signals: unknown[] = []
  let answer = (): void => undefined
  const later = new Promise<void>((resolve) => (answer = resolve))
  const dht = {
    routingTable,
    async *get(_key: Uint8Array, { signal }: { signal?: AbortSignal } = {}) {
      signals.push(signal?.aborted)
      await later
      signals.push(signal?.aborted)
      yield { name: 'PATH_ENDED' }
    }
  } as unknown as KadDht
  const asking = collect(kadDhtRouting(dht, { setTimer: time.setTimer, firstPeerTimeout: 1000 }).get(key))
  await time.advance(second - 1n)
  routingTable.size = 1
  await time.advance(9n * second)
  answer()
  expect(await asking).toEqual([])
  expect(signals).toEqual([false, false])
})

test('a kad-dht that knows a peer, or has no routing table, is asked without a timer', async () => {
  for (const table of [{ routingTable: { size: 1 } }, {}]) {
    const { time, signals, routing } = scripted({ ...table, async *get() {} })
    expect(await collect(routing.get(key))).toEqual([])
    expect(signals).toEqual([undefined])
    expect(time.set).toBe(0)
  }
})

test('a get that ends or throws before the timeout cancels the timer', async () => {
  const broken = new Error('broken')
  const empty = { routingTable: { size: 0 } }
  const ended = scripted({ ...empty, async *get() {} })
  expect(await collect(ended.routing.get(key))).toEqual([])
  const failed = scripted({
    ...empty,
    async *get() {
      yield* []
      throw broken
    }
  })
  await expect(collect(failed.routing.get(key))).rejects.toMatchObject({ code: 'ROUTING_FAILED', cause: broken })
  expect([ended.time.set, failed.time.set]).toEqual([1, 1])
  expect([ended.time.pending, failed.time.pending]).toEqual([0, 0])
})

test('a kad-dht that ends without an error at the timeout has no peers', async () => {
  const { time, routing } = scripted({
    routingTable: { size: 0 },
    async *get(_key: Uint8Array, { signal }: { signal?: AbortSignal } = {}) {
      yield* []
      await new Promise((resolve) => signal?.addEventListener('abort', resolve))
    }
  })
  const asking = expect(collect(routing.get(key))).rejects.toMatchObject({ code: 'NO_PEERS' })
  await time.advance(5n * second)
  await asking
})

test('a get whose signal is already aborted does not ask kad-dht', async () => {
  const reason = new Error('aborted')
  const { routing, signals } = scripted({ routingTable: { size: 1 }, async *get() {} })
  await expect(collect(routing.get(key, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
  expect(signals).toEqual([])
})

test('a firstPeerTimeout of Infinity waits without a timer until the call is aborted', async () => {
  const { routing, time } = withoutPeers({ firstPeerTimeout: Number.POSITIVE_INFINITY })
  const controller = new AbortController()
  const reason = new Error('aborted')
  const asking = expect(collect(routing.get(key, { signal: controller.signal }))).rejects.toBe(reason)
  await time.advance(3600n * second)
  expect(time.pending).toBe(0)
  controller.abort(reason)
  await asking
})
