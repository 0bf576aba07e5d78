import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testStore } from '@recordkit/record-conformance'
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { levelFactory } from './databases.ts'

let folder = ''
let count = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recordkit-level-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

for (const durable of [false, true]) {
  const capabilities = {
    durable,
    expiryIndex: true,
    snapshot: true,
    multiProcess: false,
    persistent: true,
    atomicBatch: true
  }
  const make = (): ClassicLevel => new ClassicLevel(join(folder, String(count++)))
  testStore(
    { test, describe },
    levelFactory(`LevelRecordStore on classic-level, durable: ${durable}`, capabilities, make, {
      options: { durable },
      // without waiting for the disk, as many entries as the kit asks for
      ...(durable ? {} : { manyEntries: undefined })
    })
  )
}
