import { EventQueue } from './event-queue.ts'
import { k } from './population.ts'
import type { Random } from './random.ts'

/** concurrent requests per path, and number of paths (`ALPHA` of @libp2p/kad-dht 16.4 is both) */
const alpha = 10

/** The peers of one look-up, as its asker sees them. */
export interface Peers {
  readonly asker: number
  /** the closest peers in the routing table of the asker */
  readonly start: readonly number[]
  /** the distance of a peer from the target */
  distance(peer: number): number
  /** round trips until the peer answers; `undefined` when it never does */
  latency(peer: number): number | undefined
  /** the peers that a peer names when it answers */
  named(peer: number): readonly number[]
}

/** What happens in a look-up, at a time in round trips. */
export interface LookUpEvent {
  readonly type: 'asked' | 'answered' | 'failed'
  readonly at: number
  readonly peer: number
}

interface Path {
  /** peers to ask, the closest first */
  readonly queue: number[]
  /** the closest peers that answered, the closest first */
  readonly closest: number[]
  running: number
}

/**
 * A look-up with the algorithm of @libp2p/kad-dht 16.4 (`query/manager.ts`, `query/query-path.ts`), answer by answer: the `k`
 * closest peers that the asker knows are distributed over paths, and no peer is on two paths. A path continues until no known
 * peer is closer than the `k` closest peers that answered it.
 *
 * @param patience - round trips after which a peer that does not answer has failed
 */
export function* lookUp(peers: Peers, random: Random, patience: number): Generator<LookUpEvent> {
  const seen = new Set<number>([peers.asker, ...peers.start])
  const start = shuffled(peers.start, random)
  const paths = Array.from({ length: Math.min(alpha, start.length) }, (): Path => ({
    queue: [],
    closest: [],
    running: 0
  }))
  for (const [index, peer] of start.entries()) insert((paths[index % alpha] as Path).queue, peer, peers)
  const answers = new EventQueue<{ at: number; path: number; peer: number; failed: boolean }>()
  const ask = function* (index: number, at: number): Generator<LookUpEvent> {
    const path = paths[index] as Path
    while (path.running < alpha) {
      const peer = path.queue.shift()
      if (peer === undefined) break
      if (!canEnter(path, peer, peers)) continue
      path.running++
      const latency = peers.latency(peer) ?? Number.POSITIVE_INFINITY
      answers.push({ at: at + Math.min(latency, patience), path: index, peer, failed: latency > patience })
      yield { type: 'asked', at, peer }
    }
  }
  for (const index of paths.keys()) yield* ask(index, 0)
  for (let answer = answers.pop(); answer !== undefined; answer = answers.pop()) {
    const { at, peer } = answer
    const path = paths[answer.path] as Path
    path.running--
    if (answer.failed) yield { type: 'failed', at, peer }
    else {
      insert(path.closest, peer, peers)
      path.closest.splice(k)
      for (const next of peers.named(peer)) {
        const isCloser = peers.distance(next) < peers.distance(peer)
        if (seen.has(next) || !isCloser || !canEnter(path, next, peers)) continue
        seen.add(next)
        insert(path.queue, next, peers)
      }
      yield { type: 'answered', at, peer }
    }
    yield* ask(answer.path, at)
  }
}

function canEnter({ closest }: Path, peer: number, peers: Peers): boolean {
  return closest.length < k || peers.distance(peer) < peers.distance(closest[k - 1] as number)
}

/** Inserts into a list that begins with the closest peer. */
function insert(sorted: number[], peer: number, peers: Peers): void {
  const distance = peers.distance(peer)
  let index = sorted.length
  while (index > 0 && peers.distance(sorted[index - 1] as number) > distance) index--
  sorted.splice(index, 0, peer)
}

/** The peers in random order. */
export function shuffled(peers: readonly number[], random: Random): readonly number[] {
  const mixed = [...peers]
  for (let left = mixed.length; left > 1; left--) {
    const other = random(left)
    const last = mixed[left - 1] as number
    mixed[left - 1] = mixed[other] as number
    mixed[other] = last
  }
  return mixed
}
