/** An item and the time at which it is due. */
export interface DueEntry<Item> {
  readonly name: string
  /** ns since the Unix epoch */
  readonly at: bigint
  readonly item: Item
}

/** Items ordered by the time at which they are due: a binary heap, and the position of every name in the heap. */
export class DueQueue<Item> {
  readonly #heap: DueEntry<Item>[] = []
  readonly #positions = new Map<string, number>()

  get size(): number {
    return this.#heap.length
  }

  has(name: string): boolean {
    return this.#positions.has(name)
  }

  get(name: string): DueEntry<Item> | undefined {
    const position = this.#positions.get(name)
    return position === undefined ? undefined : this.#heap[position]
  }

  /** The entry that is due first. */
  first(): DueEntry<Item> | undefined {
    return this.#heap[0]
  }

  /** All items, in no order. */
  items(): Item[] {
    return this.#heap.map(({ item }) => item)
  }

  /** All entries, ordered by the time at which they are due. */
  entries(): DueEntry<Item>[] {
    return this.#heap.slice().sort((a, b) => Number(a.at - b.at))
  }

  set(name: string, at: bigint, item: Item): void {
    this.delete(name)
    this.#heap.push({ name, at, item })
    this.#positions.set(name, this.#heap.length - 1)
    this.#up(this.#heap.length - 1)
  }

  delete(name: string): boolean {
    const position = this.#positions.get(name)
    if (position === undefined) return false
    const last = this.#heap.length - 1
    this.#swap(position, last)
    this.#heap.pop()
    this.#positions.delete(name)
    if (position < last) {
      this.#up(position)
      this.#down(position)
    }
    return true
  }

  #up(position: number): void {
    while (position > 0) {
      const parent = (position - 1) >> 1
      if (!this.#before(position, parent)) return
      this.#swap(position, parent)
      position = parent
    }
  }

  #down(position: number): void {
    for (;;) {
      let least = position
      for (const child of [2 * position + 1, 2 * position + 2]) {
        if (child < this.#heap.length && this.#before(child, least)) least = child
      }
      if (least === position) return
      this.#swap(position, least)
      position = least
    }
  }

  #before(a: number, b: number): boolean {
    return this.#entry(a).at < this.#entry(b).at
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#entry(a), this.#entry(b)]
    this.#heap[a] = y
    this.#heap[b] = x
    this.#positions.set(y.name, a)
    this.#positions.set(x.name, b)
  }

  #entry(position: number): DueEntry<Item> {
    return this.#heap[position] as DueEntry<Item>
  }
}
