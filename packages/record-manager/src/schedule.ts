interface Entry<Item> {
  readonly name: string
  readonly at: bigint
  readonly item: Item
}

/** Items by the time they are due, the next first: a binary heap with a place for every name. */
export class Schedule<Item> {
  readonly #heap: Entry<Item>[] = []
  readonly #places = new Map<string, number>()

  get size(): number {
    return this.#heap.length
  }

  has(name: string): boolean {
    return this.#places.has(name)
  }

  first(): Entry<Item> | undefined {
    return this.#heap[0]
  }

  /** All of it, the next first. */
  entries(): Entry<Item>[] {
    return this.#heap.slice().sort((a, b) => Number(a.at - b.at))
  }

  set(name: string, at: bigint, item: Item): void {
    this.delete(name)
    this.#heap.push({ name, at, item })
    this.#places.set(name, this.#heap.length - 1)
    this.#up(this.#heap.length - 1)
  }

  delete(name: string): boolean {
    const place = this.#places.get(name)
    if (place === undefined) return false
    const last = this.#heap.length - 1
    this.#swap(place, last)
    this.#heap.pop()
    this.#places.delete(name)
    if (place < last) {
      this.#up(place)
      this.#down(place)
    }
    return true
  }

  #up(place: number): void {
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#before(place, parent)) return
      this.#swap(place, parent)
      place = parent
    }
  }

  #down(place: number): void {
    for (;;) {
      let least = place
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#heap.length && this.#before(child, least)) least = child
      }
      if (least === place) return
      this.#swap(place, least)
      place = least
    }
  }

  #before(a: number, b: number): boolean {
    return this.#entry(a).at < this.#entry(b).at
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#entry(a), this.#entry(b)]
    this.#heap[a] = y
    this.#heap[b] = x
    this.#places.set(y.name, a)
    this.#places.set(x.name, b)
  }

  #entry(place: number): Entry<Item> {
    return this.#heap[place] as Entry<Item>
  }
}
