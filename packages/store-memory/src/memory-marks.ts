import type { CheckedRange, Mark } from '@recordkit/record-types'
import type { Aged } from './age-list.ts'
import type { Perishable } from './expiry-heap.ts'
import { AgeList } from './age-list.ts'
import { ExpiryHeap } from './expiry-heap.ts'
import { SortedView } from './sorted-view.ts'

class MarkEntry implements Aged, Perishable {
  older: Aged | undefined = undefined
  younger: Aged | undefined = undefined
  heapIndex = -1
  gone = false
  readonly id: string
  mark: Mark

  constructor(id: string, mark: Mark) {
    this.id = id
    this.mark = mark
  }

  get until(): bigint {
    return this.mark.until
  }
}

/** Marks by key, bounded: when there are too many, the one set longest ago goes. */
export class MemoryMarks {
  readonly #marks: Map<string, MarkEntry> = new Map()
  readonly #ages: AgeList<MarkEntry> = new AgeList()
  readonly #expiry: ExpiryHeap<MarkEntry> = new ExpiryHeap()
  readonly #sorted: SortedView<MarkEntry> = new SortedView()
  readonly #most: number
  readonly #mostBytes: number
  #bytes = 0

  constructor(most: number, mostBytes: number) {
    this.#most = most
    this.#mostBytes = mostBytes
  }

  get size(): number {
    return this.#marks.size
  }

  get(id: string): Mark | undefined {
    return this.#marks.get(id)?.mark
  }

  /** Keeps `mark`, whose bytes are the store's own, in place of the one there was. */
  set(id: string, mark: Mark): void {
    this.delete(id)
    const entry = new MarkEntry(id, mark)
    this.#marks.set(id, entry)
    this.#ages.add(entry)
    this.#expiry.add(entry)
    this.#sorted.add(entry)
    this.#bytes += sizeOf(mark)
    while (this.#marks.size > this.#most || this.#bytes > this.#mostBytes) {
      const oldest = this.#ages.oldest
      if (oldest === undefined) return
      this.delete(oldest.id)
    }
  }

  delete(id: string): void {
    const entry = this.#marks.get(id)
    if (entry === undefined) return
    entry.gone = true
    this.#marks.delete(id)
    this.#ages.delete(entry)
    this.#expiry.delete(entry)
    this.#bytes -= sizeOf(entry.mark)
  }

  sweep(now: bigint): void {
    for (let entry = this.#expiry.first; entry !== undefined && entry.until < now; entry = this.#expiry.first) {
      this.delete(entry.id)
    }
  }

  *within(range: CheckedRange): Generator<Mark, undefined> {
    for (const { mark } of this.#sorted.items(range, () => this.#marks.values())) yield mark
    return undefined
  }

  clear(): void {
    this.#marks.clear()
    this.#expiry.clear()
    this.#sorted.clear()
  }
}

function sizeOf(mark: Mark): number {
  return mark.key.length + mark.rank.length + (mark.digest?.length ?? 0)
}
