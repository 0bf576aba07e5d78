import { describe, expect, test } from 'vitest'
import { Surroundings } from '../src/network/simulation/attacks.ts'
import { estimateNodes } from '../src/network/simulation/eclipse.ts'
import { lookUp } from '../src/network/simulation/look-up.ts'
import { Population } from '../src/network/simulation/population.ts'
import { randomOf } from '../src/network/simulation/random.ts'
import { runTrials } from '../src/network/simulation/trials.ts'
import type { TrialResult } from '../src/network/simulation/trials.ts'

const tables = ['js', 'go'] as const
const honestly = { hostile: 0, attack: 'none', seed: 7, records: 20 } as const

function readBy(rule: string, { reads }: TrialResult): TrialResult['reads'][number] {
  const read = reads.find((other) => other.rule === rule)
  if (read === undefined) throw new Error(`there is no rule ${rule}`)
  return read
}

test.each([0, 1, 20, 0xffff_ffff])(
  'the simulation finds the nodes closest to target %i, the same as a comparison of all nodes',
  (target) => {
    const nodes = Population.random(500, 0.3, 'js', 3)
    const all = Array.from({ length: 500 }, (_, node) => node)
    const nearer = (a: number, b: number): number => nodes.distance(a, target) - nodes.distance(b, target)
    expect(nodes.closest(target)).toEqual(all.toSorted(nearer).slice(0, 20))
    const malicious = all.filter((node) => nodes.isMalicious(node))
    expect(malicious).toHaveLength(150)
    expect(nodes.closest(target, 'malicious')).toEqual(malicious.toSorted(nearer).slice(0, 20))
  }
)

describe.each(tables)('simulated routing tables of type %s', (type) => {
  test('give the same results for the same seed, and other results for another seed', () => {
    const options = { nodes: 2000, hostile: 0.2, attack: 'mixed', tables: type, seed: 5, records: 5 } as const
    expect(runTrials(options)).toEqual(runTrials(options))
    expect(runTrials(options)).not.toEqual(runTrials({ ...options, seed: 6 }))
  })

  test('contain no peer twice, not the node itself, and the same peers on every call', () => {
    const nodes = Population.random(3000, 0, type, 1)
    const known = nodes.known(17, 12345)
    expect(new Set(known)).toHaveLength(20)
    expect(known).not.toContain(17)
    expect(nodes.known(17, 12345)).toEqual(known)
  })

  test.each([10, 20])(
    'cost one request per node among %i nodes that all know each other, and one more per node for a put',
    (nodes) => {
      const result = runTrials({ nodes, tables: type, ...honestly })
      expect(result.put.messages).toBeCloseTo(2 * (nodes - 1))
      expect(result.put.copies).toBeCloseTo(nodes - 1)
      expect(result.put.honest).toBeCloseTo(nodes - 1)
      expect(result.put.found).toBeCloseTo(1)
      for (const { rule, messages, newest } of result.reads) {
        // the default rule asks the 13 nearest nodes
        expect(messages).toBeCloseTo(rule === 'default' ? Math.min(13, nodes - 1) : nodes - 1)
        expect(newest).toBeCloseTo(1)
      }
    }
  )

  test('lead a put without malicious nodes to the 20 closest of 2,000 nodes', () => {
    expect(runTrials({ nodes: 2000, tables: type, ...honestly }).put.found).toBeCloseTo(1)
  })
})

test('a put among 50 nodes with the routing tables of js-libp2p takes 20 requests and 20 puts', () => {
  const { put } = runTrials({ nodes: 50, tables: 'js', ...honestly })
  expect(put.messages).toBeCloseTo(40)
  expect(put.copies).toBeCloseTo(20)
})

test('a look-up asks no peer twice, never the asker, and ends with the answer of the last peer', () => {
  const nodes = Population.random(5000, 0.2, 'go', 2)
  const events = [...lookUp(new Surroundings(nodes, 'fast', 77, 2).seenBy(9), randomOf(1), 25)]
  const asked = events.filter(({ type }) => type === 'asked').map(({ peer }) => peer)
  expect(new Set(asked)).toHaveLength(asked.length)
  expect(asked).not.toContain(9)
  expect(events.filter(({ type }) => type === 'answered')).toHaveLength(asked.length)
  for (const [index, event] of events.entries()) expect(event.at).toBeGreaterThanOrEqual(events[index - 1]?.at ?? 0)
})

test('fast malicious peers reach a quorum without the newest record; the default rule finds it, before the look-up is complete', () => {
  const result = runTrials({ nodes: 2000, hostile: 0.4, attack: 'fast', tables: 'go', seed: 7, records: 30 })
  const [own, three, sixteen, complete] = ['default', 'quorum-3', 'quorum-16', 'complete'].map((rule) =>
    readBy(rule, result)
  )
  expect(three?.newest).toBeLessThan(0.1)
  expect(sixteen?.newest).toBeLessThan(0.5)
  expect(own?.newest).toBeCloseTo(1)
  expect(own?.messages).toBeLessThan(complete?.messages ?? 0)
  expect(own?.rtt).toBeLessThan(complete?.rtt ?? 0)
})

test('malicious peers that answer before any other peer can do not end a read of the default rule', () => {
  const result = runTrials({ nodes: 2000, hostile: 0.4, attack: 'instant', tables: 'go', seed: 7, records: 30 })
  expect(readBy('quorum-16', result).newest).toBeLessThan(0.5)
  expect(readBy('default', result).newest).toBeGreaterThan(0.9)
})

test.each(['phantom', 'mixed'] as const)(
  'malicious peers that name invented peers (%s) delay the default rule by some round trips, and a complete look-up indefinitely',
  (attack) => {
    const result = runTrials({ nodes: 2000, hostile: 0.4, attack, tables: 'go', seed: 7, records: 10 })
    expect(readBy('default', result).newest).toBeGreaterThan(0.89)
    expect(readBy('default', result).rtt).toBeLessThan(15)
    expect(readBy('complete', result).rtt).toBeGreaterThan(100)
  }
)

test.each(tables)(
  'with the tables %s, a put to an eclipsed key reaches honest nodes, and a read finds the record; no honest key is judged to be eclipsed',
  (type) => {
    const options = { nodes: 2000, hostile: 0, tables: type, seed: 7, records: 20 } as const
    const eclipsed = runTrials({ ...options, attack: 'eclipse' })
    expect(eclipsed.put.honest).toBeLessThan(1)
    expect(eclipsed.ownPut.honest).toBeGreaterThan(20)
    expect(eclipsed.ownPut.copies).toBeLessThanOrEqual(120)
    expect(eclipsed.eclipsed.puts).toBeCloseTo(1)
    expect(readBy('default', eclipsed).newest).toBeCloseTo(1)
    const honest = runTrials({ ...options, attack: 'none' })
    expect(honest.eclipsed).toEqual({ reads: 0, puts: 0 })
  }
)

test('invented peers change neither the estimated size of the network nor the honest copies of a put much', () => {
  const options = { nodes: 5000, hostile: 0.4, attack: 'phantom', tables: 'go', seed: 3 } as const
  const surroundings = new Surroundings(Population.random(5000, 0.4, 'go', 3), 'phantom', 0, 3)
  const estimates = [1, 2, 3, 4].map((asker) => estimateNodes(surroundings, asker, 3) ?? 0)
  for (const estimate of estimates) expect(estimate / 5000).toBeGreaterThan(0.65)
  const { ownPut, put, eclipsed } = runTrials({ ...options, records: 10 })
  expect(eclipsed).toEqual({ reads: 0, puts: 0 })
  expect(ownPut.honest).toBeGreaterThan(put.honest - 1)
  expect(ownPut.messages).toBeLessThan(put.messages)
})
