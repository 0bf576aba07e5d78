import { describe, expect, test } from 'vitest'
import { lookUp } from '../src/network/simulation/look-up.ts'
import { Population } from '../src/network/simulation/population.ts'
import { randomOf } from '../src/network/simulation/random.ts'
import { runTrials } from '../src/network/simulation/trials.ts'

const tables = ['trie', 'buckets'] as const
const honestly = { hostile: 0, seed: 7, trials: 20 }

test.each([0, 1, 20, 0xffff_ffff])(
  'finds the closest of all nodes, as comparing each of them does: target %i',
  (target) => {
    const nodes = new Population(500, 0.3, 'trie', 3)
    const all = Array.from({ length: 500 }, (_, node) => node)
    const nearer = (a: number, b: number): number => nodes.distance(a, target) - nodes.distance(b, target)
    expect(nodes.closest(target)).toEqual(all.toSorted(nearer).slice(0, 20))
    const hostile = all.filter((node) => nodes.isHostile(node))
    expect(hostile).toHaveLength(150)
    expect(nodes.closest(target, 'hostile')).toEqual(hostile.toSorted(nearer).slice(0, 20))
  }
)

describe.each(tables)('tables as %s', (table) => {
  test('give the same numbers for the same seed, and others for another', () => {
    const options = { nodes: 2000, hostile: 0.2, table, seed: 5, trials: 10 }
    expect(runTrials(options)).toEqual(runTrials(options))
    expect(runTrials(options)).not.toEqual(runTrials({ ...options, seed: 6 }))
  })

  test('name nobody twice, not the node itself, and the same peers when asked again', () => {
    const nodes = new Population(3000, 0, table, 1)
    const known = nodes.known(17, 12345)
    expect(new Set(known)).toHaveLength(20)
    expect(known).not.toContain(17)
    expect(nodes.known(17, 12345)).toEqual(known)
  })

  test.each([10, 20])(
    'cost what %i nodes cost that all know each other: everyone once, and once more for a put',
    (nodes) => {
      const { put, found, get } = runTrials({ nodes, table, ...honestly })
      expect(put).toEqual({ messages: 2 * (nodes - 1), rounds: 2, copies: nodes - 1, honest: nodes - 1 })
      expect(found).toBe(1)
      for (const { messages, newest } of get) expect([messages, newest]).toEqual([nodes - 1, 1])
    }
  )

  test('lead an honest walk to the 20 closest of 2,000', () => {
    expect(runTrials({ nodes: 2000, table, ...honestly }).found).toBe(1)
  })
})

test('50 nodes with tables as js-libp2p has them cost 20 questions and 20 puts', () => {
  expect(runTrials({ nodes: 50, table: 'trie', ...honestly }).put).toMatchObject({ messages: 40, copies: 20 })
})

test('nobody is asked twice, and the asker not at all', () => {
  const nodes = new Population(5000, 0.2, 'buckets', 2)
  const asked: number[] = []
  lookUp(nodes, 9, 77, randomOf(1), (peer) => {
    asked.push(peer)
    return false
  })
  expect(new Set(asked)).toHaveLength(asked.length)
  expect(asked).not.toContain(9)
})

test('a quorum among liars can be met before the record is: a longer walk finds it', () => {
  const { get, nearest } = runTrials({ nodes: 2000, hostile: 0.4, table: 'buckets', seed: 7, trials: 50 })
  const [three, , toEnd] = get
  expect(three?.newest).toBeLessThan(0.6)
  expect(toEnd?.newest).toBe(1)
  // so does one whose quorum is the closest, sooner
  expect(nearest.newest).toBe(1)
  expect(nearest.messages).toBeLessThan(toEnd?.messages ?? 0)
  // and the short one ends where it says
  expect(three?.messages).toBeLessThan((toEnd?.messages ?? 0) / 2)
})
