import { lookUp } from './look-up.ts'
import { k, Population } from './population.ts'
import type { Table } from './population.ts'
import { randomOf } from './random.ts'

export interface TrialOptions {
  readonly nodes: number
  /** 0 to 1: of the nodes, by chance */
  readonly hostile: number
  readonly table: Table
  readonly seed: number
  /** records put, and each read once */
  readonly trials: number
}

/** Means over the trials; shares from 0 to 1. */
export interface TrialResult {
  readonly put: { readonly messages: number; readonly rounds: number; readonly copies: number; readonly honest: number }
  /** of the `k` nodes closest to the key, how many the writer found */
  readonly found: number
  /** by quorum */
  readonly get: readonly {
    readonly quorum: number
    readonly messages: number
    readonly rounds: number
    /** reads that met the newest record */
    readonly newest: number
  }[]
  /** a get as it might be: its quorum is {@link nearestQuorum} answers with no unanswered peer closer to the key */
  readonly nearest: { readonly messages: number; readonly rounds: number; readonly newest: number }
}

/** ours for most namespaces, ours for IPNS, and a walk to its end */
const quorums: readonly number[] = [3, 16, Infinity]
const nearestQuorum = 3

/**
 * Puts of one honest node and gets of another, which has no copy of its own. Honest nodes keep what they are given. A
 * hostile one says that it does, and answers with an older valid record: the one lie that an engine cannot refuse, so that
 * it counts for the quorum.
 */
export function runTrials({ nodes, hostile, table, seed, trials }: TrialOptions): TrialResult {
  const population = new Population(nodes, hostile, table, seed)
  const random = randomOf(seed, nodes, trials)
  const honest = (): number => {
    for (;;) {
      const node = random(nodes)
      if (!population.isHostile(node)) return node
    }
  }
  const put = { messages: 0, rounds: 0, copies: 0, honest: 0 }
  const gets = quorums.map((quorum) => ({ quorum, messages: 0, rounds: 0, newest: 0 }))
  const near = { messages: 0, rounds: 0, newest: 0 }
  let found = 0
  for (let trial = 0; trial < trials; trial++) {
    const target = random(2 ** 32)
    const writer = honest()
    let reader = honest()
    while (reader === writer) reader = honest()
    const { messages, rounds, closest } = lookUp(population, writer, target, random)
    const holders = new Set(closest.filter((peer) => !population.isHostile(peer)))
    const nearest = population.closest(target).filter((node) => node !== writer)
    // the writer keeps its own copy, too
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
        // what comes after the quorum is not looked at
        if (valid >= get.quorum) return true
        if (holders.has(peer)) newest = true
        if (holders.has(peer) || population.isHostile(peer)) valid++
        return valid >= get.quorum
      })
      get.messages += read.messages
      get.rounds += read.rounds
      if (newest) get.newest++
    }
    const answers = (peer: number): boolean => holders.has(peer) || population.isHostile(peer)
    let met = false
    const read = lookUp(
      population,
      reader,
      target,
      random,
      (peer) => {
        met ||= holders.has(peer)
        return false
      },
      (peers) => peers.filter(answers).length >= nearestQuorum
    )
    near.messages += read.messages
    near.rounds += read.rounds
    if (met) near.newest++
  }
  const mean = <Sums extends Record<string, number>>(sums: Sums): Sums =>
    Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / trials])) as Sums
  return {
    put: mean(put),
    found: found / trials,
    get: gets.map(({ quorum, ...sums }) => ({ quorum, ...mean(sums) })),
    nearest: mean(near)
  }
}
