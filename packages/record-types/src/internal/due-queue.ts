/** An item and the time at which it is due. */
export interface DueEntry<Item> {
  readonly name: string
  /** ns since the Unix epoch */
  readonly at: bigint
  readonly item: Item
}

interface Place<Item> {
  readonly name: string
  at: bigint
  /** decides between entries of one time: the one that was set first is first */
  readonly order: number
  readonly item: Item
}

/** maximum number of entries of a chunk */
const chunkSize = 512

/**
 * Items ordered by the time at which they are due: sorted chunks, and the entry of every name. A change moves the entries of one chunk
 * at most, and all entries are read in order without sorting.
 */
export class DueQueue<Item> {
  /** none is empty */
  readonly #chunks: Place<Item>[][] = []
  readonly #places = new Map<string, Place<Item>>()
  #order = 0

  get size(): number {
    return this.#places.size
  }

  has(name: string): boolean {
    return this.#places.has(name)
  }

  get(name: string): DueEntry<Item> | undefined {
    return this.#places.get(name)
  }

  /** The entry that is due first. */
  first(): DueEntry<Item> | undefined {
    return this.#chunks[0]?.[0]
  }

  /** All items, in no order. */
  *items(): Generator<Item, undefined> {
    for (const { item } of this.#places.values()) yield item
    return undefined
  }

  /** All entries, ordered by the time at which they are due. */
  entries(): DueEntry<Item>[] {
    return this.#chunks.flat()
  }

  set(name: string, at: bigint, item: Item): void {
    this.delete(name)
    const place = { name, at, order: this.#order++, item }
    this.#places.set(name, place)
    const index = this.#chunkOf(place)
    const chunk = this.#chunks[index]
    if (chunk === undefined) {
      this.#chunks.push([place])
      return
    }
    chunk.splice(positionIn(chunk, place), 0, place)
    // the next entries of a last chunk are mostly later ones
    if (chunk.length > chunkSize)
      this.#chunks.splice(index + 1, 0, chunk.splice(chunkSize / (index + 1 === this.#chunks.length ? 1 : 2)))
  }

  delete(name: string): boolean {
    const place = this.#places.get(name)
    if (place === undefined) return false
    this.#places.delete(name)
    const index = this.#chunkOf(place)
    const chunk = this.#chunks[index] as Place<Item>[]
    chunk.splice(positionIn(chunk, place), 1)
    if (chunk.length === 0) this.#chunks.splice(index, 1)
    return true
  }

  /** Moves all entries to earlier times. @param difference - ns */
  moveBack(difference: bigint): void {
    for (const chunk of this.#chunks) for (const place of chunk) place.at -= difference
  }

  /** The index of the last chunk that does not begin after a place, or of the first. */
  #chunkOf(place: Place<Item>): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBefore(place, (this.#chunks[middle] as Place<Item>[])[0] as Place<Item>)) high = middle
      else low = middle + 1
    }
    return Math.max(0, low - 1)
  }
}

/** The position of a place in a chunk, or the one at which it must be inserted. */
function positionIn<Item>(chunk: readonly Place<Item>[], place: Place<Item>): number {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(chunk[middle] as Place<Item>, place)) low = middle + 1
    else high = middle
  }
  return low
}

function isBefore<Item>(a: Place<Item>, b: Place<Item>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
