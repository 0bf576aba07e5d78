import { describe, expect, test } from 'vitest'
import { lookUp } from '../src/network/simulation/look-up.ts'
import { Population } from '../src/network/simulation/population.ts'
import { randomOf } from '../src/network/simulation/random.ts'
import { runTrials } from '../src/network/simulation/trials.ts'

const tables = ['trie', 'buckets'] as const
const honestly = { malicious: 0, seed: 7, trials: 20 }

test.each([0, 1, 20, 0xffff_ffff])(
  'the simulation finds the nodes closest to target %i, the same as a comparison of all nodes',
  (target) => {
    const nodes = new Population(500, 0.3, 'trie', 3)
    const all = Array.from({ length: 500 }, (_, node) => node)
    const nearer = (a: number, b: number): number => nodes.distance(a, target) - nodes.distance(b, target)
    expect(nodes.closest(target)).toEqual(all.toSorted(nearer).slice(0, 20))
    const malicious = all.filter((node) => nodes.isMalicious(node))
    expect(malicious).toHaveLength(150)
    expect(nodes.closest(target, 'malicious')).toEqual(malicious.toSorted(nearer).slice(0, 20))
  }
)

describe.each(tables)('simulated routing tables of type %s', (table) => {
  test('give the same results for the same seed, and other results for another seed', () => {
    const options = { nodes: 2000, malicious: 0.2, table, seed: 5, trials: 10 }
    expect(runTrials(options)).toEqual(runTrials(options))
    expect(runTrials(options)).not.toEqual(runTrials({ ...options, seed: 6 }))
  })

  test('contain no peer twice, not the node itself, and the same peers on every call', () => {
    const nodes = new Population(3000, 0, table, 1)
    const known = nodes.known(17, 12345)
    expect(new Set(known)).toHaveLength(20)
    expect(known).not.toContain(17)
    expect(nodes.known(17, 12345)).toEqual(known)
  })

  test.each([10, 20])(
    'cost one request per node among %i nodes that all know each other, and one more per node for a put',
    (nodes) => {
      const { put, found, get } = runTrials({ nodes, table, ...honestly })
      expect(put).toEqual({ messages: 2 * (nodes - 1), rounds: 2, copies: nodes - 1, honest: nodes - 1 })
      expect(found).toBe(1)
      for (const { messages, newest } of get) expect([messages, newest]).toEqual([nodes - 1, 1])
    }
  )

  test('lead a walk without malicious nodes to the 20 closest of 2,000 nodes', () => {
    expect(runTrials({ nodes: 2000, table, ...honestly }).found).toBe(1)
  })
})

test('a put among 50 nodes with the routing tables of js-libp2p takes 20 requests and 20 puts', () => {
  expect(runTrials({ nodes: 50, table: 'trie', ...honestly }).put).toMatchObject({ messages: 40, copies: 20 })
})

test('a look-up asks no peer twice, and never the asker', () => {
  const nodes = new Population(5000, 0.2, 'buckets', 2)
  const asked: number[] = []
  lookUp(nodes, 9, 77, randomOf(1), (peer) => {
    asked.push(peer)
    return false
  })
  expect(new Set(asked)).toHaveLength(asked.length)
  expect(asked).not.toContain(9)
})

test('a small quorum among malicious nodes can be reached without the newest record; a longer walk finds it', () => {
  const { get, nearest } = runTrials({ nodes: 2000, malicious: 0.4, table: 'buckets', seed: 7, trials: 50 })
  const [three, , complete] = get
  expect(three?.newest).toBeLessThan(0.6)
  expect(complete?.newest).toBe(1)
  // so does a quorum of the nearest peers, with fewer messages
  expect(nearest.newest).toBe(1)
  expect(nearest.messages).toBeLessThan(complete?.messages ?? 0)
  // the small quorum ends early
  expect(three?.messages).toBeLessThan((complete?.messages ?? 0) / 2)
})
