import { grown } from './grown.ts'

/** Finds slots by hash: chains of slots, the slots numbered from 0. */
export class SlotIndex {
  /** the first slot of each chain, and the slot after each slot, both plus 1: 0 ends a chain */
  #heads: Int32Array = new Int32Array(64)
  #next: Int32Array = new Int32Array(64)
  #hashes: Int32Array = new Int32Array(64)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** The first slot whose hash may be `hash`, or -1; go on with {@link after}. */
  first(hash: number): number {
    return (this.#heads[hash & (this.#heads.length - 1)] as number) - 1
  }

  after(slot: number): number {
    return (this.#next[slot] as number) - 1
  }

  hashOf(slot: number): number {
    return this.#hashes[slot] as number
  }

  add(slot: number, hash: number): void {
    if (slot >= this.#next.length) {
      this.#next = grown(this.#next, slot)
      this.#hashes = grown(this.#hashes, slot)
    }
    if (this.#count >= this.#heads.length) this.#rehash()
    this.#hashes[slot] = hash
    this.#push(slot)
    this.#count++
  }

  delete(slot: number): void {
    const head = this.hashOf(slot) & (this.#heads.length - 1)
    const next = this.#next[slot] as number
    let before = this.first(head)
    if (before === slot) {
      this.#heads[head] = next
    } else {
      while (this.after(before) !== slot) before = this.after(before)
      this.#next[before] = next
    }
    this.#count--
  }

  #push(slot: number): void {
    const head = this.hashOf(slot) & (this.#heads.length - 1)
    this.#next[slot] = this.#heads[head] as number
    this.#heads[head] = slot + 1
  }

  #rehash(): void {
    const heads = this.#heads
    this.#heads = new Int32Array(2 * heads.length)
    for (const head of heads) {
      let slot = head - 1
      while (slot >= 0) {
        const after = this.after(slot)
        this.#push(slot)
        slot = after
      }
    }
  }
}
