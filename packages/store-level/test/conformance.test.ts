import { testStore } from '@recordkit/record-conformance'
import { MemoryLevel } from 'memory-level'
import { describe, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { levelFactory, withoutSyncReads } from './databases.ts'
import { FaultyLevel } from './faulty-level.ts'

const inMemory = {
  durable: false,
  expiryIndex: true,
  snapshot: true,
  multiProcess: false,
  persistent: false,
  atomicBatch: true
}

testStore(
  { test, describe },
  levelFactory('LevelRecordStore on memory-level', inMemory, () => new MemoryLevel(), {
    manyEntries: undefined,
    openFaulty: async (setting) => {
      const database = new FaultyLevel()
      return {
        store: await LevelRecordStore.open(database, setting),
        fail: (operation, error) => {
          if (operation === 'read') database.readError = error
          else database.writeError = error
        }
      }
    }
  })
)

testStore(
  { test, describe },
  levelFactory('LevelRecordStore on a sublevel', inMemory, () => new MemoryLevel().sublevel('records'))
)

testStore(
  { test, describe },
  levelFactory('LevelRecordStore on a database without synchronous reads', inMemory, () =>
    withoutSyncReads(new MemoryLevel())
  )
)
