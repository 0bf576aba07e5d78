import { runStoreModel } from '@recordkit/record-conformance/model'
import { test } from 'vitest'
import { MemoryRecordStore } from '../src/index.ts'

test('does what the model of a store does', async () => {
  await runStoreModel({
    name: 'MemoryRecordStore',
    capabilities: new MemoryRecordStore().capabilities,
    open: (setting) => new MemoryRecordStore(setting)
  })
})
