import { testStore } from '@recordkit/record-conformance'
import { BrowserLevel } from 'browser-level'
import { describe, test } from 'vitest'
import { levelFactory } from './databases.ts'

let count = 0

/** IndexedDB takes seconds for these; `conformance.test.ts` runs them on a database that has no synchronous reads either. */
const large = ['iterate/many', 'iterate/writes', 'expiry/sweep-many', 'read/thousands']
const runner = {
  describe,
  test: (title: string, run: () => Promise<void>): void => {
    if (!large.some((id) => title.endsWith(`(${id})`))) test(title, run)
  }
}

testStore(
  runner,
  levelFactory(
    'LevelRecordStore on browser-level',
    { durable: false, expiryIndex: true, snapshot: false, multiProcess: false, persistent: true, atomicBatch: true },
    () => new BrowserLevel(`conformance-${Math.random()}-${count++}`)
  )
)
