import { distanceBetween, idBits } from './kademlia-id.ts'
import { densityOf, densityPeers } from './network-size.ts'
import { shuffled } from './shuffled.ts'

/** A smaller network is not judged: a key's 20 closest peers are a tenth of it. */
const leastNodes = 200
/** times as dense as the network; by chance in one of 44,000 look-ups */
const minDensity = 3
/** number of closest peers that make a key suspicious; by chance in one of 400 look-ups */
const suspiciousPeers = 10
/** nodes that a region contains on average are from this number to twice as many */
const regionNodes = 32
/** bits by which the parts of a region are longer than its own */
const partBits = 2
/** peers of a region that a record is read from and sent to */
const maxMembers = 100

/** A part of the ID space: the IDs that begin with the first `length` bits of `id`. */
export interface Prefix {
  readonly id: number
  readonly length: number
}

/**
 * Whether the peers closest to a key are so dense that IDs were generated near it: 20 of them, and three times as dense as the network.
 * Twenty generated IDs that are nearer to a key than all others would otherwise keep every read and put from honest peers.
 *
 * @param distances - of the peers that answered
 * @param nodes - the estimated size of the network
 * @param minNodes - below which it is not judged
 * @returns how many times as dense they are, or `undefined` when they are not, or when it cannot be judged
 * @see semantics: Network, Eclipse
 */
export function eclipseDensity(
  distances: readonly number[],
  nodes: number | undefined,
  minNodes: number = leastNodes
): number | undefined {
  const radius = distances.toSorted((a, b) => a - b)[densityPeers - 1]
  if (radius === undefined || nodes === undefined || nodes < minNodes) return undefined
  const density = densityOf(densityPeers, radius, nodes)
  return density >= minDensity ? density : undefined
}

/** Whether more answers are needed to judge a key: there are ten, and these are three times as dense as the network. */
export function couldBeEclipsed(
  distances: readonly number[],
  nodes: number | undefined,
  minNodes: number = leastNodes
): boolean {
  const radius = distances.toSorted((a, b) => a - b)[suspiciousPeers - 1]
  if (radius === undefined || nodes === undefined || nodes < minNodes) return false
  return densityOf(suspiciousPeers, radius, nodes) >= minDensity
}

/** The part of the ID space around a key that contains 32 to 64 nodes on average. */
export function regionAround(key: number, nodes: number): Prefix {
  return prefixOf(key, Math.max(0, Math.floor(Math.log2(nodes / regionNodes))))
}

/** The four parts of a region. */
export function partsOf({ id, length }: Prefix): readonly Prefix[] {
  const step = 2 ** (idBits - length - partBits)
  return Array.from({ length: 2 ** partBits }, (_, index) => ({ id: id + index * step, length: length + partBits }))
}

/** Whether an ID is in a part of the ID space. */
export function isIn({ id, length }: Prefix, other: number): boolean {
  return distanceBetween(id, other) < 2 ** (idBits - length)
}

/** An ID in a part of the ID space. @param random - from 0 to below 1 */
export function randomIn({ id, length }: Prefix, random: () => number): number {
  return id + Math.floor(random() * 2 ** (idBits - length))
}

/**
 * The peers of a region that a record is read from and sent to: up to 100, as many from each of its parts as there are, in random order.
 * Peers that are nearer to the key do not come first, because attackers choose how near they are.
 *
 * @param random - from 0 to below 1
 */
export function membersOf<Peer extends { readonly id: number }>(
  region: Prefix,
  peers: readonly Peer[],
  random: () => number
): readonly Peer[] {
  const parts = partsOf(region).map((part) =>
    shuffled(
      peers.filter(({ id }) => isIn(part, id)),
      random
    )
  )
  const members: Peer[] = []
  for (let round = 0; members.length < maxMembers; round++) {
    const next = parts.flatMap((part) => part.slice(round, round + 1))
    if (next.length === 0) break
    members.push(...next)
  }
  return members.slice(0, maxMembers)
}

function prefixOf(id: number, length: number): Prefix {
  const step = 2 ** (idBits - length)
  return { id: Math.floor(id / step) * step, length }
}
