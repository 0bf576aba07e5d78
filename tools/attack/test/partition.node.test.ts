import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Fleet } from '../src/soak/fleet.ts'
import { runPartition } from '../src/soak/run-partition.ts'

test('all processes store the same records after a partition with writes on both sides, after at most one read per node and key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-partition-'))
  try {
    await using fleet = await Fleet.start({ nodes: 4, folder, republish: 3_600_000, author: '2a'.repeat(32) })
    const result = await runPartition(fleet, {
      partition: () => fleet.partition([0, 1]),
      heal: () => fleet.heal(),
      isPartitioned: () => false,
      mayRead: () => false
    })
    expect(result.problems).toEqual([])
    expect(result).toMatchObject({ writes: 8, keys: 3, differed: 3, attacks: { answered: 0 } })
    expect(result.reads).toBeLessThanOrEqual(12)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
