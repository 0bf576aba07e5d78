import { FakeTimers } from '@recordkit/record-conformance'
import { createRecordComponents, records } from '@recordkit/record-libp2p'
import type { InboundLimitsOptions, Libp2pComponents, NetworkOptions } from '@recordkit/record-libp2p'
import { nodePubsub } from '@recordkit/record-libp2p/pubsub'
import { second } from '@recordkit/testing'
import { anyAuthor, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'

const engine = new ValidationEngine([signed('config', { authors: anyAuthor() })])
const key = new TextEncoder().encode('/config/x')

const invalid = (option: string): object =>
  expect.objectContaining({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(new RegExp(`^${option} is `)) as string
  }) as object

test.for([
  ['timeout', -1],
  ['timeout', 0],
  ['timeout', Number.NaN],
  ['quorum', 0],
  ['quorum', Number.NaN],
  ['copies', -1],
  ['maxRepairs', -1]
] satisfies [keyof NetworkOptions, number][])('a network option %s of %s is an invalid argument', ([option, value]) => {
  const options = { engine, store: new MemoryRecordStore(), network: { [option]: value } }
  expect(() => createRecordComponents(options)).toThrow(invalid(option))
  expect(() => records(options)).toThrow(invalid(option))
})

test.for([
  ['messagesPerSecond', 0],
  ['messagesPerSecond', -1],
  ['messagesPerSecond', Number.NaN],
  ['messagesPerSecond', Number.POSITIVE_INFINITY],
  ['burst', 0],
  ['maxStreams', -1],
  ['maxResetsPerMinute', Number.NaN],
  ['banThreshold', Number.NaN],
  ['banDuration', 0],
  ['maxTrackedPeers', 0]
] satisfies [keyof InboundLimitsOptions, number][])(
  'an inbound option %s of %s is an invalid argument',
  ([option, value]) => {
    const store = new MemoryRecordStore()
    expect(() => createRecordComponents({ engine, store, inbound: { [option]: value } })).toThrow(invalid(option))
  }
)

test('with a timeout of Infinity, a get sets no timer and waits until the node stops', async () => {
  const time = new FakeTimers()
  let asked = 0
  const components = {
    peerId: { toMultihash: () => ({ bytes: Uint8Array.of(0, 1, 1) }) },
    addressManager: { getAddresses: () => [] },
    contentRouting: {
      get: (_key: Uint8Array, { signal }: { readonly signal?: AbortSignal } = {}) => {
        asked++
        return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
      }
    }
  } as unknown as Libp2pComponents
  const service = records({
    engine,
    store: new MemoryRecordStore(),
    dht: false,
    network: { timeout: Number.POSITIVE_INFINITY },
    setTimer: time.setTimer
  })(components)
  const getting = service.manager.get(key)
  let settled = false
  getting.catch(() => (settled = true))
  await time.advance(1_000_000n * second)
  expect([asked, settled, time.pending]).toEqual([1, false, 0])
  await service.beforeStop()
  await expect(getting).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
  await service.close()
})

test('an unknown option of nodePubsub is an invalid argument', () => {
  expect(() => nodePubsub({ maxTopic: 1 } as never)).toThrow('unknown option "maxTopic"; did you mean "maxTopics"?')
})
