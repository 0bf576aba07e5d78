import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Fleet } from '../src/soak/fleet.ts'
import { twoHalves } from '../src/soak/two-halves.ts'

test('processes cut in two and written to on both sides hold the same after at most as many reads as there are nodes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-partition-'))
  try {
    await using fleet = await Fleet.start({ nodes: 4, folder, republish: 3_600_000, author: '2a'.repeat(32) })
    const outcome = await twoHalves(fleet, {
      cut: () => fleet.cut([0, 1]),
      heal: () => fleet.heal(),
      going: () => false,
      patient: () => false
    })
    expect(outcome.faults).toEqual([])
    expect(outcome).toMatchObject({ writes: 8, keys: 3, differed: 3, struck: { answered: 0 } })
    expect(outcome.reads).toBeLessThanOrEqual(12)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
