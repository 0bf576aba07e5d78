import { flushMicrotasks } from '@recordkit/record-conformance'
import { topicFromKey } from '@recordkit/store-dht/pubsub'
import { second as aSecond } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { MemoryNode } from './memory-pubsub.ts'
import { collect, startLine, startPair } from './pubsub-node.ts'
import { forged, good, key } from './toy-engine.ts'

const topic = topicFromKey(key)
const keyOf = (number: number): Uint8Array => new TextEncoder().encode(`/toy/${number}`)

test('forwards one record of a key per second: the latest waits, those before it are not forwarded', async () => {
  const { nodes, time } = await startLine(3)
  const [, middle, last] = nodes
  const sender = nodes[0]?.node as MemoryNode
  middle?.routing.subscribe(key)
  last?.routing.subscribe(key)
  const verdicts = [1, 2, 3, 4].map((rank) => sender.sendTo(middle?.node as MemoryNode, topic, good(rank)))
  await flushMicrotasks()
  // stored immediately, also while it waits to be forwarded
  expect(middle?.receiver.valueOf(key)).toEqual(good(4))
  expect(last?.receiver.valueOf(key)).toEqual(good(1))
  await time.advance(aSecond - 1n)
  expect(last?.receiver.valueOf(key)).toEqual(good(1))
  await time.advance(1n)
  expect(last?.receiver.valueOf(key)).toEqual(good(4))
  expect(await Promise.all(verdicts)).toEqual(['accept', 'ignore', 'ignore', 'accept'])
  expect(last?.receiver.received).toEqual([good(1), good(4)])
})

test('publishes one record of ours per second and key, the latest', async () => {
  const { first, second, time } = await startPair()
  second.routing.subscribe(key)
  for (const rank of [1, 2, 3]) await collect(first.routing.put(key, good(rank)))
  await flushMicrotasks()
  expect(first.node.published.map(({ data }) => data)).toEqual([good(1)])
  await time.advance(aSecond)
  expect(first.node.published.map(({ data }) => data)).toEqual([good(1), good(3)])
})

test('the records of other keys do not wait', async () => {
  const { first, second } = await startPair()
  for (const number of [1, 2, 3]) second.routing.subscribe(keyOf(number))
  for (const number of [1, 2, 3]) await collect(first.routing.put(keyOf(number), good(1)))
  await flushMicrotasks()
  expect(second.receiver.records.size).toBe(3)
})

test('what waits to be forwarded is not forwarded after a stop', async () => {
  const { first, second, time } = await startPair()
  second.routing.subscribe(key)
  const verdicts = [1, 2].map((rank) => first.node.sendTo(second.node, topic, good(rank)))
  await flushMicrotasks()
  await second.routing.stop()
  await first.routing.stop()
  expect(await Promise.all(verdicts)).toEqual(['accept', 'ignore'])
  expect(time.pending).toBe(0)
})

test('a flood of forgeries on a topic is dropped unread once its budget is spent, and the honest record arrives', async () => {
  // 100 µs each, and 200 µs for what a message costs in any case
  let work = 0
  const { first, second, time } = await startPair({ measure: () => (work += 100) })
  const flooder = new MemoryNode()
  flooder.link(second.node)
  second.routing.subscribe(key)
  const verdicts: string[] = []
  for (let rank = 0; rank < 2000; rank++) verdicts.push(await flooder.sendTo(second.node, topic, forged(rank % 256)))
  // ten seconds of 1 % of a core
  expect(second.receiver.received.length).toBe(334)
  expect(verdicts.filter((verdict) => verdict === 'reject')).toHaveLength(334)
  expect(verdicts.filter((verdict) => verdict === 'ignore')).toHaveLength(1666)
  expect(await first.node.sendTo(second.node, topic, good(1))).toBe('accept')
  expect(second.receiver.valueOf(key)).toEqual(good(1))
  // its budget is refilled
  await time.advance(aSecond)
  expect(await flooder.sendTo(second.node, topic, forged(1))).toBe('reject')
})

test('copies and stale records spend the budget of their sender too', async () => {
  const { first, second } = await startPair()
  second.routing.subscribe(key)
  for (let round = 0; round < 1000; round++) await first.node.sendTo(second.node, topic, good(round === 0 ? 9 : 1))
  expect(second.receiver.received.length).toBe(501)
})

test('an author who publishes more often than once a second uses the budget of the peer that forwards it', async () => {
  const { first, second, time } = await startPair()
  second.routing.subscribe(key)
  const value = (number: number): Uint8Array => Uint8Array.of(number >> 8, 0x67, number & 255)
  for (let number = 0; number < 1000; number++) {
    void first.node.sendTo(second.node, topic, value(number))
    await flushMicrotasks()
  }
  expect(second.receiver.received.length).toBe(501)
  const other = new MemoryNode()
  other.link(second.node)
  void other.sendTo(second.node, topic, value(5000))
  await time.advance(aSecond)
  expect(second.receiver.valueOf(key)).toEqual(value(5000))
  expect(second.node.verdicts.filter((verdict) => verdict === 'accept')).toHaveLength(2)
})

test('one record a second uses no budget', async () => {
  const { first, second, time } = await startPair({
    budget: { isEmpty: () => false, spend: () => expect.fail('spent') }
  })
  second.routing.subscribe(key)
  for (let rank = 0; rank < 20; rank++) {
    expect(await first.node.sendTo(second.node, topic, good(rank))).toBe('accept')
    await time.advance(aSecond)
  }
})

test('peers of one group share a budget', async () => {
  const { first, second } = await startPair({ groupOf: () => Uint8Array.of(4, 203, 0, 113) })
  second.routing.subscribe(key)
  for (let peer = 0; peer < 1000; peer++) {
    const flooder = new MemoryNode()
    flooder.link(second.node)
    await flooder.sendTo(second.node, topic, forged(1))
  }
  expect(second.receiver.received.length).toBe(500)
  expect(await first.node.sendTo(second.node, topic, good(1))).toBe('ignore')
})

test('while a record is verified, the latest message of each sender waits, and the honest record is next', async () => {
  const { first, second } = await startPair()
  const flooder = new MemoryNode()
  flooder.link(second.node)
  second.routing.subscribe(key)
  let release = (): void => undefined
  second.receiver.wait = async () => new Promise<void>((resolve) => (release = resolve))
  const flood = Array.from({ length: 5000 }, (_, rank) => flooder.sendTo(second.node, topic, forged(rank % 256)))
  const honest = first.node.sendTo(second.node, topic, good(1))
  await flushMicrotasks()
  expect(second.routing.stats.waiting).toBe(2)
  second.receiver.wait = async () => undefined
  release()
  expect(await honest).toBe('accept')
  expect((await Promise.all(flood)).filter((verdict) => verdict === 'reject')).toHaveLength(2)
  expect(second.receiver.received.length).toBe(3)
})

test('a sender that floods many topics loses only messages of its own', async () => {
  const { first, second } = await startPair()
  const flooder = new MemoryNode()
  flooder.link(second.node)
  for (let number = 0; number < 400; number++) second.routing.subscribe(keyOf(number))
  const release: (() => void)[] = []
  second.receiver.wait = async () => new Promise<void>((resolve) => release.push(resolve))
  const flood = Array.from({ length: 400 }, (_, number) =>
    flooder.sendTo(second.node, topicFromKey(keyOf(number)), forged(1))
  )
  await flushMicrotasks()
  // four are verified
  expect(second.routing.stats.waiting).toBe(256)
  const honest = first.node.sendTo(second.node, topicFromKey(keyOf(399)), good(1))
  await flushMicrotasks()
  expect(second.routing.stats.waiting).toBe(256)
  second.receiver.wait = async () => undefined
  for (const resolve of release) resolve()
  expect(await honest).toBe('accept')
  await Promise.all(flood)
  expect(second.routing.stats.waiting).toBe(0)
})

test('bounds the size of the messages that wait', async () => {
  const { second } = await startPair()
  second.routing.subscribe(key)
  let release = (): void => undefined
  second.receiver.wait = async () => new Promise<void>((resolve) => (release = resolve))
  const flood = Array.from({ length: 40 }, () => {
    const flooder = new MemoryNode()
    flooder.link(second.node)
    return flooder.sendTo(second.node, topic, new Uint8Array(100_000))
  })
  await flushMicrotasks()
  // 1 MiB
  expect(second.routing.stats.waiting).toBe(10)
  second.receiver.wait = async () => undefined
  release()
  await Promise.all(flood)
})

test('messages that wait are ignored after a stop', async () => {
  const { first, second } = await startPair()
  second.routing.subscribe(key)
  let release = (): void => undefined
  second.receiver.wait = async () => new Promise<void>((resolve) => (release = resolve))
  const verdicts = [forged(1), forged(2)].map((value) => first.node.sendTo(second.node, topic, value))
  await flushMicrotasks()
  const stopped = second.routing.stop()
  expect(await verdicts[1]).toBe('ignore')
  release()
  await stopped
  expect(await verdicts[0]).toBe('reject')
})
