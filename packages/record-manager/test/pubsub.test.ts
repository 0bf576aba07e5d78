import { flushMicrotasks } from '@recordkit/record-conformance'
import { replication } from '@recordkit/record-manager'
import { RecordError } from '@recordkit/record-types'
import type { PubsubReceiver, PubsubSubscription, RecordPubsub } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { second } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { bytes, createTestManager, text } from './test-manager.ts'

const sender = Uint8Array.of(0, 1, 7)

/** PubSub that records how it is used. */
class FakePubsub implements RecordPubsub {
  receiver: PubsubReceiver | undefined
  readonly subscribed = new Map<string, number>()
  readonly unpublishedKeys: Uint8Array[] = []
  isShared = false
  failure: Error | undefined

  async start(receiver: PubsubReceiver): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    this.receiver = receiver
  }

  async stop(): Promise<void> {
    this.receiver = undefined
  }

  subscribe(key: Uint8Array): PubsubSubscription {
    if (this.failure !== undefined) throw this.failure
    const name = mapKey(key)
    const change = (by: number): number => (this.subscribed.get(name) ?? 0) + by
    this.subscribed.set(name, change(1))
    const { isShared } = this
    return { isShared, end: () => this.subscribed.set(name, change(-1)) }
  }

  unpublished(key: Uint8Array): void {
    this.unpublishedKeys.push(key)
  }
}

test('watch subscribes to the topic of a key, and returns what a peer publishes there', async () => {
  const pubsub = new FakePubsub()
  const { manager, local, key, getCalls } = await createTestManager({ pubsub })
  const { record } = await local.put(key, bytes('green'), { offline: true })
  await local.delete(key)
  await manager.start()
  const watching = manager.watch(key)
  const next = watching.next()
  await flushMicrotasks()
  expect([...pubsub.subscribed]).toEqual([[mapKey(key), 1]])
  const { local: other } = await createTestManager()
  expect(record.content).toEqual(bytes('green'))
  const value = (await other.put(key, bytes('blue'), { sequence: record.sequence! + 1n })).record.value
  const group = Uint8Array.of(4, 1, 2, 3)
  expect(await pubsub.receiver?.receive(key, value, { sender, group })).toMatchObject({ status: 'stored' })
  expect(await pubsub.receiver?.receive(key, value, { sender, group })).toMatchObject({ status: 'refreshed' })
  expect(await pubsub.receiver?.receive(key, record.value, { sender, group })).toMatchObject({ status: 'stale' })
  expect(await pubsub.receiver?.receive(key, bytes('x'), { sender, group })).toMatchObject({ status: 'ignored' })
  expect(text((await next).value?.content)).toBe('blue')
  expect(getCalls).toEqual([])
  await watching.return(undefined)
  expect([...pubsub.subscribed]).toEqual([[mapKey(key), 0]])
})

test('watch ends its subscription when it is aborted, when the manager stops, and when it cannot begin', async () => {
  const pubsub = new FakePubsub()
  const { manager, key } = await createTestManager({ pubsub })
  const abort = new AbortController()
  const aborted = manager.watch(key, { signal: abort.signal }).next()
  await flushMicrotasks()
  abort.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
  const stopped = manager.watch(key).next()
  await flushMicrotasks()
  expect(pubsub.subscribed.get(mapKey(key))).toBe(1)
  await manager.stop()
  expect((await stopped).done).toBe(true)
  expect(pubsub.subscribed.get(mapKey(key))).toBe(0)
  pubsub.failure = new RecordError('QUOTA', '500 topics are subscribed')
  await expect(manager.watch(key).next()).rejects.toMatchObject({ code: 'QUOTA' })
  expect((await manager.stats()).watchers).toBe(0)
})

test('a prefix has no topic', async () => {
  const pubsub = new FakePubsub()
  const { manager } = await createTestManager({ pubsub })
  const watching = manager.watch({ prefix: '/config/' }).next()
  await flushMicrotasks()
  expect(pubsub.subscribed.size).toBe(0)
  await manager.stop()
  await watching
})

test('while no other peer is on the topic, and when it cannot subscribe, every look-up of pollInterval is made', async () => {
  for (const failure of [undefined, new RecordError('QUOTA', '500 topics are subscribed')]) {
    const pubsub = new FakePubsub()
    pubsub.failure = failure
    const { manager, key, getCalls, time } = await createTestManager({ pubsub })
    const watching = manager.watch(key, { pollInterval: 1000 }).next()
    await flushMicrotasks()
    await time.advance(20n * second)
    expect(getCalls).toHaveLength(20)
    await manager.stop()
    await watching
  }
})

test('while another peer is on the topic, every tenth look-up is made: it may forward nothing', async () => {
  const pubsub = new FakePubsub()
  pubsub.isShared = true
  const { manager, key, getCalls, time } = await createTestManager({ pubsub })
  const watching = manager.watch(key, { pollInterval: 1000 }).next()
  await flushMicrotasks()
  await time.advance(20n * second)
  expect(getCalls).toHaveLength(2)
  await manager.stop()
  await watching
})

test('PubSub receives the namespaces, the keys that are published, and no record that was put offline', async () => {
  const pubsub = new FakePubsub()
  const { manager, key, name } = await createTestManager({ pubsub })
  await manager.start()
  await manager.put(key, bytes('green'))
  await manager.put(name, bytes('/ipfs/bafkqaaa'), { offline: true })
  const { receiver } = pubsub
  expect(receiver?.namespaces).toEqual(['ipns', 'config', 'plain'])
  const keys: Uint8Array[] = []
  for await (const published of receiver?.publishedKeys() ?? []) keys.push(published)
  expect(keys).toEqual([key])
  expect((await receiver?.getForPeers(key))?.value).toBeDefined()
  expect(await receiver?.getForPeers(name)).toBeUndefined()
  await manager.unpublish(key)
  await manager.delete(key)
  expect(pubsub.unpublishedKeys).toEqual([key, key])
  await manager.stop()
  expect(pubsub.receiver).toBeUndefined()
})

test('start fails with the error of PubSub, before records are published', async () => {
  const pubsub = new FakePubsub()
  const { manager, time } = await createTestManager({ pubsub })
  pubsub.failure = new RecordError('ROUTING_FAILED', 'PubSub has not started')
  await expect(manager.start()).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
  expect(time.pending).toBe(0)
})

test('replication rejects what is not PubSub, and names the option', () => {
  const network = { get: async () => undefined, put: async () => Promise.reject(new Error('unused')) }
  expect(() => replication(network, { pubsub: {} as RecordPubsub })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('pubsub is') })
  )
})
