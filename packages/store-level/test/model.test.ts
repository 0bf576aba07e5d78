import { runStoreModel } from '@recordkit/record-conformance/model'
import { MemoryLevel } from 'memory-level'
import { test } from 'vitest'
import { levelFactory } from './databases.ts'

test('LevelRecordStore behaves as the model of a store, also after reopening', async () => {
  const capabilities = {
    durable: false,
    expiryIndex: true,
    snapshot: true,
    multiProcess: false,
    persistent: true,
    atomicBatch: true
  }
  await runStoreModel(levelFactory('LevelRecordStore', capabilities, () => new MemoryLevel(), { cleanUp: () => {} }))
})
