import { ReadProgress } from './read-progress.ts'
import type { PeerDistance } from './read-progress.ts'
import { sortedInsert } from './sorted-insert.ts'

/** number of paths, and of peers that a path asks at the same time: those of kad-dht */
const alpha = 10
/** maximum number of peers that an answer names, and of the closest answers by which a path ends */
const k = 20
/** how many of the peers that a path asks at the same time may be named by one answer */
const placesPerAnswer = 3
/** peers of the routing table that are asked first: as many as have to be considered */
const firstAsked = 13

/** A peer on a path. */
interface Step<Peer> {
  readonly peer: Peer
  readonly distance: number
  readonly path: Path<Peer>
  /** the peer that named it; `undefined` for a peer of the routing table */
  readonly namedBy: Step<Peer> | undefined
  /** number of peers that it named and that are being asked */
  asking: number
  isAsked: boolean
}

interface Path<Peer> {
  readonly index: number
  /** peers to ask, the nearest first */
  readonly queue: Step<Peer>[]
  /** distances of the nearest peers that answered, the nearest first */
  readonly closest: number[]
  asking: number
}

/**
 * The peers that a read asks, in the order of kad-dht: the peers of the routing table are distributed over ten paths, each asks
 * ten peers at a time, the nearest first, and no peer is on two paths. A path ends when it knows no peer that is closer than the
 * 20 closest that answered on it. Unlike in kad-dht, at most three of the ten are named by one answer. Otherwise an answer that
 * names invented peers, which never answer, would occupy the whole path.
 *
 * Of the peers of the routing table the 13 nearest are asked first. The others are in reserve: they are asked as soon as an answer names
 * a peer that was not known, or a peer fails. Where the routing table contains the nearest peers already, they need not be asked.
 *
 * @see semantics: Network
 */
export class ReadWalk<Peer> {
  readonly progress: ReadProgress<Peer>
  readonly #paths: readonly Path<Peer>[]
  readonly #steps = new Map<Peer, Step<Peer>>()
  #reserve: Step<Peer>[] = []

  /**
   * @param start - the nearest peers of the routing table, in random order
   * @param now - the time in ms, from any start
   */
  constructor(start: readonly PeerDistance<Peer>[], now: () => number) {
    this.progress = new ReadProgress(now)
    this.#paths = Array.from({ length: Math.min(alpha, start.length) }, (_, index) => ({
      index,
      queue: [],
      closest: [],
      asking: 0
    }))
    const farthest = start.toSorted((a, b) => a[1] - b[1])[firstAsked - 1]?.[1] ?? Number.POSITIVE_INFINITY
    for (const [index, peer] of start.entries()) {
      const step = this.#stepOf(this.#paths[index % alpha] as Path<Peer>, peer, undefined)
      if (peer[1] <= farthest) enqueue(step)
      else this.#reserve.push(step)
    }
  }

  /** The peers of the routing table that were not asked yet, and need not be asked. */
  get reserve(): readonly Peer[] {
    return this.#reserve.map(({ peer }) => peer)
  }

  /** Has the reserve asked, too. */
  useReserve(): void {
    for (const step of this.#reserve) enqueue(step)
    this.#reserve = []
  }

  /** Whether no peer is left to ask, and all have answered or failed. */
  get ended(): boolean {
    return this.#paths.every(({ queue, asking }) => queue.length === 0 && asking === 0)
  }

  /** Takes the peers that have to be asked now. */
  take(): Peer[] {
    return this.#paths.flatMap((path) => this.#takeFrom(path))
  }

  /** A peer answered. @param named - the peers that it named; only the first 20 are used */
  answered(peer: Peer, named: readonly PeerDistance<Peer>[]): void {
    const step = this.#end(peer)
    if (step === undefined) return
    const { path, distance } = step
    sortedInsert(path.closest, distance, (value) => value)
    path.closest.splice(k)
    const used = named.slice(0, k)
    for (const next of used) {
      if (next[1] >= distance || !canEnter(path, next[1]) || this.#steps.has(next[0])) continue
      enqueue(this.#stepOf(path, next, step))
      this.useReserve()
    }
    this.progress.answered(path.index, peer, distance, used)
    this.#endIfDone(path)
  }

  /** A peer could not be asked, or did not answer in time. */
  failed(peer: Peer): void {
    const step = this.#end(peer)
    if (step === undefined) return
    this.progress.failed(step.path.index, peer)
    this.useReserve()
    this.#endIfDone(step.path)
  }

  #stepOf(path: Path<Peer>, [peer, distance]: PeerDistance<Peer>, namedBy: Step<Peer> | undefined): Step<Peer> {
    const step = { peer, distance, path, namedBy, asking: 0, isAsked: false }
    this.#steps.set(peer, step)
    return step
  }

  #takeFrom(path: Path<Peer>): Peer[] {
    const taken: Peer[] = []
    for (let index = 0; index < path.queue.length && path.asking < alpha;) {
      const step = path.queue[index] as Step<Peer>
      if ((step.namedBy?.asking ?? 0) >= placesPerAnswer) {
        index++
        continue
      }
      path.queue.splice(index, 1)
      if (!canEnter(path, step.distance)) continue
      step.isAsked = true
      path.asking++
      if (step.namedBy !== undefined) step.namedBy.asking++
      this.progress.asked(path.index, step.peer, step.distance)
      taken.push(step.peer)
    }
    this.#endIfDone(path)
    return taken
  }

  #end(peer: Peer): Step<Peer> | undefined {
    const step = this.#steps.get(peer)
    if (step?.isAsked !== true) return undefined
    step.isAsked = false
    step.path.asking--
    if (step.namedBy !== undefined) step.namedBy.asking--
    return step
  }

  #endIfDone({ index, queue, asking }: Path<Peer>): void {
    if (queue.length === 0 && asking === 0) this.progress.ended(index)
  }
}

function enqueue<Peer>(step: Step<Peer>): void {
  sortedInsert(step.path.queue, step, ({ distance }) => distance)
}

function canEnter<Peer>({ closest }: Path<Peer>, distance: number): boolean {
  const last = closest[k - 1]
  return last === undefined || distance < last
}
