import { idBits } from './kademlia-id.ts'

/** number of closest peers by which the density of a network is measured */
export const densityPeers = 20
/** look-ups of random keys from which the size is estimated */
const samplesNeeded = 10
/** ns: a day, after which a look-up does not count any more */
const lifetime = 86_400_000_000_000n
/** 2^48, the number of Kademlia IDs, as a literal: bundlers keep computed numbers */
const allIds = 281_474_976_710_656

/**
 * Estimates how many nodes a network has, from look-ups of random keys of our own, which no peer can know before: the more nodes
 * there are, the nearer to a key are the 20 closest.
 */
export class NetworkSize {
  readonly #samples: { readonly radius: number; readonly at: bigint }[] = []

  /**
   * Adds a look-up.
   *
   * @param radius - the distance of its 20th closest peer
   * @param now - ns
   */
  add(radius: number, now: bigint): void {
    this.#samples.push({ radius, at: now })
    if (this.#samples.length > samplesNeeded) this.#samples.shift()
  }

  /** Number of nodes; `undefined` with fewer than ten look-ups of the last day. */
  nodes(now: bigint): number | undefined {
    while (this.#samples[0] !== undefined && !isYoung(now - this.#samples[0].at)) this.#samples.shift()
    if (this.#samples.length < samplesNeeded) return undefined
    const radii = this.#samples.reduce((sum, { radius }) => sum + radius, 0)
    return (densityPeers * this.#samples.length * allIds) / radii
  }
}

function isYoung(age: bigint): boolean {
  return age >= 0n && age < lifetime
}

/** How many times as dense as the network the 20 closest peers of a key are. @param radius - the distance of the 20th */
export function densityOf(radius: number, nodes: number): number {
  return (densityPeers * allIds) / (radius * nodes)
}
