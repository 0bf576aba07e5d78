import { generatedPeers, isDead, Surroundings } from './attacks.ts'
import type { Attack } from './attacks.ts'
import { answersNeeded, estimateNodes, searchRegion } from './eclipse.ts'
import { k, Population } from './population.ts'
import type { Tables } from './population.ts'
import { randomOf } from './random.ts'
import { lookUpForPut, readByDefault, readByQuorum, walkByDefault } from './rules.ts'
import type { Answers, Reading, Rule } from './rules.ts'

export interface TrialOptions {
  readonly nodes: number
  /** share of the nodes that are malicious, 0 to 1; chosen at random */
  readonly hostile: number
  readonly tables: Tables
  readonly attack: Attack
  readonly seed: number
  /** number of records that are put, and read once with each rule */
  readonly records: number
}

/** Means over the reads with one rule. */
export interface ReadResult {
  readonly rule: Rule
  /** share of the reads that found the newest record, 0 to 1 */
  readonly newest: number
  /** requests, including those to peers that do not answer */
  readonly messages: number
  readonly rtt: number
}

/** Means over the puts. */
export interface PutResult {
  readonly messages: number
  readonly rtt: number
  readonly copies: number
  readonly honest: number
  /** share of the `k` nodes closest to the key that the writer found, 0 to 1 */
  readonly found: number
}

/** Means over the trials; shares from 0 to 1. */
export interface TrialResult {
  /** as kad-dht puts */
  readonly put: PutResult
  /** as RecordKit puts, until the walk ends or stalls; reads look for these copies */
  readonly ownPut: PutResult
  readonly reads: readonly ReadResult[]
  /** share of the reads with the default rule, and of the puts, whose key was judged to be eclipsed */
  readonly eclipsed: { readonly reads: number; readonly puts: number }
}

/** nodes whose estimates of the size of the network are used in turn */
const estimators = 8
const quorums = [3, 16, Number.POSITIVE_INFINITY]
const rules: readonly Rule[] = ['default', 'quorum-3', 'quorum-16', 'complete']

/**
 * Simulates puts of one honest node and gets of another, which has no copy of its own. Honest nodes store what they receive. A
 * put looks the key up to the end, and sends the record to the `k` closest peers that answered. That of RecordKit also ends its
 * look-up when it has stalled, and sends the record to peers of the region around an eclipsed key.
 */
export function runTrials(options: TrialOptions): TrialResult {
  const { nodes, hostile, tables, attack, seed, records } = options
  const all = Population.random(nodes, hostile, tables, seed)
  const random = randomOf(seed, nodes, records)
  let population = all
  const honest = (): number => {
    for (;;) {
      const node = random(population.size)
      if (!population.isMalicious(node) && !isDead(node, attack, seed)) return node
    }
  }
  const put = { messages: 0, rtt: 0, copies: 0, honest: 0, found: 0 }
  const ownPut = { ...put }
  const reads = rules.map((rule) => ({ rule, newest: 0, messages: 0, rtt: 0 }))
  const eclipsed = { reads: 0, puts: 0 }
  const everywhere = new Surroundings(all, attack, 0, seed)
  const estimates = Array.from({ length: estimators }, () => estimateNodes(everywhere, honest(), seed))
  for (let trial = 0; trial < records; trial++) {
    const target = random(2 ** 32)
    if (attack === 'eclipse') population = all.withGenerated(generatedPeers, target)
    const surroundings = new Surroundings(population, attack, target, seed)
    const writer = honest()
    let reader = honest()
    while (reader === writer) reader = honest()
    const nearer = (a: number, b: number): number => surroundings.distance(a) - surroundings.distance(b)
    const nearest = population.closest(target).filter((node) => node !== writer)
    const isHonest = (peer: number): boolean => !population.isMalicious(peer) && !isDead(peer, attack, seed)
    const add = (sums: typeof put, messages: number, rtt: number, receivers: readonly number[]): void => {
      sums.messages += (messages + receivers.length) / records
      sums.rtt += rtt / records
      sums.copies += receivers.length / records
      sums.honest += receivers.filter(isHonest).length / records
      sums.found += nearest.filter((node) => receivers.includes(node)).length / Math.min(k, nearest.length) / records
    }
    const stock = lookUpForPut(surroundings.seenBy(writer), randomOf(seed, target, 0))
    add(put, stock.messages, stock.rtt + 1, stock.answered.toSorted(nearer).slice(0, k))
    const walk = walkByDefault(surroundings.seenBy(writer), randomOf(seed, target, 0), 'it has stalled')
    const closest = [...walk.answered, ...walk.reserve].toSorted(nearer).slice(0, k)
    const written = searchRegion(surroundings, writer, closest, estimates[trial % estimators], seed)
    if (written !== undefined) eclipsed.puts += 1 / records
    const receivers = [...new Set([...closest, ...(written?.members ?? [])])]
    const rtt = walk.rtt + 1 + (written === undefined ? 0 : written.rtt + 1)
    add(ownPut, walk.messages + (written?.messages ?? 0), rtt, receivers)
    const stored = receivers.filter(isHonest)
    // the writer has its own copy
    const holders = new Set([...stored, writer])
    const answers: Answers = {
      isNewest: (peer) => holders.has(peer),
      isValid: (peer) => holders.has(peer) || population.isMalicious(peer)
    }
    const peers = surroundings.seenBy(reader)
    const estimate = estimates[(trial + 1) % estimators]
    const reading = walkByDefault(peers, randomOf(seed, target, 1), answersNeeded(surroundings, estimate))
    const found = searchRegion(surroundings, reader, reading.answered, estimate, seed)
    if (found !== undefined) eclipsed.reads += 1 / records
    const readings = [
      readByDefault(reading, answers, peers, found),
      ...readByQuorum(peers, answers, randomOf(seed, target, 1), quorums)
    ]
    for (const [index, sums] of reads.entries()) {
      const { messages, rtt, newest } = readings[index] as Reading
      sums.messages += messages / records
      sums.rtt += rtt / records
      if (newest) sums.newest += 1 / records
    }
  }
  return { put, ownPut, reads, eclipsed }
}
