import { expect, test } from 'vitest'
import { measuredMessages } from '../src/network/simulation/measured.ts'
import { runTrials } from '../src/network/simulation/trials.ts'

test('six real nodes send as many messages as six simulated ones', async () => {
  const { put, reads } = runTrials({ nodes: 6, hostile: 0, tables: 'js', attack: 'none', seed: 1, records: 10 })
  const complete = reads.find(({ rule }) => rule === 'complete')
  const measured = await measuredMessages(6, 3)
  expect(measured.put).toBeCloseTo(put.messages)
  expect(measured.copies).toBeCloseTo(put.copies)
  expect(measured.get).toBeCloseTo(complete?.messages ?? 0)
})
