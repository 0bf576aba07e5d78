import { FakeTimers } from '@recordkit/record-conformance'
import { second } from '@recordkit/testing'
import type { SetTimer } from '@recordkit/record-types'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { KadDht } from '@recordkit/store-dht/libp2p'
import { expect, test } from 'vitest'
import { good, key, peer } from './toy-engine.ts'

/** A Kademlia that waits for its first peer for as long as it is let, as js-libp2p's does. */
function lonely() {
  const time = new FakeTimers()
  const routingTable = { size: 0 }
  let met = (): void => undefined
  const first = new Promise<void>((resolve) => {
    met = () => {
      routingTable.size = 1
      resolve()
    }
  })
  const wait = async (signal: AbortSignal | undefined): Promise<void> => {
    await Promise.race([
      first,
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
  return { time, met: () => met(), routing: kadDhtRouting(dht, { setTimer: time.setTimer }) }
}

/** A Kademlia of these parts under a time that counts its timers, and the signals it was asked with. */
function asked(parts: {
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

test('a node that knows nobody says so after 5 s, and not that nothing was found', async () => {
  const { routing, time } = lonely()
  const ends: unknown[] = []
  const asking = [collect(routing.get(key)), collect(routing.put(key, good(1)))].map((end) =>
    end.catch((error: unknown) => ends.push(error))
  )
  await time.advance(4n * second)
  expect(ends).toEqual([])
  await time.advance(second)
  await Promise.all(asking)
  expect(ends).toMatchObject([{ code: 'NO_PEERS' }, { code: 'NO_PEERS' }])
  expect(time.pending).toBe(0)
})

test('a node that has just started waits for its first peer', async () => {
  const { routing, time, met } = lonely()
  const asking = collect(routing.get(key))
  await time.advance(3n * second)
  met()
  expect(await asking).toEqual([{ from: peer(1), value: good(1) }])
  expect(time.pending).toBe(0)
})

test('whoever asks slowly is not told that nobody is there, once somebody is', async () => {
  const { routing, time, met } = lonely()
  const answers = routing.get(key)[Symbol.asyncIterator]()
  const first = answers.next()
  met()
  await first
  await time.advance(60n * second)
  expect((await answers.next()).done).toBe(true)
})

test("an aborted question throws the signal's own reason, not that nobody is there", async () => {
  const { routing, time } = lonely()
  const controller = new AbortController()
  const reason = new Error('enough')
  const asking = collect(routing.get(key, { signal: controller.signal }))
  await time.advance(second)
  controller.abort(reason)
  await expect(asking).rejects.toBe(reason)
})

test('a node that meets somebody at the last moment goes on waiting for the answer', async () => {
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

test('whoever knows somebody, or does not say, is asked without a timer', async () => {
  for (const table of [{ routingTable: { size: 1 } }, {}]) {
    const { time, signals, routing } = asked({ ...table, async *get() {} })
    expect(await collect(routing.get(key))).toEqual([])
    expect(signals).toEqual([undefined])
    expect(time.set).toBe(0)
  }
})

test('a question that ends or breaks before the time is up is what it is, and the timer is let go of', async () => {
  const broken = new Error('broken')
  const empty = { routingTable: { size: 0 } }
  const ended = asked({ ...empty, async *get() {} })
  expect(await collect(ended.routing.get(key))).toEqual([])
  const failed = asked({
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

test('a Kademlia that just ends when its time is up has met nobody', async () => {
  const { time, routing } = asked({
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

test('a question that is aborted before it begins is not asked', async () => {
  const reason = new Error('enough')
  const { routing, signals } = asked({ routingTable: { size: 1 }, async *get() {} })
  await expect(collect(routing.get(key, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
  expect(signals).toEqual([])
})
