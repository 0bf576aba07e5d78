import { RecordManager, replication } from '@recordkit/record-manager'
import type { ReplicationReceipt, RoutingAck } from '@recordkit/record-types'
import { hour, minute } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { bytes, createTestManager } from './test-manager.ts'

/** A manager whose puts reach 20 peers, of which `stored` acknowledge. */
async function setUp() {
  const { engine, store, signer, time, key } = await createTestManager()
  const state = { stored: 1, puts: 0, during: async (): Promise<unknown> => undefined }
  const network = {
    get: async () => undefined,
    put: async (): Promise<ReplicationReceipt> => {
      state.puts++
      await state.during()
      const peers = Array.from({ length: 20 }, (_, index): RoutingAck => ({
        from: Uint8Array.of(index),
        status: index < state.stored ? 'stored' : 'timeout'
      }))
      return { copies: { requested: 1, reached: state.stored }, peers }
    }
  }
  const { clock, setTimer } = time
  const replicated = replication(network, { random: () => 0 })
  const manager = new RecordManager({ engine, store, signer, clock, setTimer, network: replicated })
  const events: string[] = []
  for (const type of ['record:published', 'record:unpublished'] as const)
    manager.events.addEventListener(type, () => events.push(type))
  return { manager, store, time, key, state, events }
}

test('a put that one of 20 peers acknowledges succeeds, does not count as published, and is published again soon', async () => {
  const { manager, store, time, key, state, events } = await setUp()
  await manager.start()
  const { receipt } = await manager.put(key, bytes('green'))
  expect(receipt?.copies).toEqual({ requested: 1, reached: 1 })
  expect(events).toEqual(['record:unpublished'])
  expect((await store.publication(key))?.published).toBeUndefined()
  expect(manager.republishQueue).toMatchObject([
    {
      key,
      next: time.now + minute,
      failures: 1,
      error: {
        code: 'TOO_FEW_COPIES',
        message: '1 of 20 peers stored the record, fewer than ten and than half; it is published again',
        details: { copies: { reached: 1 } }
      }
    }
  ])
  await time.advance(minute)
  expect(state.puts).toBe(2)
  expect(manager.republishQueue).toMatchObject([{ next: time.now + 2n * minute, failures: 2 }])
  state.stored = 10
  await time.advance(2n * minute)
  expect(state.puts).toBe(3)
  expect(events).toEqual(['record:unpublished', 'record:unpublished', 'record:published'])
  expect((await store.publication(key))?.published).toBe(time.now)
  expect(manager.republishQueue).toMatchObject([{ next: time.now + 22n * hour, failures: 0 }])
  await manager.stop()
})

test('a record that was deleted during a put with too few copies is not published again', async () => {
  const { manager, time, key, state } = await setUp()
  state.during = async () => manager.delete(key)
  await manager.put(key, bytes('green'))
  await manager.start()
  await time.advance(hour)
  expect(state.puts).toBe(1)
  expect(manager.republishQueue).toEqual([])
  await manager.stop()
})
