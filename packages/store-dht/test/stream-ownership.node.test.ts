import { FakeTimers } from '@recordkit/record-conformance'
import { DhtRecordStore } from '@recordkit/store-dht'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { ByteStream, KadDht, KadDhtRoutingOptions } from '@recordkit/store-dht/libp2p'
import { expect, test } from 'vitest'
import { SimulatedPeer } from './simulated-dht.ts'
import { good, key, ToyEngine } from './toy-engine.ts'

interface Opened {
  readonly peer: number
  readonly stream: ByteStream
  isEnded: boolean
}

/** Peers that answer a FIND_NODE over a stream, some turns later, and store records. */
function peersOf(
  count: number,
  turns: (peer: number) => number,
  serves: 'any request' | 'one request per stream' = 'any request'
) {
  const peers = Array.from({ length: count }, (_, number) => new SimulatedPeer(number))
  const opened: Opened[] = []
  const answered = new Set<ByteStream>()
  const endsNow = (stream: ByteStream): boolean => serves === 'one request per stream' && answered.has(stream)
  const wait = async (number: number): Promise<void> => {
    for (let turn = 0; turn < turns(number); turn++) await Promise.resolve()
  }
  const dht = {
    routingTable: { size: count, closestPeers: () => peers },
    getClosestPeers: () => [],
    network: {
      sendRequest: () => [],
      async _writeReadMessage(stream: ByteStream) {
        const { peer } = opened.find((other) => other.stream === stream) as Opened
        await wait(peer)
        answered.add(stream)
        return { closer: [] }
      }
    }
  }
  const dialer = {
    async dialProtocol(peer: SimulatedPeer) {
      await wait(peer.number)
      const { close, abort, ...stream } = peer.stream()
      const entry = { peer: peer.number, isEnded: false } as Opened
      const end = (): void => {
        entry.isEnded = true
      }
      const tracked: ByteStream = {
        ...stream,
        async *[Symbol.asyncIterator]() {
          if (!endsNow(tracked)) yield* stream
        },
        close: async (options) => {
          end()
          return close(options)
        },
        abort: (error) => {
          end()
          abort(error)
        }
      }
      Object.assign(entry, { stream: tracked })
      opened.push(entry)
      return tracked
    }
  }
  const time = new FakeTimers()
  const { clock, setTimer } = time
  const routing = kadDhtRouting(dht as unknown as KadDht, {
    dialer: dialer as unknown as NonNullable<KadDhtRoutingOptions['dialer']>,
    clock,
    setTimer
  })
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer })
  return { store, opened, time }
}

/** 0 to below 1, the same in every run */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 16_807 + 1) % 2_147_483_647
    return state / 2_147_483_647
  }
}

test('a put that is aborted at any of 400 moments leaves no stream, timer or unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const listener = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', listener)
  const random = randomOf(1)
  let aborted = 0
  for (let run = 0; run < 400; run++) {
    const { store, opened, time } = peersOf(8, (peer) => (peer * run) % 13)
    const controller = new AbortController()
    const put = store.put(key, good(1), { signal: controller.signal })
    put.catch(() => aborted++)
    for (let step = random() * 5; step > 0; step--) {
      if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve))
      for (let turn = random() * 20; turn > 0; turn--) await Promise.resolve()
    }
    controller.abort(new Error('aborted'))
    await put.catch(() => undefined)
    await store.settled()
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect([run, opened.filter(({ isEnded }) => !isEnded).map(({ peer }) => peer)]).toEqual([run, []])
    expect([run, time.pending]).toEqual([run, 0])
  }
  process.off('unhandledRejection', listener)
  expect(unhandled).toEqual([])
  expect(aborted).toBeGreaterThan(50)
  expect(aborted).toBeLessThan(400)
}, 60_000)

test('a put sends its record over a new stream to a peer that ends its first one after one answer', async () => {
  const { store, opened } = peersOf(4, () => 1, 'one request per stream')
  const { copies } = await (await store.put(key, good(1))).complete
  expect(copies.reached).toBe(4)
  expect(opened).toHaveLength(8)
  expect(opened.every(({ isEnded }) => isEnded)).toBe(true)
})
