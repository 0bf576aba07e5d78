import { gossipsub } from '@libp2p/gossipsub'
import { createTestNode } from '@recordkit/record-test-network'
import { topicFromKey } from '@recordkit/store-dht/pubsub'
import type { PubsubRouting } from '@recordkit/store-dht/pubsub'
import { pubsubRouting } from '@recordkit/store-dht/pubsub'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newOwner, startPubsubLine, startPubsubNode, stopAll, waitForSubscribers } from './pubsub-nodes.ts'
import type { PubsubNode } from './pubsub-nodes.ts'

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const managerOf = (node: PubsubNode): PubsubNode['services']['records']['manager'] => node.services.records.manager

let nodes: readonly PubsubNode[]
let first: PubsubNode
let last: PubsubNode

beforeAll(async () => {
  nodes = await startPubsubLine(5)
  first = nodes[0] as PubsubNode
  last = nodes[4] as PubsubNode
})

afterAll(async () => stopAll(nodes))

/** Watches a key on nodes. Each returned function resolves to the next content, and `end` ends all. */
function watchAll(watching: readonly PubsubNode[], key: Uint8Array) {
  const end = new AbortController()
  const streams = watching.map((node) => managerOf(node).watch(key, { signal: end.signal }))
  const next = streams.map((stream) => async () => (await stream.next()).value?.content)
  return {
    next,
    async end() {
      end.abort()
      for (const stream of streams) await stream.return(undefined)
    }
  }
}

test('a record that the first of five nodes in a line puts reaches the watchers of all others', async () => {
  const { signer, key } = await newOwner()
  const { next, end } = watchAll(nodes.slice(1), key)
  const arrived = next.map(async (one) => one())
  await waitForSubscribers(first, key, 1)
  for (const node of nodes.slice(1, -1)) await waitForSubscribers(node, key, node === nodes[1] ? 1 : 2)
  await managerOf(first).put(key, text('one'), { signer })
  expect(await Promise.all(arrived)).toEqual([text('one'), text('one'), text('one'), text('one')])
  const changed = next.map(async (one) => one())
  await managerOf(first).put(key, text('two'), { signer })
  expect(await Promise.all(changed)).toEqual([text('two'), text('two'), text('two'), text('two')])
  await end()
})

test('a node that subscribes later receives the record by fetch, and so does one that connects later', async () => {
  const { signer, key } = await newOwner()
  const { next, end } = watchAll([nodes[3] as PubsubNode], key)
  const arrived = next[0]?.()
  const fourth = nodes[3] as PubsubNode
  await waitForSubscribers(last, key, 1)
  await managerOf(last).put(key, text('early'), { signer })
  expect(await arrived).toEqual(text('early'))

  const third = watchAll([nodes[2] as PubsubNode], key)
  expect(await third.next[0]?.()).toEqual(text('early'))

  const late = await startPubsubNode()
  const watching = watchAll([late], key)
  const fetched = watching.next[0]?.()
  await late.dial(fourth.getMultiaddrs())
  expect(await fetched).toEqual(text('early'))
  for (const one of [third, watching]) await one.end()
  await end()
  await late.stop()
})

test('fetch answers with nothing that was put offline, or whose topic is not joined', async () => {
  const { signer, key } = await newOwner()
  const second = nodes[1] as PubsubNode
  const ask = async (): Promise<Uint8Array | undefined> => second.services.fetch.fetch(first.peerId, key)
  await managerOf(first).put(key, text('private'), { signer, offline: true })
  const watching = watchAll([first], key)
  watching.next[0]?.().catch(() => undefined)
  await waitForSubscribers(second, key, 1)
  expect(await ask()).toBeUndefined()
  const { record } = await managerOf(first).put(key, text('public'), { signer })
  expect(Uint8Array.from((await ask()) ?? [])).toEqual(record.value)
  await watching.end()
  await managerOf(first).unpublish(key)
  expect(await ask()).toBeUndefined()
})

test('a flood of forgeries and garbage is neither forwarded nor stored, and the newest honest record arrives', async () => {
  const { signer, key } = await newOwner()
  const topic = topicFromKey(key)
  const flooder = await createTestNode({ services: { pubsub: gossipsub() } })
  const flood = flooder.services.pubsub
  await flooder.dial((nodes[1] as PubsubNode).getMultiaddrs())
  const { next, end } = watchAll([nodes[2] as PubsubNode, nodes[1] as PubsubNode], key)
  const arrived = next.map(async (one) => one())
  await waitForSubscribers(flooder, key, 1)
  await waitForSubscribers(first, key, 1)
  await waitForSubscribers(nodes[1] as PubsubNode, key, 1)
  // the received records of the node behind the one that is flooded
  let refused = 0
  managerOf(nodes[2] as PubsubNode).events.addEventListener('record:refused', () => refused++)
  let received = 0
  managerOf(nodes[1] as PubsubNode).events.addEventListener('record:refused', () => received++)

  const { record } = await managerOf(first).put(key, text('honest'), { signer, offline: true })
  const forged = record.value.slice()
  forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1
  const malformed = [new Uint8Array(0), Uint8Array.of(0xff), record.value.slice(0, 40), new Uint8Array(200_000), forged]
  for (let round = 0; round < 400; round++) await flood.publish(topic, malformed[round % malformed.length])
  await managerOf(first).put(key, text('newest'), { signer })
  expect(await Promise.all(arrived)).toEqual([text('newest'), text('newest')])
  expect(refused).toBe(0)
  expect(received).toBeLessThanOrEqual(400)
  expect((await managerOf(nodes[1] as PubsubNode).getRecord(key, { offline: true }))?.content).toEqual(text('newest'))
  await end()
  await flooder.stop()
})

test('topics and validators are gone when watchers end, records are deleted and the node stops', async () => {
  const { signer, key } = await newOwner()
  const node = await startPubsubNode()
  const { pubsub } = node.services
  const manager = managerOf(node)
  for (let round = 0; round < 20; round++) {
    const watching = watchAll([node, node], key)
    const ended = watching.next.map(async (one) => one().catch(() => undefined))
    expect(pubsub.getTopics()).toEqual([topicFromKey(key)])
    await watching.end()
    await Promise.all(ended)
    expect(pubsub.getTopics()).toEqual([])
  }
  const neighbour = watchAll([first], key)
  const received = neighbour.next[0]?.()
  await node.dial(first.getMultiaddrs())
  await waitForSubscribers(node, key, 1)
  await manager.put(key, text('one'), { signer })
  expect(await received).toEqual(text('one'))
  expect(pubsub.getTopics()).toEqual([topicFromKey(key)])
  await manager.delete(key)
  expect([pubsub.getTopics(), [...pubsub.topicValidators.keys()]]).toEqual([[], []])
  await manager.put(key, text('two'), { signer })
  await neighbour.end()
  await node.stop()
  expect([...pubsub.topicValidators.keys()]).toEqual([])
  await node.start()
  // the publication is in the store
  expect(pubsub.getTopics()).toEqual([topicFromKey(key)])
  await node.stop()
})

test('a node without the PubSub service fails to start, and names the option', async () => {
  await expect(startPubsubNode({ service: 'gossip' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('"gossip"')
  })
})

test('the services of js-libp2p fit the interfaces without a cast', async () => {
  const routing: PubsubRouting = pubsubRouting(first.services.pubsub, { fetch: first.services.fetch })
  expect(routing.stats.topics).toBe(0)
})
