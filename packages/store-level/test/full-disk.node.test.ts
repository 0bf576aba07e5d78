import { expect, test } from 'vitest'
import { diskSize, fullDiskRounds } from './disk/full-disk-rounds.ts'
import { mountSmallDisk } from './disk/small-disk.ts'

for (const durable of [true, false]) {
  test(`loses no acknowledged write while the disk is full and after, with durable: ${durable}`, async ({ skip }) => {
    const disk = await mountSmallDisk(diskSize)
    if ('refused' in disk) {
      skip(`no tmpfs can be mounted: ${disk.refused}`)
      return
    }
    try {
      const { acknowledged, resumed, problems } = await fullDiskRounds(disk, 1, durable)
      expect(problems).toEqual([])
      expect(acknowledged).toBeGreaterThan(0)
      expect(resumed).toBeGreaterThan(0)
    } finally {
      await disk.remove()
    }
  })
}
