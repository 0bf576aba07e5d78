import { FakeTimers, flushMicrotasks } from '@recordkit/record-conformance'
import { RecordError } from '@recordkit/record-types'
import type { RecordRouting } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { pubsubRouting, topicFromKey } from '@recordkit/store-dht/pubsub'
import type { Pubsub, PubsubFetch } from '@recordkit/store-dht/pubsub'
import { expect, test } from 'vitest'
import { MemoryNode } from './memory-pubsub.ts'
import { collect, startLine, startNode, startPair } from './pubsub-node.ts'
import type { PubsubNode } from './pubsub-node.ts'
import { forged, good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

const topic = topicFromKey(key)
const other = new TextEncoder().encode('/toy/y')

test('names a topic as Go does: without padding, and with the characters of base64url', () => {
  expect(topicFromKey(new TextEncoder().encode('/ipns/a'))).toBe('/record/L2lwbnMvYQ')
  expect(topicFromKey(Uint8Array.of(0xfb, 0xff, 0xfe))).toBe('/record/-__-')
  expect(topicFromKey(Uint8Array.of(0xfb, 0xff, 0xfe, 0xff))).toBe('/record/-__-_w')
})

test('a record reaches the far end of a line of watching nodes', async () => {
  const { nodes } = await startLine(5)
  for (const { routing } of nodes.slice(1)) routing.subscribe(key)
  const acks = await collect((nodes[0] as PubsubNode).routing.put(key, good(1)))
  await flushMicrotasks()
  expect(acks).toEqual([{ from: new TextEncoder().encode('pubsub'), status: 'sent' }])
  expect(nodes.map(({ receiver }) => receiver.valueOf(key))).toEqual([undefined, good(1), good(1), good(1), good(1)])
})

test('accepts what is stored, rejects forgeries, and ignores what is refreshed, stale or refused', async () => {
  const { first, second } = await startPair()
  const { node: sender } = first
  const { node, routing, receiver } = second
  routing.subscribe(key)
  expect(await sender.sendTo(node, topic, good(5))).toBe('accept')
  expect(await sender.sendTo(node, topic, good(5))).toBe('ignore')
  expect(await sender.sendTo(node, topic, good(4))).toBe('ignore')
  expect(await sender.sendTo(node, topic, Uint8Array.of(9))).toBe('ignore')
  expect(await sender.sendTo(node, topic, new Uint8Array(0))).toBe('ignore')
  expect(await sender.sendTo(node, topic, forged(9))).toBe('reject')
  receiver.wait = async () => Promise.reject(new RecordError('STORE_IO', 'the disk is full'))
  expect(await sender.sendTo(node, topic, good(6))).toBe('ignore')
})

test('joins a topic once for several subscriptions, and leaves it with the last', async () => {
  const { first, second } = await startPair()
  const [one, another] = [first.routing.subscribe(key), first.routing.subscribe(key)]
  expect(first.node.topics).toEqual(new Set([topic]))
  expect(one.isShared).toBe(false)
  const theirs = second.routing.subscribe(key)
  expect(one.isShared).toBe(true)
  theirs.end()
  one.end()
  one.end()
  expect(first.node.topics).toEqual(new Set([topic]))
  another.end()
  expect(first.node.topics.size).toBe(0)
  expect(first.node.topicValidators.size).toBe(0)
  await flushMicrotasks()
  expect(first.routing.stats).toEqual({ topics: 0, waiting: 0, fetches: 0 })
})

test('a topic that is published and watched is left when both end', async () => {
  const { first, second } = await startPair()
  second.routing.subscribe(key)
  const subscription = first.routing.subscribe(key)
  await collect(first.routing.put(key, good(1)))
  subscription.end()
  expect(first.node.topics.has(topic)).toBe(true)
  first.routing.unpublished(key)
  expect(first.node.topics.has(topic)).toBe(false)
})

test('fails with QUOTA above the maximum number of topics, and still publishes', async () => {
  const { first, second } = await startPair({ maxTopics: 1 })
  first.routing.subscribe(other)
  expect(() => first.routing.subscribe(key)).toThrow(
    expect.objectContaining({ code: 'QUOTA', limit: 1, message: expect.stringContaining('maxTopics') })
  )
  second.routing.subscribe(key)
  await collect(first.routing.put(key, good(1)))
  await flushMicrotasks()
  expect(second.receiver.valueOf(key)).toEqual(good(1))
  expect(first.routing.stats.topics).toBe(1)
})

test('a topic that cannot be joined is ROUTING_FAILED and is not kept', async () => {
  const { first } = await startPair()
  first.node.failing = true
  expect(() => first.routing.subscribe(key)).toThrow(expect.objectContaining({ code: 'ROUTING_FAILED' }))
  expect(first.routing.stats.topics).toBe(0)
  expect(first.node.topicValidators.size).toBe(0)
})

test('stop leaves all topics and timers, and the next start joins those that are watched', async () => {
  const { first, second, time } = await startPair()
  const { node, routing } = first
  const subscription = routing.subscribe(key)
  second.routing.subscribe(other)
  await collect(routing.put(other, good(1)))
  await routing.stop()
  await second.routing.stop()
  expect([node.topics.size, node.topicValidators.size, node.listeners.size, node.lookups.size]).toEqual([0, 0, 0, 0])
  expect(time.pending).toBe(0)
  expect(subscription.isShared).toBe(false)
  await routing.start(first.receiver)
  expect(node.topics).toEqual(new Set([topic]))
  subscription.end()
  expect(node.topics.size).toBe(0)
})

test('stop works after the PubSub service has stopped, and ends subscriptions without an error', async () => {
  const { first } = await startPair()
  const subscription = first.routing.subscribe(key)
  first.node.failing = true
  await first.routing.stop()
  expect(() => subscription.end()).not.toThrow()
})

test('start fails, and leaves nothing behind, when the fetch service answers these keys already', async () => {
  const { first } = await startPair()
  await first.routing.stop()
  first.node.lookups.set('/toy/', async () => undefined)
  await expect(first.routing.start(first.receiver)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(first.node.listeners.size).toBe(0)
  expect(first.node.lookups.size).toBe(1)
})

test('a put and a get without a peer on the topic fail with NO_PEERS', async () => {
  const { first } = await startPair()
  await expect(collect(first.routing.put(key, good(1)))).rejects.toMatchObject({ code: 'NO_PEERS' })
  await expect(collect(first.routing.get(key))).rejects.toMatchObject({ code: 'NO_PEERS' })
})

test('beside another routing, a put goes to both and a get asks both', async () => {
  const { first, second, time } = await startPair()
  second.receiver.publish(key, good(7))
  second.routing.subscribe(key)
  const dht = routingOf({ answers: [{ from: peer(1), value: good(3) }], acks: [{ from: peer(1), status: 'stored' }] })
  const routing = first.routing.alongside(dht)
  const network = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: time.setTimer })
  expect((await network.get(key, { quorum: 9 }))?.record.value).toEqual(good(7))
  const receipt = await network.put(key, good(8))
  await flushMicrotasks()
  expect(receipt.copies.reached).toBe(1)
  expect(receipt.peers.map(({ status }) => status).sort()).toEqual(['sent', 'stored'])
  expect(second.receiver.valueOf(key)).toEqual(good(8))
})

test('beside another routing, PubSub without peers changes neither results nor errors', async () => {
  const { routing } = await startNode(new FakeTimers())
  const failing: RecordRouting = routing.alongside(
    routingOf({ fails: new RecordError('NO_PEERS', 'the table is empty') })
  )
  await expect(collect(failing.get(key))).rejects.toMatchObject({ message: 'the table is empty' })
  await expect(collect(failing.put(key, good(1)))).rejects.toMatchObject({ message: 'the table is empty' })
  const working = routing.alongside(
    routingOf({ answers: [{ from: peer(1) }], acks: [{ from: peer(1), status: 'stored' }] })
  )
  expect(await collect(working.get(key))).toHaveLength(1)
  expect(await collect(working.put(key, good(1)))).toHaveLength(1)
})

test('a reader that stops early ends the reads of both routings', async () => {
  const { first, second } = await startPair()
  second.routing.subscribe(key)
  let fetching: AbortSignal | undefined
  second.node.respond = async (_key, signal) => {
    fetching = signal
    return silence
  }
  const dht = routingOf({ answers: [{ from: peer(1), value: good(3) }, silence] })
  for await (const _answer of first.routing.alongside(dht).get(key)) break
  expect(dht.signal?.aborted).toBe(true)
  expect(fetching?.aborted).toBe(true)
})

test('a put without acknowledgements is not a copy, and succeeds where none is requested', async () => {
  const { first, second, time } = await startPair()
  second.routing.subscribe(key)
  const network = new DhtRecordStore({ routing: first.routing, engine: new ToyEngine(), setTimer: time.setTimer })
  await expect(network.put(key, good(1))).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
  await time.advance(1_000_000_000n)
  expect((await network.put(key, good(2), { copies: 0 })).copies).toEqual({ requested: 0, reached: 0 })
})

test.each([
  ['undefined in place of a service', undefined, {}, 'pubsub is undefined'],
  ['a node in place of its service', { services: {} }, {}, 'libp2p.services.pubsub'],
  ['a service without validators', { subscribe() {}, getSubscribers() {}, publish() {} }, {}, 'topicValidators'],
  ['a fetch that is a function', 'service', { fetch: (() => {}) as unknown as PubsubFetch }, 'fetch is'],
  ['no topics', 'service', { maxTopics: 0 }, 'maxTopics'],
  ['a negative interval', 'service', { rebroadcastInterval: -1 }, 'rebroadcastInterval'],
  ['a timeout of 0', 'service', { fetchTimeout: 0 }, 'fetchTimeout'],
  ['a clock that is a number', 'service', { clock: 5 as never }, 'clock'],
  ['a budget without methods', 'service', { budget: {} as never }, 'budget']
])('rejects %s', async (_name, service, options, message) => {
  const pubsub = (service === 'service' ? new MemoryNode() : service) as Pubsub
  expect(() => pubsubRouting(pubsub, options)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) })
  )
})

test('a stop during the start ends it, and leaves no topic, listener or timer behind', async () => {
  const time = new FakeTimers()
  const node = new MemoryNode()
  const { routing, receiver } = await startNode(time)
  await routing.stop()
  let read = (): void => undefined
  const reading = new Promise<void>((resolve) => (read = resolve))
  const starting = pubsubRouting(node, { clock: time.clock, setTimer: time.setTimer })
  receiver.publishedKeys = async function* () {
    yield key
    await reading
    yield other
  }
  const started = starting.start(receiver)
  await flushMicrotasks()
  expect(node.topics.size).toBe(1)
  await starting.stop()
  read()
  await started
  expect([node.topics.size, node.listeners.size, node.topicValidators.size, time.pending]).toEqual([0, 0, 0, 0])
})

test('unknown options are an invalid argument', () => {
  expect(() => pubsubRouting(new MemoryNode(), { maxTopic: 1 } as never)).toThrow(
    'unknown option "maxTopic"; did you mean "maxTopics"?'
  )
})
