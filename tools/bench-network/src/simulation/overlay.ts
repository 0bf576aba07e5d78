/** A stream of numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A bucket's size, and how many peers an answer names. */
export const k = 20

/**
 * Who is in a network, and whom each knows: of the peers that share exactly so many leading bits with it, all, or 20 at random where
 * there are more. Identities are 32 bits, peers are places in their order; tables are not kept but drawn again from the seed.
 */
export class Overlay {
  readonly ids: Uint32Array
  readonly hostile: Uint8Array
  readonly #seed: number

  /** @param share - of the peers that are hostile, spread at random */
  constructor(size: number, share: number, seed: number) {
    const random = randomFrom(seed)
    const ids = new Set<number>()
    while (ids.size < size) ids.add(Math.floor(random() * 2 ** 32))
    this.ids = Uint32Array.from(ids).toSorted()
    this.hostile = new Uint8Array(size)
    for (let left = Math.round(size * share); left > 0;) {
      const peer = Math.floor(random() * size)
      if (this.hostile[peer] === 1) continue
      this.hostile[peer] = 1
      left--
    }
    this.#seed = seed
  }

  get size(): number {
    return this.ids.length
  }

  distance(peer: number, target: number): number {
    return (this.#id(peer) ^ target) >>> 0
  }

  /** The 20 peers closest to `target` that `peer` knows, the closest first. */
  known(peer: number, target: number): readonly number[] {
    const shared = Math.clz32(this.#id(peer) ^ target)
    const found = this.#bucket(peer, shared)
    // closer to the peer than to the target: all at about the same distance
    if (found.length < k) for (let bits = shared + 1; bits < 32; bits++) found.push(...this.#bucket(peer, bits))
    for (let bits = shared - 1; found.length < k && bits >= 0; bits--) found.push(...this.#bucket(peer, bits))
    return this.#nearest(found, target)
  }

  /** The 20 hostile peers closest to `target` of all there are: what they tell when they are one. */
  conspirators(target: number): readonly number[] {
    for (let bits = 31; bits >= 0; bits--) {
      const [start, end] = this.#range(target, bits)
      const found: number[] = []
      for (let peer = start; peer < end; peer++) if (this.hostile[peer] === 1) found.push(peer)
      if (found.length >= k || bits === 0) return this.#nearest(found, target)
    }
    return []
  }

  #nearest(peers: readonly number[], target: number): readonly number[] {
    return peers.toSorted((a, b) => this.distance(a, target) - this.distance(b, target)).slice(0, k)
  }

  /** Peers in a table that share exactly `bits` bits with `peer`. */
  #bucket(peer: number, bits: number): number[] {
    const [start, end] = this.#range((this.#id(peer) ^ (0x80000000 >>> bits)) >>> 0, bits + 1)
    const size = end - start
    if (size <= k) return Array.from({ length: size }, (_, index) => start + index)
    const random = randomFrom(Math.imul(this.#seed + peer, 0x9e3779b1) ^ Math.imul(bits + 1, 0x85ebca6b))
    const drawn = new Set<number>()
    while (drawn.size < k) drawn.add(start + Math.floor(random() * size))
    return [...drawn]
  }

  /** Where the peers stand whose first `bits` bits are those of `id`. */
  #range(id: number, bits: number): readonly [number, number] {
    if (bits === 0) return [0, this.size]
    const width = 2 ** (32 - bits)
    const first = Math.floor(id / width) * width
    return [this.#firstFrom(first), this.#firstFrom(first + width)]
  }

  #firstFrom(id: number): number {
    let [low, high] = [0, this.size]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#id(middle) < id) low = middle + 1
      else high = middle
    }
    return low
  }

  #id(peer: number): number {
    return this.ids[peer] as number
  }
}
