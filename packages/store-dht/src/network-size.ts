/** number of closest peers by which the density of a network is measured */
export const densityPeers = 20
/** look-ups of random keys from which the size is estimated */
const samplesNeeded = 10
/** ns: two days, after which a look-up does not count any more */
const lifetime = 172_800_000_000_000n
/** ns: a tenth of a day, after which another look-up is due */
const interval = 8_640_000_000_000n
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

  /** Whether another look-up is due: there are fewer than ten of the last two days, or the latest is older than a tenth of a day. */
  isDue(now: bigint): boolean {
    const latest = this.#samples.at(-1)
    return this.nodes(now) === undefined || latest === undefined || now - latest.at >= interval
  }

  /** Number of nodes; `undefined` with fewer than ten look-ups of the last two days. */
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

/**
 * How many times as dense as the network the closest peers of a key are.
 *
 * @param count - number of closest peers
 * @param radius - the distance of the last of them
 */
export function densityOf(count: number, radius: number, nodes: number): number {
  return (count * allIds) / (radius * nodes)
}
