import { sortedInsert } from './sorted-insert.ts'
import { stallTime } from './stall-time.ts'

/** A peer that a look-up found. */
interface Found<Peer> {
  readonly peer: Peer
  readonly distance: number
  /** the path that named it first, or that asked it */
  readonly path: number
  status: 'named' | 'asked' | 'answered' | 'failed'
  /** whether it counts: it was asked, or two paths named it */
  heard: boolean
  /** ms; when it was asked */
  since: number
  /** ms that its answer took */
  took?: number
}

/** One path of a look-up. Lists begin with the nearest peer. */
interface Path<Peer> {
  /** distances of the peers that answered */
  readonly answers: number[]
  /** peers that it named and will ask, and others that were asked meanwhile */
  readonly named: Found<Peer>[]
  /** peers that have not answered yet */
  readonly asked: Set<Found<Peer>>
  ended: boolean
}

/** number of nearest peers that are considered, and how many of them have to answer */
export const nearestPeers = 13
const nearestAnswers = 10
/** number of answers after which a path can be finished before it ends */
const pathAnswers = 10
/** number of paths that have to finish; kad-dht has ten */
const finishedPaths = 8
/** times the median answer, for a peer that does not answer */
const answerFactor = 10
/** ms */
const minAnswerTime = 250
const maxAnswerTime = 1000

/** A peer and its distance from the key of a look-up: the first bits of the XOR of their SHA-256, as a number. */
export type PeerDistance<Peer> = readonly [peer: Peer, distance: number]

/**
 * Decides when a look-up has read enough. A number of valid answers does not show that: malicious peers that answer first and
 * name each other reach any number. Each number here is the smaller of itself and what there is, so that small networks need no
 * more than they have. A look-up is `done` when
 *
 * - 10 of the 13 nearest peers have answered, with a record or without. Peers that failed are left out, and replaced by the next;
 * - and 8 of the 10 paths are finished. A path is finished when it has ended, or when it has 10 answers and has named no peer
 *   closer than its 10th closest answer that was not asked.
 *
 * It is `stalled` when no answer among the 10 nearest arrived for 8 times the usual answer, at least 500 ms: malicious peers
 * can name any number of peers that do not exist. A peer is overdue when it did not answer within 10 times the usual answer, from
 * 250 ms to 1 s, or 3 times the median if that is longer. The usual answer is the median, or the time of three quarters of the
 * peers of the routing table if that is longer. A peer that only one path has named does not count before it is asked.
 *
 * @see semantics: Network
 */
export class ReadProgress<Peer> {
  readonly #now: () => number
  readonly #found = new Map<Peer, Found<Peer>>()
  readonly #heard: Found<Peer>[] = []
  readonly #paths = new Map<number, Path<Peer>>()
  /** ms, the shortest first */
  readonly #durations: number[] = []
  readonly #answers: number[] = []
  /** the peers that were asked before any answered: those of the routing table */
  readonly #first: Found<Peer>[] = []
  /** ms; when an answer among the nearest arrived */
  #advanced = 0

  /** @param now - the time in ms, from any start */
  constructor(now: () => number) {
    this.#now = now
  }

  /** A path asks a peer. */
  asked(path: number, peer: Peer, distance: number): void {
    const found = this.#find(path, peer, distance)
    if (found.status === 'answered') return
    found.status = 'asked'
    found.since = this.#now()
    if (this.#answers.length === 0) this.#first.push(found)
    this.#hear(found)
    this.#path(path).asked.add(found)
  }

  /** A peer answered. @param named - the peers that it named, with their distances */
  answered(path: number, peer: Peer, distance: number, named: Iterable<PeerDistance<Peer>>): void {
    const found = this.#find(path, peer, distance)
    if (found.status === 'answered') return
    const now = this.#now()
    const { asked, answers, named: next } = this.#path(path)
    if (asked.delete(found)) {
      found.took = now - found.since
      sortedInsert(this.#durations, found.took, same)
    }
    found.status = 'answered'
    this.#hear(found)
    sortedInsert(answers, distance, same)
    if (sortedInsert(this.#answers, distance, same) < nearestAnswers) this.#advanced = now
    for (const [other, otherDistance] of named) {
      const entry = this.#find(path, other, otherDistance)
      if (entry.path !== path) this.#hear(entry)
      // a path asks only peers that are closer than the one that named them
      if (otherDistance < distance) sortedInsert(next, entry, distanceOf)
    }
  }

  /** A peer could not be asked, or did not answer. */
  failed(path: number, peer: Peer): void {
    const found = this.#found.get(peer)
    if (found === undefined || found.status === 'answered') return
    found.status = 'failed'
    this.#path(path).asked.delete(found)
  }

  /** A path has no more peers to ask. */
  ended(path: number): void {
    this.#path(path).ended = true
  }

  /** Whether the look-up has to continue. Depends on the time, too: see {@link changesIn}. */
  get status(): 'continue' | 'done' | 'stalled' {
    const median = this.#median
    if (median === undefined) return 'continue'
    if (this.#nearestAnswered() && this.#pathsFinished()) return 'done'
    return this.isStalled ? 'stalled' : 'continue'
  }

  /** Whether no answer among the nearest came for too long; also of a look-up that is done. */
  get isStalled(): boolean {
    const median = this.#median
    return median !== undefined && this.#now() >= this.#advanced + stallTime(this.#usual(median))
  }

  /** The peers that did not answer in time. */
  get overdue(): readonly Peer[] {
    const median = this.#median
    if (median === undefined) return []
    const before = this.#now() - this.#answerTime(median)
    const paths = [...this.#paths.values()]
    return paths.flatMap(({ asked }) => [...asked].filter(({ since }) => since <= before).map(({ peer }) => peer))
  }

  /** ms until {@link status} or {@link overdue} can change without an event; `undefined` before the first answer. */
  get changesIn(): number | undefined {
    const median = this.#median
    if (median === undefined) return undefined
    const stall = this.#advanced + stallTime(this.#usual(median)) - this.#now()
    return Math.max(0, Math.min(stall, this.overdueIn ?? stall))
  }

  /** ms until a peer is overdue; `undefined` before the first answer, and when all have answered. */
  get overdueIn(): number | undefined {
    const median = this.#median
    const asked = [...this.#paths.values()].flatMap((path) => [...path.asked])
    if (median === undefined || asked.length === 0) return undefined
    const first = Math.min(...asked.map(({ since }) => since))
    return Math.max(0, first + this.#answerTime(median) - this.#now())
  }

  get #median(): number | undefined {
    return this.#durations[this.#durations.length >>> 1]
  }

  /**
   * ms that an answer usually takes: the median, or the time of three quarters of the peers of the routing table if that is longer.
   * A peer of the table that has not answered yet counts with its time so far. Otherwise malicious peers that answer at once would
   * end the read before any other peer can answer.
   */
  #usual(median: number): number {
    const now = this.#now()
    const times = this.#first
      .filter(({ status }) => status !== 'failed')
      .map(({ took, since }) => took ?? now - since)
      .toSorted((a, b) => a - b)
    return Math.max(median, times[Math.ceil(times.length * 0.75) - 1] ?? 0)
  }

  /** ms after which a peer that does not answer has failed. */
  #answerTime(median: number): number {
    const longest = Math.max(maxAnswerTime, 3 * median)
    return Math.max(minAnswerTime, Math.min(answerFactor * this.#usual(median), longest))
  }

  #nearestAnswered(): boolean {
    let peers = 0
    let answers = 0
    for (const { status } of this.#heard) {
      if (status === 'failed') continue
      if (status === 'answered') answers++
      if (++peers === nearestPeers) break
    }
    return answers >= Math.min(nearestAnswers, peers)
  }

  #pathsFinished(): boolean {
    let finished = 0
    for (const path of this.#paths.values()) if (isFinished(path)) finished++
    return finished >= Math.min(finishedPaths, this.#paths.size)
  }

  #find(path: number, peer: Peer, distance: number): Found<Peer> {
    let found = this.#found.get(peer)
    if (found === undefined) {
      found = { peer, distance, path, status: 'named', heard: false, since: 0 }
      this.#found.set(peer, found)
    }
    return found
  }

  #hear(found: Found<Peer>): void {
    if (found.heard) return
    found.heard = true
    sortedInsert(this.#heard, found, distanceOf)
  }

  #path(index: number): Path<Peer> {
    let path = this.#paths.get(index)
    if (path === undefined) {
      path = { answers: [], named: [], asked: new Set(), ended: false }
      this.#paths.set(index, path)
    }
    return path
  }
}

function isFinished<Peer>({ ended, answers, named, asked }: Path<Peer>): boolean {
  if (ended) return true
  while (named[0] !== undefined && named[0].status !== 'named') named.shift()
  const [next] = named
  const last = answers[pathAnswers - 1]
  return last === undefined ? next === undefined && asked.size === 0 : next === undefined || next.distance >= last
}

function distanceOf({ distance }: { readonly distance: number }): number {
  return distance
}

function same(value: number): number {
  return value
}
