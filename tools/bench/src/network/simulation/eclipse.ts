import {
  couldBeEclipsed,
  eclipseDensity,
  membersOf,
  NetworkSize,
  partsOf,
  randomIn,
  regionAround
} from '@recordkit/store-dht/internal'
import type { Surroundings } from './attacks.ts'
import { k } from './population.ts'
import { randomOf } from './random.ts'
import { walkByDefault } from './rules.ts'

/** what an ID of the simulation, of 32 bits, is multiplied by for the code of RecordKit */
const scale = 65_536
/** look-ups of random keys from which a node estimates the size of the network */
const samples = 10

/** What a look-up of the region around a key costs, and the peers of the region that answered. */
export interface RegionSearch {
  readonly messages: number
  readonly rtt: number
  readonly members: readonly number[]
}

/** The number of nodes of the network, as one of them estimates it. */
export function estimateNodes(around: Surroundings, asker: number, seed: number): number | undefined {
  const size = new NetworkSize()
  const random = randomOf(seed, asker)
  for (let sample = 0; sample < samples; sample++) {
    const surroundings = around.around(random(2 ** 32))
    const { answered, reserve } = walkByDefault(surroundings.seenBy(asker), random, 'no peer is left')
    const radius = [...answered, ...reserve].map((peer) => surroundings.distance(peer)).toSorted((a, b) => a - b)[k - 1]
    if (radius !== undefined) size.add(radius * scale, 0n)
  }
  return size.nodes(0n)
}

/** Number of answers that a read needs, with the rule of RecordKit. */
export function answersNeeded(
  around: Surroundings,
  nodes: number | undefined
): (answered: readonly number[]) => number {
  return (answered) =>
    couldBeEclipsed(
      answered.map((peer) => around.distance(peer) * scale),
      nodes
    )
      ? k
      : 0
}

/**
 * Looks up the region around the target of a look-up, when the peers that answered are too dense, with the rule of RecordKit. The parts
 * of the region are looked up concurrently.
 */
export function searchRegion(
  around: Surroundings,
  asker: number,
  answered: readonly number[],
  nodes: number | undefined,
  seed: number
): RegionSearch | undefined {
  const distances = answered.map((peer) => around.distance(peer) * scale)
  if (nodes === undefined || eclipseDensity(distances, nodes) === undefined) return undefined
  const random = randomOf(seed, around.target, asker, 7)
  const unit = (): number => random(2 ** 32) / 2 ** 32
  const region = regionAround(around.target * scale, nodes)
  const found = new Set(answered)
  let [messages, rtt] = [0, 0]
  for (const part of partsOf(region)) {
    const nearPart = around.around(Math.floor(randomIn(part, unit) / scale))
    const walk = walkByDefault(nearPart.seenBy(asker), random, () => k)
    messages += walk.messages
    rtt = Math.max(rtt, walk.rtt)
    for (const peer of walk.answered) found.add(peer)
  }
  const inRegion = membersOf(
    region,
    [...found].map((peer) => ({ peer, id: around.idOf(peer) * scale })),
    unit
  )
  return { messages, rtt, members: inRegion.map(({ peer }) => peer) }
}
