/**
 * Finds slots by hash: an open table of pairs, the hash and the slot plus 1, at most half full. An entry stands at the
 * place of its hash or at the next free one behind it, so that looking one up touches one line of memory.
 */
export class HashIndex {
  #pairs: Int32Array = new Int32Array(128)
  #last = 63
  #count = 0

  get count(): number {
    return this.#count
  }

  /**
   * The next place where a slot of this very hash stands, or -1.
   *
   * @param place - where to begin: the hash itself, or 1 behind the place found before
   */
  seek(hash: number, place: number): number {
    const pairs = this.#pairs
    for (let at = place & this.#last; ; at = (at + 1) & this.#last) {
      if (pairs[2 * at + 1] === 0) return -1
      if (pairs[2 * at] === hash) return at
    }
  }

  slotAt(place: number): number {
    return (this.#pairs[2 * place + 1] as number) - 1
  }

  add(slot: number, hash: number): void {
    if (2 * this.#count > this.#last) this.#grow()
    this.#put(slot + 1, hash)
    this.#count++
  }

  delete(slot: number, hash: number): void {
    let gap = this.seek(hash, hash)
    while (this.slotAt(gap) !== slot) gap = this.seek(hash, gap + 1)
    this.#count--
    const pairs = this.#pairs
    // what stands behind the gap moves into it, unless that is before its own first place
    for (let at = (gap + 1) & this.#last; pairs[2 * at + 1] !== 0; at = (at + 1) & this.#last) {
      const distance = (at - this.#placeOf(pairs[2 * at] as number)) & this.#last
      if (distance < ((at - gap) & this.#last)) continue
      pairs[2 * gap] = pairs[2 * at] as number
      pairs[2 * gap + 1] = pairs[2 * at + 1] as number
      gap = at
    }
    pairs[2 * gap + 1] = 0
  }

  /** The first place of a hash. */
  #placeOf(hash: number): number {
    return hash & this.#last
  }

  #put(entry: number, hash: number): void {
    const pairs = this.#pairs
    let at = this.#placeOf(hash)
    while (pairs[2 * at + 1] !== 0) at = (at + 1) & this.#last
    pairs[2 * at] = hash
    pairs[2 * at + 1] = entry
  }

  #grow(): void {
    const pairs = this.#pairs
    this.#pairs = new Int32Array(2 * pairs.length)
    this.#last = pairs.length - 1
    for (let at = 0; at < pairs.length; at += 2) {
      if (pairs[at + 1] !== 0) this.#put(pairs[at + 1] as number, pairs[at] as number)
    }
  }
}
