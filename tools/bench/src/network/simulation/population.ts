import { randomOf } from './random.ts'

/** maximum number of peers in a bucket and in an answer */
export const k = 20

/**
 * The routing tables of all nodes.
 *
 * - `js`: as in js-libp2p. Every branch is split down to `prefixLength` bits, and each leaf contains `k` peers
 * - `go`: Kademlia buckets, as in the Kademlia paper and in Go. Only the node's own branch is split, as deep as there are peers
 */
export type Tables = 'js' | 'go'

/** number of bits by which the table of js-libp2p is split (`PREFIX_LENGTH` of @libp2p/kad-dht 16.4) */
const prefixLength = 6

/**
 * Nodes with random IDs of 32 bits, in order, with the routing tables of nodes that run for a long time: every bucket that can be
 * full is full. A table is generated from the seed whenever it is used, as a million tables do not fit in memory.
 */
export class Population {
  readonly ids: Uint32Array
  readonly #malicious: Uint8Array
  readonly #honestBefore: Uint32Array
  readonly #tables: Tables
  readonly #seed: number

  /** @param ids - in order. @param malicious - 1 for each malicious node, else 0 */
  constructor(ids: Uint32Array, malicious: Uint8Array, tables: Tables, seed: number) {
    this.ids = ids
    this.#malicious = malicious
    this.#honestBefore = new Uint32Array(ids.length + 1)
    for (let node = 0; node < ids.length; node++)
      this.#honestBefore[node + 1] = (this.#honestBefore[node] ?? 0) + (this.isMalicious(node) ? 0 : 1)
    this.#tables = tables
    this.#seed = seed
  }

  /** Nodes with random IDs, of which a share is malicious. */
  static random(size: number, maliciousShare: number, tables: Tables, seed: number): Population {
    const random = randomOf(seed, size)
    const ids = new Set<number>()
    while (ids.size < size) ids.add(random(2 ** 32))
    const malicious = new Uint8Array(size)
    for (let left = Math.round(size * maliciousShare); left > 0;) {
      const node = random(size)
      if (malicious[node] === 1) continue
      malicious[node] = 1
      left--
    }
    return new Population(Uint32Array.from(ids).toSorted(), malicious, tables, seed)
  }

  /** The same with as many malicious nodes whose IDs are nearer to `target` than all others. They join as any other node does. */
  withGenerated(count: number, target: number): Population {
    const [nearest = 0] = this.closest(target)
    const random = randomOf(this.#seed, target, count)
    const generated = new Set<number>()
    while (generated.size < count) generated.add((target ^ (1 + random(this.distance(nearest, target) - 1))) >>> 0)
    const ids = Uint32Array.from([...this.ids, ...generated]).toSorted()
    let node = 0
    const malicious = Uint8Array.from(ids, (id) => (generated.has(id) ? 1 : (this.#malicious[node++] ?? 0)))
    return new Population(ids, malicious, this.#tables, this.#seed)
  }

  get size(): number {
    return this.ids.length
  }

  isMalicious(node: number): boolean {
    return this.#malicious[node] === 1
  }

  distance(node: number, target: number): number {
    return ((this.ids[node] ?? 0) ^ target) >>> 0
  }

  /** The `k` closest peers to `target` in the table of the node, the closest first. */
  known(node: number, target: number): readonly number[] {
    const found = this.#tables === 'js' ? this.#fromLeaves(node, target) : this.#fromBuckets(node, target)
    return found.toSorted((a, b) => this.distance(a, target) - this.distance(b, target)).slice(0, k)
  }

  /** The `k` nodes closest to `target`, of all or of the malicious ones, the closest first. */
  closest(target: number, among: 'all' | 'malicious' = 'all'): readonly number[] {
    const found: number[] = []
    this.#closest(0, this.ids.length, 31, target, among, found)
    return found
  }

  #closest(from: number, to: number, bit: number, target: number, among: 'all' | 'malicious', found: number[]): void {
    if (found.length >= k || this.#count(from, to, among) === 0) return
    if (to - from === 1 || bit < 0) {
      found.push(from)
      return
    }
    const middle = this.#split(from, to, bit)
    const one = ((target >>> bit) & 1) === 1
    for (const upper of [one, !one])
      if (upper) this.#closest(middle, to, bit - 1, target, among, found)
      else this.#closest(from, middle, bit - 1, target, among, found)
  }

  #count(from: number, to: number, among: 'all' | 'malicious'): number {
    if (among === 'all') return to - from
    return to - from - ((this.#honestBefore[to] ?? 0) - (this.#honestBefore[from] ?? 0))
  }

  /** The leaves in order of their distance, the one that contains the target first. */
  #fromLeaves(node: number, target: number): readonly number[] {
    const rest = 32 - prefixLength
    const found: number[] = []
    for (let leaf = 0; leaf < 1 << prefixLength && found.length < k; leaf++) {
      const first = (((target >>> rest) ^ leaf) << rest) >>> 0
      found.push(...this.#bucket(node, first, first + 2 ** rest))
    }
    return found
  }

  /** The bucket of the target, then the buckets closer to the node, then those farther away. */
  #fromBuckets(node: number, target: number): readonly number[] {
    const own = this.ids[node] ?? 0
    const shared = Math.clz32((own ^ target) >>> 0)
    const bucket = (bits: number): readonly number[] => {
      const rest = 31 - bits
      const first = ((((own >>> rest) ^ 1) << rest) >>> 0) >>> 0
      return this.#bucket(node, first, first + 2 ** rest)
    }
    const found = shared < 32 ? [...bucket(shared)] : []
    for (let bits = shared + 1; bits < 32 && found.length < k; bits++) found.push(...bucket(bits))
    for (let bits = Math.min(shared, 32) - 1; bits >= 0 && found.length < k; bits--) found.push(...bucket(bits))
    return found
  }

  /** The peers of a node with IDs from `first` to below `end`: all of them, or `k` at random. */
  #bucket(node: number, first: number, end: number): readonly number[] {
    const from = this.#indexOf(first)
    const size = this.#indexOf(end) - from
    if (size <= k) return Array.from({ length: size }, (_, index) => from + index).filter((peer) => peer !== node)
    const random = randomOf(this.#seed, node, first)
    const chosen = new Set<number>()
    while (chosen.size < k) {
      const peer = from + random(size)
      if (peer !== node) chosen.add(peer)
    }
    return [...chosen]
  }

  /** The first index of the upper half by `bit` among nodes with equal higher bits. */
  #split(from: number, to: number, bit: number): number {
    const first = this.ids[from] ?? 0
    // in two steps, as a shift by 32 is a shift by 0
    const border = ((((first >>> bit) >>> 1) * 2 + 1) * 2 ** bit) >>> 0
    return Math.min(to, Math.max(from, this.#indexOf(border)))
  }

  /** The first node whose ID is not below `id`. */
  #indexOf(id: number): number {
    let low = 0
    let high = this.ids.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.ids[middle] ?? 0) < id) low = middle + 1
      else high = middle
    }
    return low
  }
}
