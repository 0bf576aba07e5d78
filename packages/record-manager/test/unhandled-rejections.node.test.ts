import { setImmediate } from 'node:timers/promises'
import { RecordError } from '@recordkit/record-types'
import { RecordManager, replication } from '@recordkit/record-manager'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LookupCache } from '../src/lookup-cache.ts'

const unhandled: unknown[] = []
const listener = (error: unknown): void => void unhandled.push(error)
const failure = new RecordError('ROUTING_FAILED', 'the network is unreachable')
const failingNetwork = {
  get: async () => Promise.reject(failure),
  put: async () => Promise.reject(failure)
}

beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', listener)
})
afterEach(() => {
  process.off('unhandledRejection', listener)
})

test('a get whose signal aborts in the turn in which the network fails leaves no unhandled rejection', async () => {
  const controller = new AbortController()
  const reason = new Error('cancelled')
  const manager = new RecordManager({
    engine: new ValidationEngine([ipns()]),
    store: new MemoryRecordStore(),
    network: replication(failingNetwork)
  })
  const get = manager.get('/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8', {
    signal: controller.signal,
    onProgress: ({ type }) => {
      if (type === 'record:get:lookup') controller.abort(reason)
    }
  })
  await expect(get).rejects.toBe(reason)
  await setImmediate()
  expect(unhandled).toEqual([])
})

test('a look-up with an aborted signal leaves no unhandled rejection when the network fails', async () => {
  const cache = new LookupCache(failingNetwork, { engine: new ValidationEngine([ipns()]), clock: () => 0n })
  const reason = new Error('cancelled')
  await expect(cache.best(Uint8Array.of(1), undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  await setImmediate()
  expect(unhandled).toEqual([])
})
