/** A repeatable generator: xorshift with 32 bits of state. Not secure; do not use its keys elsewhere. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 1
  }

  /** An integer from 0 to `end` - 1. */
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

  /** A copy of the bytes with one bit flipped at or after `start`. */
  damaged(bytes: Uint8Array, start = 0): Uint8Array {
    const damaged = Uint8Array.from(bytes)
    const index = start + this.below(bytes.length - start)
    damaged[index] = (damaged[index] ?? 0) ^ (1 << this.below(8))
    return damaged
  }
}
