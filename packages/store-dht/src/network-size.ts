/** number of closest peers by which the density of a network is measured */
export const densityPeers = 20
/** look-ups of random keys from which the size is estimated */
const samplesNeeded = 10
/** ns: two days, after which a look-up does not count any more */
const lifetime = 172_800_000_000_000n
/** ns: a tenth of a day, after which another look-up is due */
const interval = 8_640_000_000_000n
/** ns: ten minutes, after which another look-up is due when a key seemed to be eclipsed, or the last one failed */
const shortInterval = 600_000_000_000n
/** the median of the distances of the 20th closest peers is that of this number of nodes: distances are gamma-distributed */
const medianPeers = densityPeers - 1 / 3
/** 2^48, the number of Kademlia IDs, as a literal: bundlers keep computed numbers */
const allIds = 281_474_976_710_656

/**
 * Estimates how many nodes a network has, from look-ups of random keys of our own, which no peer can know before: the more nodes
 * there are, the nearer to a key are the 20 closest. The median of ten look-ups does not change much when four of them are wrong.
 */
export class NetworkSize {
  readonly #samples: { readonly radius: number; readonly at: bigint }[] = []
  #isSuspicious = false
  /** ns; when the last look-up failed */
  #failed: bigint | undefined

  /**
   * Adds a look-up.
   *
   * @param radius - the distance of its 20th closest peer
   * @param now - ns
   */
  add(radius: number, now: bigint): void {
    this.#samples.push({ radius, at: now })
    if (this.#samples.length > samplesNeeded) this.#samples.shift()
    this.#isSuspicious = false
    this.#failed = undefined
  }

  /** A look-up failed. @param now - ns */
  failed(now: bigint): void {
    this.#failed = now
  }

  /** A key seems to be eclipsed: that is also so when many nodes have joined since the last look-ups. */
  suspect(): void {
    this.#isSuspicious = true
  }

  /**
   * Whether another look-up is due: there are fewer than ten of the last two days, or the latest is older than a tenth of a day, or than
   * ten minutes after a key seemed to be eclipsed. None is due within ten minutes after one that failed.
   */
  isDue(now: bigint): boolean {
    if (this.#failed !== undefined && isWithin(shortInterval, now - this.#failed)) return false
    const latest = this.#samples.at(-1)
    const pause = this.#isSuspicious ? shortInterval : interval
    return this.nodes(now) === undefined || latest === undefined || !isWithin(pause, now - latest.at)
  }

  /** Number of nodes; `undefined` with fewer than ten look-ups of the last two days. */
  nodes(now: bigint): number | undefined {
    while (this.#samples[0] !== undefined && !isWithin(lifetime, now - this.#samples[0].at)) this.#samples.shift()
    if (this.#samples.length < samplesNeeded) return undefined
    const radii = this.#samples.map(({ radius }) => radius).toSorted((a, b) => a - b)
    const [lower = 0, upper = 0] = radii.slice(samplesNeeded / 2 - 1)
    return (medianPeers * allIds * 2) / (lower + upper)
  }
}

function isWithin(time: bigint, age: bigint): boolean {
  return age >= 0n && age < time
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
