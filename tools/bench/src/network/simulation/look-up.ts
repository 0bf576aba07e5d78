import { k } from './population.ts'
import type { Population } from './population.ts'
import type { Random } from './random.ts'

/** concurrent requests per path, and number of paths (`ALPHA` of @libp2p/kad-dht 16.4 is both) */
const alpha = 10

export interface LookUp {
  /** number of requests */
  readonly messages: number
  /** number of round trips, when all take the same time */
  readonly rounds: number
  /** the `k` closest that answered, the closest first */
  readonly closest: readonly number[]
}

/**
 * A look-up with the algorithm of @libp2p/kad-dht 16.4 (`query/manager.ts`, `query/query-path.ts`): the `k` closest peers that
 * the asker knows are distributed over paths, and no peer is on two paths. A path continues until no known peer is closer than
 * the `k` closest peers that answered it.
 *
 * Malicious peers answer with the malicious peers closest to the target, which misleads a look-up the most.
 *
 * @param onAnswer - called with every peer that answers; the look-up ends with the round in which it returns true
 * @param onRound - called after every round with the peers that answered and are closer than every known peer that did not,
 * the closest first; the look-up ends when it returns true
 */
export function lookUp(
  nodes: Population,
  asker: number,
  target: number,
  random: Random,
  onAnswer: (peer: number) => boolean = () => false,
  onRound?: (peers: readonly number[]) => boolean
): LookUp {
  const seen = new Set<number>([asker])
  const start = shuffled(nodes.known(asker, target), random)
  for (const peer of start) seen.add(peer)
  const paths = Array.from({ length: Math.min(alpha, start.length) }, (_, path) => ({
    queue: start.filter((_peer, index) => index % alpha === path),
    closest: [] as number[]
  }))
  const nearer = (a: number, b: number): number => nodes.distance(a, target) - nodes.distance(b, target)
  const answered: number[] = []
  let messages = 0
  let rounds = 0
  for (let over = false; !over;) {
    const asked = paths.map(({ queue, closest }) => {
      const mayEnter = queue.toSorted(nearer).filter((peer) => canEnter(closest, peer, nearer))
      queue.splice(0, queue.length, ...mayEnter.slice(alpha))
      return mayEnter.slice(0, alpha)
    })
    if (asked.every(({ length }) => length === 0)) break
    rounds++
    for (const [path, peers] of asked.entries()) {
      const { queue, closest } = paths[path] as (typeof paths)[number]
      for (const peer of peers) {
        messages++
        answered.push(peer)
        if (onAnswer(peer)) over = true
        enter(closest, peer, nearer)
        const named = nodes.isMalicious(peer) ? nodes.closest(target, 'malicious') : nodes.known(peer, target)
        for (const next of named) {
          if (seen.has(next) || nearer(next, peer) >= 0 || !canEnter(closest, next, nearer)) continue
          seen.add(next)
          queue.push(next)
        }
      }
    }
    if (onRound?.(closestAnswered(seen, answered, asker, nearer)) === true) over = true
  }
  return { messages, rounds, closest: answered.toSorted(nearer).slice(0, k) }
}

/** The closest known peers, up to the first that has not answered. */
function closestAnswered(
  seen: ReadonlySet<number>,
  answered: readonly number[],
  asker: number,
  nearer: Nearer
): number[] {
  const known = [...seen].filter((peer) => peer !== asker).toSorted(nearer)
  const answering = new Set(answered)
  const first = known.findIndex((peer) => !answering.has(peer))
  return first < 0 ? known : known.slice(0, first)
}

type Nearer = (a: number, b: number) => number

function canEnter(closest: readonly number[], peer: number, nearer: Nearer): boolean {
  return closest.length < k || nearer(peer, closest[k - 1] as number) < 0
}

function enter(closest: number[], peer: number, nearer: Nearer): void {
  closest.push(peer)
  closest.sort(nearer)
  closest.splice(k)
}

function shuffled(peers: readonly number[], random: Random): readonly number[] {
  const mixed = [...peers]
  for (let left = mixed.length; left > 1; left--) {
    const other = random(left)
    const last = mixed[left - 1] as number
    mixed[left - 1] = mixed[other] as number
    mixed[other] = last
  }
  return mixed
}
