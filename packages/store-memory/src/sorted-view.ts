import type { CheckedRange } from '@recordkit/record-store/internal'
import { turns } from '@recordkit/record-types/internal'
import type { Chunk } from './sorted-chunks.ts'
import { ChunkMerge, chunkOf, chunkSize, existing, lowerBound } from './sorted-chunks.ts'
import type { SortedItems } from './sorted-items.ts'
import { SortedRuns } from './sorted-runs.ts'

/** Items that are sorted in one piece: about half a millisecond. */
const runSize = 512
/** Items that are looked at in one piece of a merge: about half a millisecond. */
const mergeSize = 2048
/** New items that are sorted and merged in one piece when an iteration starts. */
const fewItems = 64
/** How many deletions pay for looking through one chunk: at most about a third of the items in chunks are deleted ones. */
const deletionsPerChunk = 64

/**
 * Items in byte order of their keys. A put or delete costs next to nothing: new items wait until an iteration starts, and deleted ones
 * are skipped. An iteration that starts costs what has changed since the last one, not what the store contains: `n` new items cost
 * `n log n`, because they are sorted in runs, which are merged and then merged into the chunks that they belong to.
 */
export class SortedView<Item> {
  readonly #items: SortedItems<Item>
  /** replaced with every change; `undefined` before the first iteration */
  #chunks: readonly Chunk<Item>[] | undefined
  /** the items that existed before and are not in runs yet */
  #unread: Iterator<Item> | undefined
  #added: Item[] = []
  /** sorted items that are not in chunks yet */
  #runs: SortedRuns<Item> | undefined
  /** the chunks with the items of the runs, when all are sorted */
  #merge: ChunkMerge<Item> | undefined
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
    this.#runs = undefined
    this.#merge = undefined
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
    return this.#unread !== undefined || this.#runs !== undefined || this.#added.length > fewItems
  }

  /** The existing items within a range, in its direction. Items that are deleted before their turn are skipped, later ones left out. */
  *within({ start, end, reverse }: CheckedRange): Generator<Item, undefined> {
    this.#begin()
    while (this.#hasMuch || this.#added.length > 0) this.#sortSome()
    this.#clean()
    const source = this.#items
    const chunks = this.#chunks as readonly Chunk<Item>[]
    if (chunks.length === 0) return undefined
    const first = start === undefined ? 0 : chunkOf(source, chunks, start)
    const last = end === undefined ? chunks.length - 1 : chunkOf(source, chunks, end)
    for (let index = reverse ? last : first; reverse ? index >= first : index <= last; index += reverse ? -1 : 1) {
      const items = existing(source, chunks[index] as Chunk<Item>)
      let from = index === first && start !== undefined ? lowerBound(source, items, start) : 0
      let to = index === last && end !== undefined ? lowerBound(source, items, end) : items.length
      while (from < to) {
        const item = items[reverse ? --to : from++] as Item
        if (source.exists(item)) yield item
      }
    }
    return undefined
  }

  /** Sorts a run; when there is nothing left to sort, merges some items of the runs into the chunks. */
  #sortSome(): void {
    this.#runs ??= new SortedRuns(this.#items)
    if (this.#merge === undefined) {
      const items = this.#take().filter((item) => this.#items.exists(item))
      if (items.length > 0) this.#runs.add(items)
      if (this.#unread === undefined && this.#added.length === 0)
        this.#merge = new ChunkMerge(this.#items, this.#chunks as readonly Chunk<Item>[])
      return
    }
    const merge = this.#merge
    merge.resume()
    const end = merge.work + mergeSize
    while (merge.work < end) {
      const next = this.#runs.next()
      if (next === undefined) {
        this.#chunks = merge.finish()
        this.#runs = undefined
        this.#merge = undefined
        return
      }
      merge.add(next.item, next.key)
    }
  }

  /** Takes items that are not in runs yet. */
  #take(): Item[] {
    const taken = this.#added.splice(-runSize)
    while (taken.length < runSize && this.#unread !== undefined) {
      const step = this.#unread.next()
      if (step.done === true) this.#unread = undefined
      else taken.push(step.value)
    }
    return taken
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
      const items = existing(this.#items, chunk)
      return items.length === 0 ? [] : [{ least: chunk.least, items }]
    })
  }
}
