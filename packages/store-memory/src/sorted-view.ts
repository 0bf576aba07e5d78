import type { CheckedRange } from '@recordkit/record-store/internal'
import { compareBytes } from '@recordkit/record-types'
import type { RecordTable } from './record-table.ts'

/** Slots in order, and the generations of their records at that time. */
interface Snapshot {
  readonly slots: Int32Array
  readonly generations: Int32Array
}

/**
 * The slots of a table in byte order of their keys. They are sorted when an iteration starts: a put only appends to a list.
 * A snapshot is never changed; the next one includes the changes since.
 */
export class SortedView {
  readonly #table: RecordTable
  #sorted: Snapshot | undefined
  #added: number[] = []
  #stale = false

  constructor(table: RecordTable) {
    this.#table = table
  }

  /** Adds the slot of a new record. */
  add(slot: number): void {
    if (this.#sorted === undefined) return
    this.#added.push(slot)
    if (this.#added.length > this.#sorted.slots.length + 1024) this.clear()
  }

  /** Called when a record is removed. */
  delete(): void {
    this.#stale = true
  }

  clear(): void {
    this.#sorted = undefined
    this.#added = []
  }

  /** The slots of the current records within a range, in its direction. Records that are removed before their turn are skipped. */
  *slots(range: CheckedRange): Generator<number, undefined> {
    const { slots, generations } = this.#refresh()
    let from = range.start === undefined ? 0 : this.#lowerBound(slots, range.start)
    let to = range.end === undefined ? slots.length : this.#lowerBound(slots, range.end)
    while (from < to) {
      const index = range.reverse ? --to : from++
      const slot = slots[index] as number
      if (this.#table.generation(slot) === generations[index]) yield slot
    }
    return undefined
  }

  #refresh(): Snapshot {
    if (this.#sorted === undefined || this.#stale || this.#added.length > 0) {
      this.#sorted = this.#snapshot(
        this.#sorted === undefined ? this.#sort([...this.#table.slots()]) : this.#merge(this.#sorted)
      )
      this.#stale = false
      this.#added = []
    }
    return this.#sorted
  }

  #snapshot(slots: Int32Array): Snapshot {
    return { slots, generations: slots.map((slot) => this.#table.generation(slot)) }
  }

  #sort(slots: readonly number[]): Int32Array {
    return Int32Array.from(slots).sort((a, b) => this.#table.compareKeys(a, b))
  }

  /** Merges the remaining slots of a snapshot with those that were added since. */
  #merge(sorted: Snapshot): Int32Array {
    const remaining = sorted.slots.filter((slot, index) => this.#table.generation(slot) === sorted.generations[index])
    const added = this.#sort(this.#addedSlots())
    const merged = new Int32Array(remaining.length + added.length)
    let [next, end] = [0, 0]
    for (const slot of added) {
      while (next < remaining.length && this.#table.compareKeys(remaining[next] as number, slot) < 0) {
        merged[end++] = remaining[next++] as number
      }
      merged[end++] = slot
    }
    merged.set(remaining.subarray(next), end)
    return merged
  }

  /** The slots that were added and still contain a record, each once. */
  #addedSlots(): number[] {
    return [...new Set(this.#added)].filter((slot) => this.#table.isUsed(slot))
  }

  #lowerBound(slots: Int32Array, key: Uint8Array): number {
    let low = 0
    let high = slots.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytes(this.#table.key(slots[middle] as number), key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
