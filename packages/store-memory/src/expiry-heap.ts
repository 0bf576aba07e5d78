import { growTypedArray } from './grow-typed-array.ts'

/**
 * What perishes next stands first. Each slot knows its place, so one that leaves early is taken out at once and
 * nothing has to be searched. Adding costs one comparison on average, as what comes later mostly perishes later.
 */
export class ExpiryHeap {
  /** by place in the heap: the slot, and its time in two halves, as comparing bigints would make objects of them */
  #slots: Int32Array = new Int32Array(64)
  #highs: Uint32Array = new Uint32Array(64)
  #lows: Uint32Array = new Uint32Array(64)
  /** by slot: its place plus 1, 0 for none */
  #places: Int32Array = new Int32Array(64)
  #count = 0

  /** The slot that perishes next, or -1. */
  get first(): number {
    return this.#count === 0 ? -1 : (this.#slots[0] as number)
  }

  /** @param until - ns; the last instant at which it is good */
  add(slot: number, until: bigint): void {
    if (slot >= this.#places.length) this.#places = growTypedArray(this.#places, slot)
    if (this.#count === this.#slots.length) this.#grow()
    // in this form engines calculate without making bigints
    const high = Number(BigInt.asUintN(64, until) >> 32n)
    this.#rise(slot, high, Number(BigInt.asUintN(32, until)), this.#count++)
  }

  /** Takes a slot out, if it is in. */
  delete(slot: number): void {
    const place = (this.#places[slot] ?? 0) - 1
    if (place < 0) return
    this.#places[slot] = 0
    const last = --this.#count
    if (last === place) return
    const moved = this.#slots[last] as number
    const [high, low] = [this.#highs[last] as number, this.#lows[last] as number]
    if (this.#rise(moved, high, low, place) === place) this.#sink(moved, high, low, place)
  }

  #rise(slot: number, high: number, low: number, from: number): number {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#isAfter(parent, high, low)) break
      this.#put(place, this.#slots[parent] as number, this.#highs[parent] as number, this.#lows[parent] as number)
      place = parent
    }
    this.#put(place, slot, high, low)
    return place
  }

  #sink(slot: number, high: number, low: number, from: number): void {
    let place = from
    for (;;) {
      let child = 2 * place + 1
      if (child >= this.#count) break
      const right = child + 1
      if (right < this.#count && this.#isAfter(child, this.#highs[right] as number, this.#lows[right] as number)) {
        child = right
      }
      if (this.#isAfter(child, high, low)) break
      this.#put(place, this.#slots[child] as number, this.#highs[child] as number, this.#lows[child] as number)
      place = child
    }
    this.#put(place, slot, high, low)
  }

  /** Whether what is at `place` perishes after that time. */
  #isAfter(place: number, high: number, low: number): boolean {
    const own = this.#highs[place] as number
    return own > high || (own === high && (this.#lows[place] as number) > low)
  }

  #put(place: number, slot: number, high: number, low: number): void {
    this.#slots[place] = slot
    this.#highs[place] = high
    this.#lows[place] = low
    this.#places[slot] = place + 1
  }

  #grow(): void {
    this.#slots = growTypedArray(this.#slots, this.#count)
    this.#highs = growTypedArray(this.#highs, this.#count)
    this.#lows = growTypedArray(this.#lows, this.#count)
  }
}
