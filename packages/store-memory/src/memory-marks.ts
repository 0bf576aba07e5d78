import type { CheckedRange, Mark } from '@recordkit/record-types'
import type { Perishable } from './expiry-heap.ts'
import type { Place } from './fair-shares.ts'
import { ExpiryHeap } from './expiry-heap.ts'
import { FairShares } from './fair-shares.ts'
import { SortedView } from './sorted-view.ts'

class MarkEntry implements Perishable {
  place: Place<MarkEntry> | undefined = undefined
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

/**
 * Marks by key, bounded: when there are too many, the one set longest ago goes, of those that the sender with most of
 * them has left. Who floods the store forgets what it sent itself, and opens no way back for older records of others.
 */
export class MemoryMarks {
  readonly #marks: Map<string, MarkEntry> = new Map()
  readonly #shares: FairShares<MarkEntry> = new FairShares()
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

  /**
   * Keeps `mark`, whose bytes are the store's own, in place of the one there was.
   *
   * @param sender - of the record that left it
   */
  set(id: string, mark: Mark, sender: string): void {
    this.delete(id)
    const entry = new MarkEntry(id, mark)
    this.#marks.set(id, entry)
    entry.place = this.#shares.add(entry, sender)
    this.#expiry.add(entry)
    this.#sorted.add(entry)
    this.#bytes += sizeOf(mark)
    while (this.#marks.size > this.#most || this.#bytes > this.#mostBytes) {
      const next = this.#shares.next
      if (next === undefined) return
      this.delete(next.id)
    }
  }

  delete(id: string): void {
    const entry = this.#marks.get(id)
    if (entry === undefined) return
    entry.gone = true
    this.#marks.delete(id)
    if (entry.place !== undefined) this.#shares.delete(entry.place)
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
