import { expect, test } from 'vitest'
import { runYear } from '../src/year/run-year.ts'
import { levelStorage, memoryStorage } from '../src/year/storages.ts'

test.each([
  ['one device with a store in memory', 1, memoryStorage, 11],
  ['two devices with Level stores', 2, levelStorage, 12]
] as const)(
  'publications of %s stay valid, deleted, offline and current through ten days of troubles',
  async (_name, devices, storage, seed) => {
    const world = await runYear({ seed, days: 10, devices, storage })
    expect(world.violations).toEqual([])
    expect(world.counts['checks of published records']).toBeGreaterThan(500)
  }
)
