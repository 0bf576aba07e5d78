import { runStoreModel } from '@recordkit/record-conformance/model'
import { test } from 'vitest'
import { MemoryRecordStore } from '../src/index.ts'

test('MemoryRecordStore behaves like the model of a store', async () => {
  await runStoreModel({
    name: 'MemoryRecordStore',
    capabilities: new MemoryRecordStore().capabilities,
    open: (setting) => new MemoryRecordStore(setting)
  })
})
