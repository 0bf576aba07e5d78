import { keptCopy } from '@recordkit/record-types/internal'
import type { SortedItems } from './sorted-items.ts'

/** Items in order. A chunk is never changed, so that an iteration that has reached it is not disturbed. */
export interface Chunk<Item> {
  /** a copy: the key of its first item, or a lower one */
  readonly least: Uint8Array
  /** also items that do not exist any more */
  readonly items: readonly Item[]
}

/** maximum number of items of a chunk */
export const chunkSize = 512

/** The existing items of a chunk. */
export function existing<Item>(source: SortedItems<Item>, { items }: Chunk<Item>): readonly Item[] {
  return items.filter((item) => source.exists(item))
}

/** The index of the chunk that can contain a key: the last one that does not begin above it, or the first one. */
export function chunkOf<Item>(source: SortedItems<Item>, chunks: readonly Chunk<Item>[], key: Uint8Array): number {
  let low = 0
  let high = chunks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (source.compare((chunks[middle] as Chunk<Item>).least, key) <= 0) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

/** The index of the first of the existing items whose key is not below `key`. */
export function lowerBound<Item>(
  source: SortedItems<Item>,
  items: readonly Item[],
  key: Uint8Array,
  from: number = 0
): number {
  let low = from
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (source.compare(source.key(items[middle] as Item), key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Merges items that come in order into chunks. Only the chunks that they belong to are read. */
export class ChunkMerge<Item> {
  readonly #source: SortedItems<Item>
  readonly #chunks: readonly Chunk<Item>[]
  readonly #merged: Chunk<Item>[] = []
  /** number of chunks that are in `#merged`, or being merged */
  #begun = 0
  /** the items of the chunk that is being merged, and how many of them are in `#open` */
  #items: readonly Item[] = []
  #taken = 0
  /** merged items that are not in a chunk yet */
  #open: Item[] = []
  #last: Uint8Array | undefined
  /** number of items that were looked at */
  #work = 0

  constructor(source: SortedItems<Item>, chunks: readonly Chunk<Item>[]) {
    this.#source = source
    this.#chunks = chunks
  }

  get work(): number {
    return this.#work
  }

  /** Called when items may have been deleted since the last call. */
  resume(): void {
    this.#items = this.#items.slice(this.#taken).filter((item) => this.#source.exists(item))
    this.#taken = 0
    this.#work += this.#items.length
  }

  /** Adds an item that exists. Of two items with one key, which are the same, one stays. */
  add(item: Item, key: Uint8Array): void {
    const source = this.#source
    if (this.#last !== undefined && source.compare(this.#last, key) === 0) return
    this.#last = key
    this.#work++
    const next = this.#chunks[this.#begun]
    if (next !== undefined && (this.#begun === 0 || source.compare(next.least, key) <= 0)) this.#begin(key)
    if (this.#taken < this.#items.length) {
      const position = lowerBound(source, this.#items, key, this.#taken)
      this.#take(position)
      const same = this.#items[position]
      if (same !== undefined && source.compare(source.key(same), key) === 0) this.#taken++
    }
    this.#open.push(item)
    if (this.#open.length >= 2 * chunkSize) this.#close(chunkSize)
  }

  /** Returns all chunks. */
  finish(): readonly Chunk<Item>[] {
    this.#end()
    while (this.#begun < this.#chunks.length) this.#merged.push(this.#chunks[this.#begun++] as Chunk<Item>)
    return this.#merged
  }

  /** Begins to merge the chunk that can contain a key. */
  #begin(key: Uint8Array): void {
    this.#end()
    const index = chunkOf(this.#source, this.#chunks, key)
    while (this.#begun < index) this.#merged.push(this.#chunks[this.#begun++] as Chunk<Item>)
    const chunk = this.#chunks[this.#begun++] as Chunk<Item>
    this.#items = existing(this.#source, chunk)
    this.#work += chunk.items.length
  }

  /** Ends the chunk that is being merged. */
  #end(): void {
    this.#take(this.#items.length)
    this.#items = []
    this.#taken = 0
    const pieces = Math.ceil(this.#open.length / chunkSize)
    for (let piece = pieces; piece > 0; piece--) this.#close(Math.ceil(this.#open.length / piece))
  }

  #take(end: number): void {
    while (this.#taken < end) this.#open.push(this.#items[this.#taken++] as Item)
  }

  /** Makes a chunk of the first open items. */
  #close(count: number): void {
    const items = this.#open.slice(0, count).filter((item) => this.#source.exists(item))
    this.#open = this.#open.slice(count)
    const [first] = items
    if (first !== undefined) this.#merged.push({ least: keptCopy(this.#source.key(first)), items })
  }
}
