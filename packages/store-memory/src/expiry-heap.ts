/** What an {@link ExpiryHeap} orders. */
export interface Perishable {
  /** ns; the last instant at which it is good */
  readonly until: bigint
  /** its place in the heap, -1 when it is in none; the heap's own */
  heapIndex: number
}

/**
 * What perishes next stands first. Each item knows its place, so one that leaves early is taken out at once and
 * nothing has to be searched. Adding costs one comparison on average, as what comes later mostly perishes later.
 */
export class ExpiryHeap<Item extends Perishable> {
  readonly #items: Item[] = []

  get first(): Item | undefined {
    return this.#items[0]
  }

  add(item: Item): void {
    this.#items.push(item)
    this.#rise(item, this.#items.length - 1)
  }

  delete(item: Item): void {
    const index = item.heapIndex
    if (index < 0) return
    item.heapIndex = -1
    const last = this.#items.pop() as Item
    if (last === item) return
    if (this.#rise(last, index) === index) this.#sink(last, index)
  }

  clear(): void {
    this.#items.length = 0
  }

  #rise(item: Item, from: number): number {
    let index = from
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = this.#items[parentIndex] as Item
      if (parent.until <= item.until) break
      this.#place(parent, index)
      index = parentIndex
    }
    this.#place(item, index)
    return index
  }

  #sink(item: Item, from: number): void {
    let index = from
    for (;;) {
      let childIndex = 2 * index + 1
      let child = this.#items[childIndex]
      if (child === undefined) break
      const right = this.#items[childIndex + 1]
      if (right !== undefined && right.until < child.until) {
        child = right
        childIndex++
      }
      if (item.until <= child.until) break
      this.#place(child, index)
      index = childIndex
    }
    this.#place(item, index)
  }

  #place(item: Item, index: number): void {
    this.#items[index] = item
    item.heapIndex = index
  }
}
