import { k } from './population.ts'
import type { Population } from './population.ts'
import type { Random } from './random.ts'

/** questions under way at once on one path, and paths (`ALPHA` of @libp2p/kad-dht 16.4, which is both) */
const alpha = 10

export interface LookUp {
  /** questions asked */
  readonly messages: number
  /** round trips, if all take the same time */
  readonly rounds: number
  /** the `k` closest that answered, the closest first */
  readonly closest: readonly number[]
}

/**
 * A look-up as @libp2p/kad-dht 16.4 walks (`query/manager.ts`, `query/query-path.ts`): the `k` closest peers that the
 * asker knows are dealt to paths; no peer is on two of them; a path asks on until nobody whom it has heard of is closer
 * than the `k` closest that answered it.
 *
 * Hostile peers answer, and name the hostile peers closest to the target: what leads a look-up astray the farthest.
 *
 * @param heard - told of every answer; the look-up ends with the round in which it returns true
 * @param nearest - told after every round who answered and is closer than anybody heard of who did not, the closest
 * first; the look-up ends when it returns true
 */
export function lookUp(
  nodes: Population,
  asker: number,
  target: number,
  random: Random,
  heard: (peer: number) => boolean = () => false,
  nearest?: (peers: readonly number[]) => boolean
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
        if (heard(peer)) over = true
        enter(closest, peer, nearer)
        const named = nodes.isHostile(peer) ? nodes.closest(target, 'hostile') : nodes.known(peer, target)
        for (const next of named) {
          if (seen.has(next) || nearer(next, peer) >= 0 || !canEnter(closest, next, nearer)) continue
          seen.add(next)
          queue.push(next)
        }
      }
    }
    if (nearest?.(unbroken(seen, answered, asker, nearer)) === true) over = true
  }
  return { messages, rounds, closest: answered.toSorted(nearer).slice(0, k) }
}

/** The closest of those heard of, up to the first who has not answered. */
function unbroken(seen: ReadonlySet<number>, answered: readonly number[], asker: number, nearer: Nearer): number[] {
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
