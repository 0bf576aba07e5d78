import { expect, test } from 'vitest'
import { measuredMessages } from '../src/network/simulation/measured.ts'
import { runTrials } from '../src/network/simulation/trials.ts'

test('six real nodes send as many messages as six simulated ones', async () => {
  const { put, get } = runTrials({ nodes: 6, malicious: 0, table: 'trie', seed: 1, trials: 10 })
  expect(await measuredMessages(6, 3)).toEqual({ put: put.messages, copies: put.copies, get: get.at(-1)?.messages })
})
