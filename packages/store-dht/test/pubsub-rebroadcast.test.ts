import { mapKey } from '@recordkit/record-types/internal'
import { topicFromKey } from '@recordkit/store-dht/pubsub'
import { day, minute } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { collect, startNode, startPair } from './pubsub-node.ts'
import { good, key } from './toy-engine.ts'

const topic = topicFromKey(key)

test('joins the topics of publications at the start, and publishes them again after an interval', async () => {
  const { first, second, time } = await startPair()
  second.routing.subscribe(key)
  first.receiver.publish(key, good(1))
  await first.routing.start(first.receiver)
  expect(first.node.topics).toEqual(new Set([topic]))
  await time.advance(35n * minute)
  // the first after a minute, as it is not known when it was published
  expect(first.node.published.map(({ data }) => data)).toEqual([good(1), good(1), good(1), good(1)])
})

test('does not publish again what it only watches', async () => {
  const { first, second, time } = await startPair()
  first.routing.subscribe(key)
  await collect(second.routing.get(key)).catch(() => undefined)
  await second.node.sendTo(first.node, topic, good(1))
  await time.advance(60n * minute)
  expect(first.node.published).toEqual([])
})

test('does not publish again while another peer publishes the same record', async () => {
  const { first, second, time } = await startPair()
  first.receiver.publish(key, good(1))
  await first.routing.start(first.receiver)
  for (let round = 0; round < 10; round++) {
    await second.node.sendTo(first.node, topic, good(1))
    await time.advance(9n * minute)
  }
  expect(first.node.published).toEqual([])
  await time.advance(3n * minute)
})

test('an older record of another peer does not delay ours', async () => {
  const { first, second, time } = await startPair()
  second.node.subscribe(topic)
  first.receiver.publish(key, good(5))
  await first.routing.start(first.receiver)
  for (let round = 0; round < 12; round++) {
    await second.node.sendTo(first.node, topic, good(1))
    await time.advance(minute)
  }
  expect(first.node.published.map(({ data }) => data)).toEqual([good(5), good(5)])
})

test('does not publish what was put offline, deleted or unpublished', async () => {
  const { first, second, time } = await startPair()
  second.node.subscribe(topic)
  first.receiver.publish(key, good(1))
  await first.routing.start(first.receiver)
  first.receiver.offline.add(mapKey(key))
  await time.advance(30n * minute)
  first.receiver.offline.clear()
  first.receiver.records.clear()
  await time.advance(30n * minute)
  first.receiver.records.set(mapKey(key), good(1))
  first.routing.unpublished(key)
  first.receiver.publications.clear()
  await time.advance(30n * minute)
  expect(first.node.published).toEqual([])
  expect(first.node.topics.size).toBe(0)
})

test('notices within an interval what is published or not published any more', async () => {
  const { first, time } = await startPair()
  first.receiver.publish(key, good(1))
  await time.advance(10n * minute)
  expect(first.node.topics.size).toBe(1)
  first.receiver.publications.clear()
  await time.advance(10n * minute)
  expect(first.node.topics.size).toBe(0)
})

test('publications that cannot be read now are read at the next interval', async () => {
  const { first, time } = await startPair()
  first.receiver.publish(key, good(1))
  const { publishedKeys } = first.receiver
  first.receiver.publishedKeys = async function* () {
    yield* []
    throw new Error('the disk is full')
  }
  await time.advance(10n * minute)
  first.receiver.publishedKeys = publishedKeys
  await time.advance(10n * minute)
  expect(first.node.topics.size).toBe(1)
})

test('a clock that is set back does not stop publications', async () => {
  const { first, second, time } = await startPair()
  second.node.subscribe(topic)
  first.receiver.publish(key, good(1))
  await first.routing.start(first.receiver)
  time.offset = -day
  await time.advance(minute)
  expect(first.node.published).toHaveLength(1)
  await time.advance(11n * minute)
  expect(first.node.published).toHaveLength(2)
})

test('more publications than topics: as many as there may be are joined, and stop is complete', async () => {
  const { time } = await startPair()
  const { node, routing, receiver } = await startNode(time, { maxTopics: 3 })
  for (let number = 0; number < 10; number++) receiver.publish(new TextEncoder().encode(`/toy/${number}`), good(1))
  await routing.start(receiver)
  expect(node.topics.size).toBe(3)
  await time.advance(20n * minute)
  expect(node.topics.size).toBe(3)
  await routing.stop()
  expect(node.topics.size).toBe(0)
})

test('an infinite interval starts no timer', async () => {
  const { time } = await startPair()
  const before = time.pending
  const { routing } = await startNode(time, { rebroadcastInterval: Number.POSITIVE_INFINITY })
  expect(time.pending).toBe(before)
  await routing.stop()
})
