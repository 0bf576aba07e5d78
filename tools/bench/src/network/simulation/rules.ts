import { ReadWalk } from '@recordkit/store-dht/internal'
import type { RegionSearch } from './eclipse.ts'
import { EventQueue } from './event-queue.ts'
import { lookUp, shuffled } from './look-up.ts'
import type { Peers } from './look-up.ts'
import type { Random } from './random.ts'

/**
 * When a read ends.
 *
 * - `default`: as RecordKit decides it, by the progress of the look-up
 * - `quorum-3`, `quorum-16`: when as many peers have answered with a valid record
 * - `complete`: when no peer is left to ask
 */
export type Rule = 'default' | 'quorum-3' | 'quorum-16' | 'complete'

/** How a read ended. */
export interface Reading {
  /** requests, including those to peers that do not answer */
  messages: number
  /** round trips */
  rtt: number
  /** whether the newest record was among the answers */
  newest: boolean
}

/** What the answers to a read contain. */
export interface Answers {
  /** whether a peer answers with the newest record */
  isNewest(peer: number): boolean
  /** whether a peer answers with any valid record */
  isValid(peer: number): boolean
}

/** ms of a round trip */
const roundTrip = 200
/** round trips after which every read ends: those of the 27 s in which a read waits for answers */
const timeout = 27_000 / roundTrip
/** round trips after which kad-dht stops waiting for a peer: those of 5 s */
const patience = 5000 / roundTrip

/** The peers that answered a look-up, with what it took. */
export interface Walked {
  /** requests, including those to peers that do not answer */
  readonly messages: number
  /** round trips */
  readonly rtt: number
  readonly answered: readonly number[]
  /** peers of the routing table that were not asked */
  readonly reserve: readonly number[]
}

/** When a walk ends besides the end of its paths. @param answered - the peers that have answered */
export type WalkEnd = 'no peer is left' | 'it has stalled' | ((answered: readonly number[]) => number)

/**
 * The walk of RecordKit, on a virtual clock.
 *
 * @param end - number of answers before which it does not end as done; that it ends only when it has stalled, as for a put, or never
 */
export function walkByDefault(peers: Peers, random: Random, end: WalkEnd = () => 0): Walked {
  let now = 0
  const withDistance = (peer: number): readonly [number, number] => [peer, peers.distance(peer)]
  const walk = new ReadWalk<number>(shuffled(peers.start, random).map(withDistance), () => now * roundTrip)
  const pending = new EventQueue<{ at: number; peer: number }>()
  const answered: number[] = []
  let messages = 0
  const isDone = (): boolean => {
    if (end === 'no peer is left') return false
    if (end === 'it has stalled') return walk.progress.isStalled
    if (walk.progress.status !== 'done') return walk.progress.status !== 'continue'
    if (walk.progress.isStalled || answered.length >= end(answered)) return true
    walk.useReserve()
    return false
  }
  while (!isDone() && !walk.ended && now < timeout) {
    for (const peer of walk.take()) {
      messages++
      const latency = peers.latency(peer)
      if (latency !== undefined) pending.push({ at: now + latency, peer })
    }
    const answer = pending.first
    // a timer of the platform is never early
    const changesIn = end === 'no peer is left' ? walk.progress.overdueIn : walk.progress.changesIn
    const timer = now + ((changesIn ?? Number.POSITIVE_INFINITY) + 0.001) / roundTrip
    now = Math.min(answer?.at ?? Number.POSITIVE_INFINITY, timer, timeout)
    for (const peer of walk.progress.overdue) walk.failed(peer)
    if (answer === undefined || now < answer.at) continue
    pending.pop()
    answered.push(answer.peer)
    const named = peers.named(answer.peer).filter((peer) => peer !== peers.asker)
    walk.answered(answer.peer, named.map(withDistance))
  }
  return { messages, rtt: now, answered, reserve: walk.reserve }
}

/** A read with the default rule. @param further - the members of the region around an eclipsed key, and what finding them took */
export function readByDefault(
  walk: Walked,
  answers: Answers,
  peers: Peers,
  further: RegionSearch | undefined
): Reading {
  const asked = (further?.members ?? []).filter((peer) => !walk.answered.includes(peer))
  const slowest = Math.max(0, ...asked.map((peer) => peers.latency(peer) ?? patience))
  return {
    messages: walk.messages + (further?.messages ?? 0) + asked.length,
    rtt: Math.min(timeout, walk.rtt + (further?.rtt ?? 0) + slowest),
    newest: [...walk.answered, ...asked].some((peer) => answers.isNewest(peer))
  }
}

/** Reads with the look-up of kad-dht, until as many answers are valid as each quorum demands. */
export function readByQuorum(peers: Peers, answers: Answers, random: Random, quorums: readonly number[]): Reading[] {
  const readings = quorums.map(() => ({ messages: 0, rtt: 0, newest: false, valid: 0 }))
  for (const event of lookUp(peers, random, patience)) {
    const open = readings.filter(({ valid }, index) => valid < (quorums[index] as number))
    if (open.length === 0) break
    for (const reading of open) reading.rtt = Math.min(event.at, timeout)
    if (event.at > timeout) break
    for (const reading of open) {
      if (event.type === 'asked') reading.messages++
      if (event.type !== 'answered') continue
      if (answers.isNewest(event.peer)) reading.newest = true
      if (answers.isValid(event.peer)) reading.valid++
    }
  }
  return readings
}

/** The look-up of a put, to the end. Returns the peers that answered. */
export function lookUpForPut(peers: Peers, random: Random): { messages: number; rtt: number; answered: number[] } {
  const result = { messages: 0, rtt: 0, answered: [] as number[] }
  for (const event of lookUp(peers, random, patience)) {
    result.rtt = Math.min(event.at, timeout)
    if (event.at > timeout) break
    if (event.type === 'asked') result.messages++
    if (event.type === 'answered') result.answered.push(event.peer)
  }
  return result
}
