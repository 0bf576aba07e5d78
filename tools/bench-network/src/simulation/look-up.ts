import { k } from './overlay.ts'
import type { Overlay } from './overlay.ts'

const alpha = 10

/** Disjoint paths of a look-up, as js-libp2p has them. */
export const usualPaths = 20

/** How hostile peers answer: `mute` names nobody, `conspiring` names the hostile peers closest to the key. None keeps a record. */
export type Conduct = 'mute' | 'conspiring'

export interface LookUp {
  /** questions asked */
  readonly asked: number
  /** questions one after another, each for an answer to the one before: round trips, where peers are equally far */
  readonly rounds: number
  /** the 20 closest of those that answered */
  readonly closest: readonly number[]
}

export interface LookUpOptions {
  readonly conduct: Conduct
  /** 20 when absent */
  readonly paths?: number
}

interface Path {
  queue: number[]
  /** distances of the closest that answered on this path, ascending */
  readonly answered: number[]
}

/**
 * A look-up as js-libp2p's Kademlia does it: the 20 closest known peers are dealt to so many paths, ten questions at once on each, no peer on
 * two paths; a path goes on to peers closer than who named them, until the 20 closest that answered on it are closer than the rest.
 *
 * @param hears - is told of each that answers; the look-up ends with the round in which it says so
 */
export function lookUp(
  overlay: Overlay,
  self: number,
  target: number,
  { conduct, paths: count = usualPaths }: LookUpOptions,
  hears: (peer: number) => boolean = () => false
): LookUp {
  const seen = new Set([self])
  const distance = (peer: number): number => overlay.distance(peer, target)
  const conspirators = conduct === 'mute' ? [] : overlay.conspirators(target)
  const named = (peer: number): readonly number[] =>
    overlay.hostile[peer] === 1 ? conspirators : overlay.known(peer, target)
  const starts = overlay.known(self, target)
  const paths = Array.from({ length: Math.min(count, starts.length) }, (_, path): Path => ({
    queue: starts.filter((_peer, index) => index % count === path),
    answered: []
  }))
  for (const { queue } of paths) for (const peer of queue) seen.add(peer)
  const answered: number[] = []
  let asked = 0
  let rounds = 0
  let enough = false
  while (!enough && paths.some(({ queue }) => queue.length > 0)) {
    let quiet = true
    for (const path of paths) {
      path.queue = path.queue.filter((peer) => enters(path, distance(peer)))
      path.queue.sort((a, b) => distance(a) - distance(b))
      for (const peer of path.queue.splice(0, alpha)) {
        quiet = false
        asked++
        answered.push(peer)
        insert(path, distance(peer))
        if (hears(peer)) enough = true
        for (const other of named(peer)) {
          if (seen.has(other) || distance(other) >= distance(peer) || !enters(path, distance(other))) continue
          seen.add(other)
          path.queue.push(other)
        }
      }
    }
    if (!quiet) rounds++
  }
  const closest = answered.toSorted((a, b) => distance(a) - distance(b)).slice(0, k)
  return { asked, rounds, closest }
}

function enters({ answered }: Path, distance: number): boolean {
  return answered.length < k || distance < (answered.at(-1) as number)
}

function insert({ answered }: Path, distance: number): void {
  const place = answered.findIndex((other) => other > distance)
  answered.splice(place === -1 ? answered.length : place, 0, distance)
  if (answered.length > k) answered.pop()
}
