import { flushMicrotasks } from '@recordkit/record-conformance'
import { mapKey } from '@recordkit/record-types/internal'
import { second as aSecond } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { topicFromKey } from '@recordkit/store-dht/pubsub'
import { MemoryNode } from './memory-pubsub.ts'
import { collect, startLine, startNode, startPair } from './pubsub-node.ts'
import { forged, good, key } from './toy-engine.ts'
import { silence } from './toy-routing.ts'

const other = new TextEncoder().encode('/toy/y')

test('a node that subscribes later asks a peer that is subscribed for the record', async () => {
  const { nodes } = await startLine(3)
  const [author, middle, late] = nodes
  middle?.routing.subscribe(key)
  for await (const _ack of author?.routing.put(key, good(3)) ?? []);
  await flushMicrotasks()
  late?.routing.subscribe(key)
  await flushMicrotasks()
  expect(late?.receiver.valueOf(key)).toEqual(good(3))
  // it is not published again for the others, who have it
  expect(late?.node.published).toEqual([])
})

test('a peer that joins the topic is asked, also when it connects later', async () => {
  const { time, first, second } = await startPair()
  first.routing.subscribe(key)
  second.receiver.publish(key, good(3))
  await second.routing.stop()
  await second.routing.start(second.receiver)
  await flushMicrotasks()
  expect(first.receiver.valueOf(key)).toEqual(good(3))
  const third = await startNode(time)
  third.receiver.publish(key, good(4))
  await third.routing.stop()
  await third.routing.start(third.receiver)
  third.node.link(first.node)
  await flushMicrotasks()
  expect(first.receiver.valueOf(key)).toEqual(good(4))
})

test('without a fetch service nothing is asked or answered', async () => {
  const { first, second } = await startPair({ withoutFetch: true })
  second.receiver.publish(key, good(3))
  second.routing.subscribe(key)
  first.routing.subscribe(key)
  await flushMicrotasks()
  expect(first.receiver.received).toEqual([])
  expect(second.node.lookups.size).toBe(0)
})

test('answers only for keys whose topic it has joined, and never with what was put offline', async () => {
  const { first, second } = await startPair()
  const ask = async (of: Uint8Array): Promise<unknown> =>
    first.node.fetch.fetch(second.node.peerId, of).catch((error: Error) => error.message)
  second.receiver.records.set(mapKey(key), good(3))
  expect(await ask(key)).toBeUndefined()
  const subscription = second.routing.subscribe(key)
  expect(await ask(key)).toEqual(good(3))
  second.receiver.offline.add(mapKey(key))
  expect(await ask(key)).toBeUndefined()
  second.receiver.offline.clear()
  subscription.end()
  expect(await ask(key)).toBeUndefined()
  expect(await ask(other)).toBeUndefined()
})

test('the error of a store is not sent to the peer that asks', async () => {
  const { first, second } = await startPair()
  second.routing.subscribe(key)
  second.receiver.getForPeers = async () => Promise.reject(new Error('/home/alice/store is locked'))
  expect(await first.node.fetch.fetch(second.node.peerId, key)).toBeUndefined()
})

test('a peer that answers with a forgery or garbage spends its budget, and is not asked when that is empty', async () => {
  const { time, first, second } = await startPair({ budget: { isEmpty: () => false, spend: () => undefined } })
  second.node.respond = async () => forged(9)
  second.node.subscribe('/record/L3RveS94')
  first.routing.subscribe(key)
  await flushMicrotasks()
  expect(first.receiver.received).toEqual([forged(9)])
  expect(first.receiver.valueOf(key)).toBeUndefined()
  second.node.respond = async () => new Uint8Array(0)
  await time.advance(11n * aSecond)
  second.node.subscribe('/record/L3RveS94')
  await flushMicrotasks()
  expect(second.node.topics.size).toBe(1)
  expect(first.receiver.received).toHaveLength(1)
})

test('a peer that joins again and again is asked once in ten seconds', async () => {
  const { time, first, second } = await startPair()
  first.routing.subscribe(key)
  for (let round = 0; round < 100; round++) {
    second.node.subscribe('/record/L3RveS94')
    second.node.unsubscribe('/record/L3RveS94')
  }
  await flushMicrotasks()
  expect(first.node.fetched).toHaveLength(1)
  await time.advance(10n * aSecond)
  second.node.subscribe('/record/L3RveS94')
  await flushMicrotasks()
  expect(first.node.fetched).toHaveLength(2)
})

test('eight fetches run at the same time, and those of silent peers end with the timeout', async () => {
  const { time, first } = await startPair({ fetchTimeout: 5000 })
  first.routing.subscribe(key)
  for (let count = 0; count < 1000; count++) {
    const silent = new MemoryNode()
    silent.respond = async (_key, signal) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    silent.topics.add('/record/L3RveS94')
    silent.link(first.node)
  }
  await flushMicrotasks()
  expect(first.node.fetched).toHaveLength(8)
  expect(first.routing.stats.fetches).toBe(8 + 512)
  await time.advance(5n * aSecond)
  expect(first.node.fetched).toHaveLength(16)
  await first.routing.stop()
  expect(first.routing.stats.fetches).toBe(0)
})

test('a get asks three of the peers on the topic, and reports each answer', async () => {
  const { first } = await startPair()
  for (const response of [good(1), undefined, new Error('reset'), good(4), good(5)]) {
    const node = new MemoryNode()
    node.respond = async () => (response instanceof Error ? Promise.reject(response) : response)
    node.topics.add('/record/L3RveS94')
    node.link(first.node)
  }
  const answers = await collect(first.routing.get(key))
  expect(answers).toHaveLength(3)
  expect(new Set(answers.map(({ from }) => from)).size).toBe(3)
  for (const answer of answers) expect(Object.keys(answer).length).toBeGreaterThan(0)
})

test('a get rejects with the reason of its signal, before and while it waits', async () => {
  const { first, second } = await startPair()
  const reason = new Error('enough')
  await expect(collect(first.routing.get(key, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
  await expect(collect(first.routing.put(key, good(1), { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
  second.routing.subscribe(key)
  second.node.respond = async (_key, signal) =>
    Promise.race([silence, new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(reason)))])
  const abort = new AbortController()
  const got = collect(first.routing.get(key, { signal: abort.signal }))
  abort.abort(reason)
  await expect(got).rejects.toBe(reason)
})

test('a peer that joins many topics and answers no fetch delays the fetches of no other peer', async () => {
  const { first, second: silent, time } = await startPair({ maxTopics: 1000 })
  const third = await startNode(time)
  third.node.link(first.node)
  silent.node.respond = () => silence
  const keys = Array.from({ length: 600 }, (_, number) => new TextEncoder().encode(`/toy/${number}`))
  for (const topic of keys) silent.node.subscribe(topicFromKey(topic))
  for (const topic of keys) first.routing.subscribe(topic)
  await flushMicrotasks()
  expect(first.routing.stats.fetches).toBe(8 + 512)
  third.receiver.publish(keys[5] as Uint8Array, good(3))
  third.routing.subscribe(keys[5] as Uint8Array)
  // a place is free once the first fetch has timed out
  await time.advance(10n * aSecond)
  expect(first.receiver.valueOf(keys[5] as Uint8Array)).toEqual(good(3))
})
