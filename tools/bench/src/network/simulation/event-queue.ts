/** Items in the order of their times; items of equal time in no particular order, but the same in every run. */
export class EventQueue<Item extends { readonly at: number }> {
  readonly #heap: Item[] = []

  get first(): Item | undefined {
    return this.#heap[0]
  }

  push(item: Item): void {
    let index = this.#heap.push(item) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = this.#heap[parent] as Item
      if (above.at <= item.at) break
      this.#heap[index] = above
      index = parent
    }
    this.#heap[index] = item
  }

  /** Removes and returns the first item. */
  pop(): Item | undefined {
    const [first] = this.#heap
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return first
    let index = 0
    for (;;) {
      const left = this.#heap[2 * index + 1]
      const right = this.#heap[2 * index + 2]
      const isRight = right !== undefined && left !== undefined && right.at < left.at
      const below = isRight ? right : left
      if (below === undefined || below.at >= last.at) break
      this.#heap[index] = below
      index = 2 * index + (isRight ? 2 : 1)
    }
    this.#heap[index] = last
    return first
  }
}
