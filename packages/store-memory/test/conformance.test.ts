import { testStore } from '@recordkit/record-conformance'
import { describe, test } from 'vitest'
import { MemoryRecordStore } from '../src/index.ts'

testStore(
  { test, describe },
  {
    name: 'MemoryRecordStore',
    capabilities: {
      durable: false,
      expiryIndex: true,
      snapshot: false,
      multiProcess: false,
      persistent: false,
      atomicBatch: true
    },
    open: (setting) => new MemoryRecordStore(setting)
  }
)
