import type { CheckedRange } from '@recordkit/record-store/internal'
import { compareBytes, copyBytes } from '@recordkit/record-types'
import { turns } from '@recordkit/record-types/internal'

/** What a view sorts. */
export interface SortedItems<Item> {
  /** every item, in no particular order */
  all(): Iterable<Item>
  /** whether the item still exists; only then {@link key} is called */
  exists(item: Item): boolean
  /** may be a view that is valid until the item is deleted */
  key(item: Item): Uint8Array
}

/** Items in order. A chunk is never changed, so that an iteration that has reached it is not disturbed. */
interface Chunk<Item> {
  /** a copy: the key of its first item, or a lower one */
  readonly least: Uint8Array
  /** also items that do not exist any more */
  readonly items: readonly Item[]
}

interface Keyed<Item> {
  readonly item: Item
  readonly key: Uint8Array
}

/** maximum number of items of a chunk */
const chunkSize = 512
/** Items that are sorted in one piece: about a millisecond. */
const batchSize = 512
/** How many deletions pay for looking through one chunk: at most about a third of the items in chunks are deleted ones. */
const deletionsPerChunk = 64

/**
 * Items in byte order of their keys. A put or delete costs next to nothing: new items wait until an iteration starts, and deleted ones
 * are skipped. An iteration that starts costs what has changed since the last one, not what the store contains.
 */
export class SortedView<Item> {
  readonly #items: SortedItems<Item>
  /** replaced with every change; `undefined` before the first iteration */
  #chunks: readonly Chunk<Item>[] | undefined
  /** the items that existed before and are not in chunks yet */
  #unread: Iterator<Item> | undefined
  #added: Item[] = []
  #deleted = 0
  /** the next chunk to look through for deleted items */
  #cleaned = 0
  /** number of iterations that are about to start */
  #preparing = 0

  constructor(items: SortedItems<Item>) {
    this.#items = items
  }

  /** Adds a new item. */
  add(item: Item): void {
    if (this.#chunks === undefined) return
    this.#added.push(item)
    // sorting all again costs no more
    if (this.#preparing === 0 && this.#added.length > this.#chunks.length * chunkSize + 1024) this.#clear()
  }

  /** Called after an item was deleted. */
  delete(): void {
    this.#deleted++
  }

  #clear(): void {
    this.#chunks = undefined
    this.#unread = undefined
    this.#added = []
  }

  /** Sorts what was added, in pieces that leave the event loop to other tasks. `undefined`: there is little to sort. */
  prepare(signal?: AbortSignal): Promise<void> | undefined {
    this.#begin()
    return this.#hasMuch ? this.#sortAll(signal) : undefined
  }

  async #sortAll(signal: AbortSignal | undefined): Promise<void> {
    this.#preparing++
    try {
      while (this.#hasMuch) {
        const wait = turns.wait(signal)
        if (wait !== undefined) await wait
        if (this.#hasMuch) this.#sortSome()
      }
    } finally {
      this.#preparing--
    }
  }

  #begin(): void {
    if (this.#chunks !== undefined) return
    this.#chunks = []
    this.#unread = this.#items.all()[Symbol.iterator]()
  }

  get #hasMuch(): boolean {
    return this.#unread !== undefined || this.#added.length > batchSize
  }

  /** Takes items that are not in chunks yet. */
  #take(): Item[] {
    const taken = this.#added.splice(-batchSize)
    while (taken.length < batchSize && this.#unread !== undefined) {
      const step = this.#unread.next()
      if (step.done === true) this.#unread = undefined
      else taken.push(step.value)
    }
    return taken
  }

  /** The existing items within a range, in its direction. Items that are deleted before their turn are skipped, later ones left out. */
  *within({ start, end, reverse }: CheckedRange): Generator<Item, undefined> {
    this.#begin()
    while (this.#unread !== undefined || this.#added.length > 0) this.#sortSome()
    this.#clean()
    const chunks = this.#chunks as readonly Chunk<Item>[]
    if (chunks.length === 0) return undefined
    const first = start === undefined ? 0 : this.#chunkOf(chunks, start)
    const last = end === undefined ? chunks.length - 1 : this.#chunkOf(chunks, end)
    for (let index = reverse ? last : first; reverse ? index >= first : index <= last; index += reverse ? -1 : 1) {
      const items = this.#existing(chunks[index] as Chunk<Item>)
      let from = index === first && start !== undefined ? this.#lowerBound(items, start) : 0
      let to = index === last && end !== undefined ? this.#lowerBound(items, end) : items.length
      while (from < to) {
        const item = items[reverse ? --to : from++] as Item
        if (this.#items.exists(item)) yield item
      }
    }
    return undefined
  }

  /** Moves some of the items that are not in chunks yet into them. */
  #sortSome(): void {
    const added = this.#take()
      .filter((item) => this.#items.exists(item))
      .map((item) => ({ item, key: this.#items.key(item) }))
    added.sort((a, b) => compareBytes(a.key, b.key))
    const chunks = this.#chunks as readonly Chunk<Item>[]
    const next: Chunk<Item>[] = []
    let copied = 0
    for (let from = 0; from < added.length;) {
      const index = this.#chunkOf(chunks, (added[from] as Keyed<Item>).key)
      const above = chunks[index + 1]
      let to = from + 1
      while (
        to < added.length &&
        (above === undefined || compareBytes((added[to] as Keyed<Item>).key, above.least) < 0)
      )
        to++
      while (copied < index) next.push(chunks[copied++] as Chunk<Item>)
      const chunk = chunks[index]
      this.#push(next, this.#merge(chunk === undefined ? [] : this.#existing(chunk), added.slice(from, to)))
      copied = index + 1
      from = to
    }
    while (copied < chunks.length) next.push(chunks[copied++] as Chunk<Item>)
    this.#chunks = next
  }

  /** Merges two sorted lists of existing items; of two items with one key, which are the same, one stays. */
  #merge(items: readonly Item[], added: readonly Keyed<Item>[]): Item[] {
    const merged: Item[] = []
    let next = 0
    let last: Uint8Array | undefined
    for (const { item, key } of added) {
      if (last !== undefined && compareBytes(last, key) === 0) continue
      last = key
      const position = this.#lowerBound(items, key, next)
      while (next < position) merged.push(items[next++] as Item)
      const same = items[next]
      if (same !== undefined && compareBytes(this.#items.key(same), key) === 0) next++
      merged.push(item)
    }
    while (next < items.length) merged.push(items[next++] as Item)
    return merged
  }

  /** Appends items as chunks. */
  #push(chunks: Chunk<Item>[], items: readonly Item[]): void {
    const size = Math.ceil(items.length / Math.ceil(items.length / chunkSize))
    for (let start = 0; start < items.length; start += size) {
      const least = copyBytes(this.#items.key(items[start] as Item))
      chunks.push({ least, items: items.slice(start, start + size) })
    }
  }

  /** Removes deleted items from as many chunks as deletions have paid for. */
  #clean(): void {
    const count = Math.floor(this.#deleted / deletionsPerChunk)
    if (count === 0) return
    this.#deleted -= count * deletionsPerChunk
    const chunks = this.#chunks as readonly Chunk<Item>[]
    const start = this.#cleaned < chunks.length ? this.#cleaned : 0
    this.#cleaned = start + count
    this.#chunks = chunks.flatMap((chunk, index) => {
      if (index < start || index >= start + count) return [chunk]
      const items = this.#existing(chunk)
      return items.length === 0 ? [] : [{ least: chunk.least, items }]
    })
  }

  #existing({ items }: Chunk<Item>): readonly Item[] {
    return items.filter((item) => this.#items.exists(item))
  }

  /** The index of the chunk that can contain a key: the last one that does not begin above it, or the first one. */
  #chunkOf(chunks: readonly Chunk<Item>[], key: Uint8Array): number {
    let low = 0
    let high = chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytes((chunks[middle] as Chunk<Item>).least, key) <= 0) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  /** The index of the first of the existing items whose key is not below `key`. */
  #lowerBound(items: readonly Item[], key: Uint8Array, from: number = 0): number {
    let low = from
    let high = items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytes(this.#items.key(items[middle] as Item), key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
