/** A generator of its own for every seed: xorshift, 32 bits of state. Fit for choosing, not for keys of worth. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 1
  }

  /** from 0 to below `end` */
  below(end: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % end
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }

  /** The same bytes with one bit turned, from `start` on. */
  damaged(bytes: Uint8Array, start = 0): Uint8Array {
    const damaged = Uint8Array.from(bytes)
    const index = start + this.below(bytes.length - start)
    damaged[index] = (damaged[index] ?? 0) ^ (1 << this.below(8))
    return damaged
  }
}
