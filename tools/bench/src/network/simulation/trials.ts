import { lookUp } from './look-up.ts'
import { k, Population } from './population.ts'
import type { Table } from './population.ts'
import { randomOf } from './random.ts'

export interface TrialOptions {
  readonly nodes: number
  /** share of the nodes that are malicious, 0 to 1; chosen at random */
  readonly malicious: number
  readonly table: Table
  readonly seed: number
  /** number of records that are put, and read once each */
  readonly trials: number
}

/** Means over the trials; shares from 0 to 1. */
export interface TrialResult {
  readonly put: { readonly messages: number; readonly rounds: number; readonly copies: number; readonly honest: number }
  /** share of the `k` nodes closest to the key that the writer found */
  readonly found: number
  /** by quorum */
  readonly get: readonly {
    readonly quorum: number
    readonly messages: number
    readonly rounds: number
    /** share of the reads that found the newest record */
    readonly newest: number
  }[]
  /** another rule for a get: it ends after {@link nearestQuorum} answers with no unanswered peer closer to the key */
  readonly nearest: { readonly messages: number; readonly rounds: number; readonly newest: number }
}

/** the default quorum, that of IPNS, and a complete walk */
const quorums: readonly number[] = [3, 16, Infinity]
const nearestQuorum = 3

/**
 * Simulates puts of one honest node and gets of another, which has no copy of its own. Honest nodes store what they receive. A
 * malicious node pretends to, and answers with an older valid record, the only wrong answer that an engine cannot refuse: it
 * counts for the quorum.
 */
export function runTrials({ nodes, malicious, table, seed, trials }: TrialOptions): TrialResult {
  const population = new Population(nodes, malicious, table, seed)
  const random = randomOf(seed, nodes, trials)
  const honest = (): number => {
    for (;;) {
      const node = random(nodes)
      if (!population.isMalicious(node)) return node
    }
  }
  const put = { messages: 0, rounds: 0, copies: 0, honest: 0 }
  const gets = quorums.map((quorum) => ({ quorum, messages: 0, rounds: 0, newest: 0 }))
  const nearestGet = { messages: 0, rounds: 0, newest: 0 }
  let found = 0
  for (let trial = 0; trial < trials; trial++) {
    const target = random(2 ** 32)
    const writer = honest()
    let reader = honest()
    while (reader === writer) reader = honest()
    const { messages, rounds, closest } = lookUp(population, writer, target, random)
    const holders = new Set(closest.filter((peer) => !population.isMalicious(peer)))
    const nearest = population.closest(target).filter((node) => node !== writer)
    // the writer has its own copy
    holders.add(writer)
    put.messages += messages + closest.length
    put.rounds += rounds + 1
    put.copies += closest.length
    put.honest += holders.size - 1
    found += nearest.filter((node) => closest.includes(node)).length / Math.min(k, nearest.length)
    for (const get of gets) {
      let valid = 0
      let newest = false
      const read = lookUp(population, reader, target, random, (peer) => {
        // answers after the quorum are not used
        if (valid >= get.quorum) return true
        if (holders.has(peer)) newest = true
        if (holders.has(peer) || population.isMalicious(peer)) valid++
        return valid >= get.quorum
      })
      get.messages += read.messages
      get.rounds += read.rounds
      if (newest) get.newest++
    }
    const answers = (peer: number): boolean => holders.has(peer) || population.isMalicious(peer)
    let foundNewest = false
    const read = lookUp(
      population,
      reader,
      target,
      random,
      (peer) => {
        foundNewest ||= holders.has(peer)
        return false
      },
      (peers) => peers.filter(answers).length >= nearestQuorum
    )
    nearestGet.messages += read.messages
    nearestGet.rounds += read.rounds
    if (foundNewest) nearestGet.newest++
  }
  const mean = <Sums extends Record<string, number>>(sums: Sums): Sums =>
    Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / trials])) as Sums
  return {
    put: mean(put),
    found: found / trials,
    get: gets.map(({ quorum, ...sums }) => ({ quorum, ...mean(sums) })),
    nearest: mean(nearestGet)
  }
}
