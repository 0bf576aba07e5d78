import { growTypedArray } from './grow-typed-array.ts'

/**
 * A binary heap of slots by expiry, the earliest first. It stores the position of each slot, so that a slot is removed
 * without a search. Adding costs one comparison on average, as later records mostly expire later.
 */
export class ExpiryHeap {
  /** by position: the slot, and the two halves of its time, as comparing bigints would allocate */
  #slots: Int32Array = new Int32Array(64)
  #highs: Uint32Array = new Uint32Array(64)
  #lows: Uint32Array = new Uint32Array(64)
  /** by slot: its position plus 1; 0 for none */
  #positions: Int32Array = new Int32Array(64)
  #count = 0

  /** The slot that expires first, or -1. */
  get first(): number {
    return this.#count === 0 ? -1 : (this.#slots[0] as number)
  }

  /** @param until - ns since the Unix epoch; the last instant at which the slot is valid */
  add(slot: number, until: bigint): void {
    if (slot >= this.#positions.length) this.#positions = growTypedArray(this.#positions, slot)
    if (this.#count === this.#slots.length) this.#grow()
    // engines compile this form without allocating bigints
    const high = Number(BigInt.asUintN(64, until) >> 32n)
    this.#moveUp(slot, high, Number(BigInt.asUintN(32, until)), this.#count++)
  }

  /** Removes a slot if the heap contains it. */
  delete(slot: number): void {
    const position = (this.#positions[slot] ?? 0) - 1
    if (position < 0) return
    this.#positions[slot] = 0
    const last = --this.#count
    if (last === position) return
    const moved = this.#slots[last] as number
    const [high, low] = [this.#highs[last] as number, this.#lows[last] as number]
    if (this.#moveUp(moved, high, low, position) === position) this.#moveDown(moved, high, low, position)
  }

  #moveUp(slot: number, high: number, low: number, from: number): number {
    let position = from
    while (position > 0) {
      const parent = (position - 1) >> 1
      if (!this.#isAfter(parent, high, low)) break
      this.#put(position, this.#slots[parent] as number, this.#highs[parent] as number, this.#lows[parent] as number)
      position = parent
    }
    this.#put(position, slot, high, low)
    return position
  }

  #moveDown(slot: number, high: number, low: number, from: number): void {
    let position = from
    for (;;) {
      let child = 2 * position + 1
      if (child >= this.#count) break
      const right = child + 1
      if (right < this.#count && this.#isAfter(child, this.#highs[right] as number, this.#lows[right] as number)) {
        child = right
      }
      if (this.#isAfter(child, high, low)) break
      this.#put(position, this.#slots[child] as number, this.#highs[child] as number, this.#lows[child] as number)
      position = child
    }
    this.#put(position, slot, high, low)
  }

  /** Whether the entry at `position` expires after the given time. */
  #isAfter(position: number, high: number, low: number): boolean {
    const own = this.#highs[position] as number
    return own > high || (own === high && (this.#lows[position] as number) > low)
  }

  #put(position: number, slot: number, high: number, low: number): void {
    this.#slots[position] = slot
    this.#highs[position] = high
    this.#lows[position] = low
    this.#positions[slot] = position + 1
  }

  #grow(): void {
    this.#slots = growTypedArray(this.#slots, this.#count)
    this.#highs = growTypedArray(this.#highs, this.#count)
    this.#lows = growTypedArray(this.#lows, this.#count)
  }
}
