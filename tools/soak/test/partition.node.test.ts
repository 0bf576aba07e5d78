import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runPartition } from '../src/partition.ts'

test('nodes in processes of their own, cut in two and written to on both sides, hold the same once they are joined', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-partition-'))
  try {
    const report = await runPartition(folder, { nodes: 4, rounds: 1, pause: 0 })
    expect(report.faults).toEqual([])
    expect(report).toMatchObject({ left: 8, right: 8, compared: 16 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)
