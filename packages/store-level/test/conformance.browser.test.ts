import { testStore } from '@recordkit/record-conformance'
import { BrowserLevel } from 'browser-level'
import { describe, test } from 'vitest'
import { levelFactory } from './databases.ts'

let count = 0

testStore(
  { test, describe },
  levelFactory(
    'LevelRecordStore on browser-level',
    { durable: false, expiryIndex: true, snapshot: false, multiProcess: false, persistent: true, atomicBatch: true },
    () => new BrowserLevel(`conformance-${Math.random()}-${count++}`)
  )
)
