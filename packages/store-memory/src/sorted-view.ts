import type { CheckedRange } from '@recordkit/record-store/internal'
import { compareBytes } from '@recordkit/record-types'
import type { RecordTable } from './record-table.ts'

/** Slots with the records that they held when they were put in order. */
interface Snapshot {
  readonly slots: Int32Array
  readonly generations: Int32Array
}

/**
 * Byte order for iterations, made when one asks and kept until then: puts pay nothing but a push. A view that has been
 * handed out is never changed; what came and went since goes into the next one.
 */
export class SortedView {
  readonly #table: RecordTable
  #sorted: Snapshot | undefined
  #added: number[] = []
  #stale = false

  constructor(table: RecordTable) {
    this.#table = table
  }

  /** Tells of a record in a slot that was free. */
  add(slot: number): void {
    if (this.#sorted === undefined) return
    this.#added.push(slot)
    if (this.#added.length > this.#sorted.slots.length + 1024) this.clear()
  }

  /** Tells of a record that leaves. */
  delete(): void {
    this.#stale = true
  }

  clear(): void {
    this.#sorted = undefined
    this.#added = []
  }

  /** The slots within `range`, in its direction, of the records there are now, as far as they are there when they are reached. */
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
        this.#sorted === undefined ? this.#inOrder([...this.#table.slots()]) : this.#merged(this.#sorted)
      )
      this.#stale = false
      this.#added = []
    }
    return this.#sorted
  }

  #snapshot(slots: Int32Array): Snapshot {
    return { slots, generations: slots.map((slot) => this.#table.generation(slot)) }
  }

  #inOrder(slots: readonly number[]): Int32Array {
    return Int32Array.from(slots).sort((a, b) => this.#table.compareKeys(a, b))
  }

  /** What is left of the sorted, and what was added since. */
  #merged(sorted: Snapshot): Int32Array {
    const left = sorted.slots.filter((slot, index) => this.#table.generation(slot) === sorted.generations[index])
    const added = this.#inOrder(this.#live())
    const merged = new Int32Array(left.length + added.length)
    let [next, end] = [0, 0]
    for (const slot of added) {
      while (next < left.length && this.#table.compareKeys(left[next] as number, slot) < 0) {
        merged[end++] = left[next++] as number
      }
      merged[end++] = slot
    }
    merged.set(left.subarray(next), end)
    return merged
  }

  /** The slots that were added and still hold a record, each once. */
  #live(): number[] {
    return [...new Set(this.#added)].filter((slot) => this.#table.holds(slot))
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
