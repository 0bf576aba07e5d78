/** The two words of an entry. */
const hashWord = 0
/** the slot plus 1; 0 for a free entry */
const slotWord = 1

/**
 * Finds slots by hash: an open-addressing table that is at most half full. An entry is at the position of its hash or at the
 * next free one after it, so that most lookups read one cache line.
 */
export class HashIndex {
  #words: Int32Array = new Int32Array(128)
  /** the highest position; positions wrap around with `& #mask` */
  #mask = 63
  #count = 0

  get count(): number {
    return this.#count
  }

  /**
   * Finds the next entry with a hash.
   *
   * @param from - where to start: the hash itself, or 1 after the position that was found before
   * @returns its position, or -1
   */
  seek(hash: number, from: number): number {
    const words = this.#words
    for (let position = from & this.#mask; ; position = (position + 1) & this.#mask) {
      if (words[2 * position + slotWord] === 0) return -1
      if (words[2 * position + hashWord] === hash) return position
    }
  }

  slotAt(position: number): number {
    return (this.#words[2 * position + slotWord] as number) - 1
  }

  add(slot: number, hash: number): void {
    if (2 * this.#count > this.#mask) this.#grow()
    this.#insert(slot + 1, hash)
    this.#count++
  }

  delete(slot: number, hash: number): void {
    let gap = this.seek(hash, hash)
    while (this.slotAt(gap) !== slot) gap = this.seek(hash, gap + 1)
    this.#count--
    const words = this.#words
    // move later entries into the gap, unless that is before the position of their hash
    for (let at = (gap + 1) & this.#mask; words[2 * at + slotWord] !== 0; at = (at + 1) & this.#mask) {
      const distance = (at - this.#positionOf(words[2 * at + hashWord] as number)) & this.#mask
      if (distance < ((at - gap) & this.#mask)) continue
      words[2 * gap + hashWord] = words[2 * at + hashWord] as number
      words[2 * gap + slotWord] = words[2 * at + slotWord] as number
      gap = at
    }
    words[2 * gap + slotWord] = 0
  }

  /** The first position of a hash. */
  #positionOf(hash: number): number {
    return hash & this.#mask
  }

  #insert(entry: number, hash: number): void {
    const words = this.#words
    let position = this.#positionOf(hash)
    while (words[2 * position + slotWord] !== 0) position = (position + 1) & this.#mask
    words[2 * position + hashWord] = hash
    words[2 * position + slotWord] = entry
  }

  #grow(): void {
    const words = this.#words
    this.#words = new Int32Array(2 * words.length)
    this.#mask = words.length - 1
    for (let at = 0; at < words.length; at += 2) {
      if (words[at + slotWord] !== 0) this.#insert(words[at + slotWord] as number, words[at + hashWord] as number)
    }
  }
}
