import { ipnsRoutingKey, parsePeerId } from '@recordkit/record-codec'
import { FakeTimers } from '@recordkit/record-conformance'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, RecordEngine, RecordRouting, UnverifiedRecord } from '@recordkit/record-types'
import { DhtProviderStore, DhtRecordStore, fallbackRouting, parallelRouting } from '@recordkit/store-dht'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import { gatewayRouting } from '@recordkit/store-dht/gateway'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { ByteStream, KadDht, ProtocolDialer } from '@recordkit/store-dht/libp2p'
import { pubsubRouting } from '@recordkit/store-dht/pubsub'
import type { Pubsub, PubsubRouting } from '@recordkit/store-dht/pubsub'
import { abortEverywhere, Cancelled, failAt, failureTimes } from '@recordkit/testing'
import type { FailureTime } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { sendRequest } from '../src/rpc.ts'
import { good, peer, ToyEngine } from './toy-engine.ts'

const name = parsePeerId('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA')
const key = ipnsRoutingKey(name)
const multihash = Uint8Array.of(0x12, 2, 1, 2)
const failure = new RecordError('ROUTING_FAILED', 'the network is unreachable')

async function drain(items: AsyncIterable<unknown> | undefined): Promise<void> {
  for await (const _ of items ?? []);
}

/** A routing with one answer and one acknowledgement, which then fails at a time. */
function failingRouting(time: FailureTime): RecordRouting {
  async function* stream<T>(item: T, { signal }: AbortOptions = {}): AsyncGenerator<T> {
    yield item
    await failAt(time, failure, signal)
  }
  return {
    get: (_key, options) => stream({ from: peer(1), value: good(1) }, options),
    put: (_key, _value, options) => stream({ from: peer(1), status: 'stored' as const }, options),
    putToPeer: async (_peer, _key, _value, { signal } = {}) => failAt(time, failure, signal),
    provide: (_multihash, options) => stream({ from: peer(1), status: 'stored' as const }, options),
    findProviders: (_multihash, options) => stream({ id: name, addresses: [] }, options)
  }
}

/** An engine whose verification fails at a time. */
function failingEngine(time: FailureTime): RecordEngine {
  const engine = new ToyEngine()
  return Object.assign(engine, {
    verify: async (_record: UnverifiedRecord, { signal }: AbortOptions = {}) => failAt(time, failure, signal)
  })
}

/** A kad-dht and a dialer that fail at a time. */
function failingKadDht(time: FailureTime): { readonly dht: KadDht; readonly dialer: ProtocolDialer } {
  async function* events(options: AbortOptions = {}): AsyncGenerator<never> {
    yield* []
    await failAt(time, failure, options.signal)
  }
  // a stream that fails also when it is closed and aborted
  const stream = (signal: AbortSignal | undefined): ByteStream => ({
    send: () => true,
    close: async () => Promise.reject(failure),
    abort: () => {
      throw failure
    },
    async *[Symbol.asyncIterator]() {
      yield Uint8Array.of(1)
      await failAt(time, failure, signal)
    }
  })
  return {
    dht: {
      get: (_key: Uint8Array, options?: AbortOptions) => events(options),
      put: (_key: Uint8Array, _value: Uint8Array, options?: AbortOptions) => events(options),
      provide: (_cid: unknown, options?: AbortOptions) => events(options),
      findProviders: (_cid: unknown, options?: AbortOptions) => events(options)
    },
    dialer: { dialProtocol: async (_peer, _protocol, { signal } = {}) => stream(signal) }
  }
}

/** A kad-dht with a peer that answers, one that fails at a time, and a dialer that fails then. */
function walkedKadDht(time: FailureTime): RecordRouting {
  const { dht, dialer } = failingKadDht(time)
  const idOf = (number: number): unknown => ({ toMultihash: () => ({ bytes: peer(number) }) })
  const path = { index: 0 }
  const answer = { name: 'PEER_RESPONSE', messageName: 'FIND_NODE', from: idOf(1), closer: [{ id: idOf(2) }], path }
  return kadDhtRouting(
    {
      ...dht,
      routingTable: { size: 2, closestPeers: () => [idOf(1), idOf(2)] },
      network: {
        async *sendRequest(to: unknown, _message: object, { signal }: AbortOptions) {
          yield { name: 'DIAL_PEER', peer: to, path }
          if ((to as PeerIdLike).toMultihash().bytes[2] === 1) yield { ...answer, record: { key, value: good(1) } }
          await failAt(time, failure, signal)
        }
      },
      async *getClosestPeers(_key: Uint8Array, { signal }: AbortOptions = {}) {
        yield { name: 'DIAL_PEER', peer: idOf(1), path }
        yield answer
        await failAt(time, failure, signal)
      }
    } as unknown as KadDht,
    { dialer, setTimer: new FakeTimers().setTimer }
  )
}

/** PubSub with one peer on every topic, which fails at a time. */
function failingPubsub(time: FailureTime): PubsubRouting {
  const only = { toMultihash: () => ({ bytes: peer(1) }) }
  const pubsub = {
    topicValidators: new Map(),
    subscribe: () => undefined,
    unsubscribe: () => undefined,
    getSubscribers: () => [only],
    publish: async () => failAt(time, failure, undefined),
    addEventListener: () => undefined,
    removeEventListener: () => undefined
  }
  const fetch = {
    fetch: async (_peer: unknown, _key: Uint8Array, { signal }: AbortOptions = {}) => failAt(time, failure, signal),
    registerLookupFunction: () => undefined,
    unregisterLookupFunction: () => undefined
  }
  return pubsubRouting(pubsub as unknown as Pubsub, { fetch, setTimer: new FakeTimers().setTimer })
}

/** Servers over HTTP: the first fails before its response, the second within it. */
function failingServers(time: FailureTime, make = delegatedRouting): RecordRouting {
  let requests = 0
  return make(['https://a.test', 'https://b.test'], {
    async fetch(_url, { signal, headers }) {
      const aborted = signal ?? undefined
      if (requests++ % 2 === 0) return failAt(time, failure, aborted)
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        async pull(controller) {
          controller.enqueue(Uint8Array.of(0x7b))
          await failAt(time, failure, aborted)
        }
      })
      const accept = String((headers as Record<string, string>)['accept'])
      return new Response(body, { headers: { 'content-type': accept.replace(/,.*/, '') } })
    }
  })
}

interface PeerIdLike {
  toMultihash(): { readonly bytes: Uint8Array }
}

type Call = (signal: AbortSignal) => Promise<unknown>

const calls: Record<string, (time: FailureTime) => Call> = {
  'DhtRecordStore.get': (time) => {
    const store = recordStore(failingRouting(time), new ToyEngine())
    return async (signal) => store.get(key, { signal })
  },
  'DhtRecordStore.get with an engine that fails': (time) => {
    const store = recordStore(failingRouting('soon'), failingEngine(time))
    return async (signal) => store.get(key, { signal })
  },
  'DhtRecordStore.put': (time) => {
    const store = recordStore(failingRouting(time), new ToyEngine())
    return async (signal) => store.put(key, good(1), { signal, copies: 2 })
  },
  'DhtRecordStore.put with an engine that fails': (time) => {
    const store = recordStore(failingRouting('soon'), failingEngine(time))
    return async (signal) => store.put(key, good(1), { signal })
  },
  'DhtProviderStore.addProvider': (time) => {
    const store = providerStore(time)
    return async (signal) => store.addProvider(multihash, { signal })
  },
  'DhtProviderStore.removeProvider': (time) => {
    const store = providerStore(time)
    return async (signal) => store.removeProvider(multihash, { signal })
  },
  'DhtProviderStore.getProviders': (time) => {
    const store = providerStore(time)
    return async (signal) => store.getProviders(multihash, { signal })
  },
  'a read over kad-dht': (time) => {
    const store = recordStore(kadRouting(time), new ToyEngine())
    return async (signal) => store.get(key, { signal })
  },
  'a put over kad-dht': (time) => {
    const store = recordStore(kadRouting(time), new ToyEngine())
    return async (signal) => store.put(key, good(1), { signal })
  },
  'a read that asks the peers of kad-dht': (time) => {
    const store = storeOf(walkedKadDht(time))
    return async (signal) => store.get(key, { signal })
  },
  'a put that follows a walk of kad-dht': (time) => {
    const store = storeOf(walkedKadDht(time))
    return async (signal) => store.put(key, good(1), { signal })
  },
  'a read over PubSub': (time) => {
    const store = storeOf(failingPubsub(time))
    return async (signal) => store.get(key, { signal })
  },
  'a put over PubSub': (time) => {
    const store = storeOf(failingPubsub(time))
    return async (signal) => store.put(key, good(1), { signal })
  },
  'a read of kad-dht beside PubSub': (time) => {
    const store = storeOf(failingPubsub(time).alongside(walkedKadDht(time)))
    return async (signal) => store.get(key, { signal })
  },
  'a put to kad-dht beside PubSub': (time) => {
    const store = storeOf(failingPubsub(time).alongside(walkedKadDht(time)))
    return async (signal) => store.put(key, good(1), { signal })
  },
  sendRequest: (time) => {
    const { dialer } = failingKadDht(time)
    return async (signal) => sendRequest(dialer, peer(1), '/kad', good(1), { signal })
  },
  'a read over HTTP': (time) => {
    const store = recordStore(failingServers(time), new ToyEngine())
    return async (signal) => store.get(key, { signal })
  },
  'a put over HTTP': (time) => {
    const store = recordStore(failingServers(time), new ToyEngine())
    return async (signal) => store.put(key, good(1), { signal })
  },
  'a read from gateways': (time) => {
    const store = recordStore(failingServers(time, gatewayRouting), new ToyEngine())
    return async (signal) => store.get(key, { signal })
  },
  'a read of parallel routings': (time) => {
    const store = recordStore(failingRoutings(time, parallelRouting), new ToyEngine())
    return async (signal) => store.get(key, { signal })
  },
  'a read of routings one after another': (time) => {
    const store = recordStore(failingRoutings(time, fallbackRouting), new ToyEngine())
    return async (signal) => store.get(key, { signal })
  },
  'a put to several routings': (time) => {
    const store = recordStore(failingRoutings(time, parallelRouting), new ToyEngine())
    return async (signal) => store.put(key, good(1), { signal, copies: 3 })
  },
  'a search of providers over HTTP': (time) => {
    const store = new DhtProviderStore({ routing: failingServers(time), setTimer: new FakeTimers().setTimer })
    return async (signal) => store.getProviders(multihash, { signal })
  }
}

function storeOf(routing: RecordRouting): DhtRecordStore {
  return new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: new FakeTimers().setTimer })
}

function recordStore(routing: RecordRouting, engine: RecordEngine): DhtRecordStore {
  return new DhtRecordStore({ routing, engine, quorum: 3, setTimer: new FakeTimers().setTimer })
}

function providerStore(time: FailureTime): DhtProviderStore {
  const signed = {
    self: name,
    addresses: () => [],
    put: async (_key: Uint8Array, _content: Uint8Array, { signal }: AbortOptions = {}) => failAt(time, failure, signal),
    get: async (_key: Uint8Array, { signal }: AbortOptions = {}) => failAt(time, failure, signal),
    delete: async (_key: Uint8Array, { signal }: AbortOptions = {}) => failAt(time, failure, signal)
  }
  return new DhtProviderStore({ routing: failingRouting(time), signed, setTimer: new FakeTimers().setTimer })
}

/** Two routings, of which the first fails before it answers. */
function failingRoutings(time: FailureTime, combine: typeof parallelRouting): RecordRouting {
  return combine([failingServers(time), failingRouting(time)], { setTimer: new FakeTimers().setTimer })
}

function kadRouting(time: FailureTime): RecordRouting {
  const { dht, dialer } = failingKadDht(time)
  return kadDhtRouting(dht, { dialer })
}

test.each(Object.keys(calls))(
  '%s ends when it is aborted at any await, whenever the network fails, and leaves no unhandled rejection',
  async (call) => {
    let aborted = 0
    for (const time of failureTimes) {
      const runs = await abortEverywhere(() => calls[call]?.(time) as Call, 80)
      aborted += runs.filter(({ outcome }) => 'error' in outcome && outcome.error instanceof Cancelled).length
    }
    expect(aborted).toBeGreaterThan(0)
  }
)

test.each(failureTimes.filter((time) => time !== 'never'))(
  'the streams of kad-dht and HTTP routings leave no unhandled rejection when the network fails %s',
  async (time) => {
    const combined = (at: FailureTime) => failingRoutings(at, parallelRouting)
    for (const make of [kadRouting, (at: FailureTime) => failingServers(at), combined]) {
      for (const stream of [
        (routing: RecordRouting, signal: AbortSignal) => drain(routing.get(key, { signal })),
        (routing: RecordRouting, signal: AbortSignal) => drain(routing.put(key, good(1), { signal })),
        (routing: RecordRouting, signal: AbortSignal) => drain(routing.provide?.(multihash, { signal })),
        (routing: RecordRouting, signal: AbortSignal) => drain(routing.findProviders?.(multihash, { signal })),
        async (routing: RecordRouting, signal: AbortSignal) => routing.putToPeer?.(peer(1), key, good(1), { signal })
      ]) {
        await abortEverywhere(() => {
          const routing = make(time)
          return async (signal) => stream(routing, signal)
        }, 40)
      }
    }
  }
)
