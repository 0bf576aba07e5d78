import type { CheckedRange } from '@recordkit/record-store/internal'
import type { HighWaterMark, StoredRecord } from '@recordkit/record-store'
import { ExpiryHeap } from './expiry-heap.ts'
import { FairEviction } from './fair-eviction.ts'
import { RecordTable } from './record-table.ts'
import { sortedRecords } from './sorted-records.ts'
import type { SortedView } from './sorted-view.ts'

/** A mark is stored as a record with an empty value that expires when the mark ends. */
const emptyValue: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/**
 * Marks by key, bounded in number and bytes. When there are too many, the oldest mark of the group of senders with the most
 * marks is removed: a group that floods the store loses its own marks and does not enable replays of other groups' records.
 * Marks of published keys stay.
 */
export class MemoryMarks {
  readonly #maxCount: number
  readonly #maxBytes: number
  readonly #table: RecordTable
  readonly #sorted: SortedView<number>
  readonly #eviction: FairEviction = new FairEviction()
  readonly #expiry: ExpiryHeap = new ExpiryHeap()
  #bytes = 0

  /** @param hashKey - that of the {@link RecordTable} of the records: both use the same hashes */
  constructor(maxCount: number, maxBytes: number, hashKey: Uint32Array) {
    this.#maxCount = maxCount
    this.#maxBytes = maxBytes
    this.#table = new RecordTable(hashKey)
    this.#sorted = sortedRecords(this.#table)
  }

  get size(): number {
    return this.#table.count
  }

  /** The mark of a key as views on the bytes of the table: copy it before it is returned to callers. */
  get(key: Uint8Array, hash: number): HighWaterMark | undefined {
    const slot = this.#table.find(key, hash)
    return slot < 0 ? undefined : this.#mark(slot)
  }

  /**
   * Sets or replaces a mark.
   *
   * @param group - the map name of the group of its record; `undefined` when the key is published
   */
  set(mark: HighWaterMark, hash: number, group: string | undefined): void {
    const { key, rank, until } = mark
    const row: StoredRecord = {
      key,
      value: emptyValue,
      rank,
      timeReceived: 0n,
      expires: until
    }
    let slot = this.#table.find(key, hash)
    if (slot < 0) {
      slot = this.#table.add(row, hash)
      this.#sorted.add(this.#table.handle(slot))
    } else {
      this.#unlink(slot)
      this.#table.set(slot, row)
    }
    if (group !== undefined) this.#eviction.add(slot, group)
    this.#expiry.add(slot, until)
    this.#bytes += this.#sizeOf(slot)
    while (this.#table.count > this.#maxCount || this.#bytes > this.#maxBytes) {
      const next = this.#eviction.next()
      if (next < 0) break
      this.#delete(next)
    }
  }

  /** Protects the mark of a key from removal while the key is published, or ends that. */
  setPublished(key: Uint8Array, hash: number, isPublished: boolean): void {
    const slot = this.#table.find(key, hash)
    if (slot < 0) return
    if (isPublished) this.#eviction.delete(slot)
    else if (this.#eviction.groupOf(slot) === undefined) this.#eviction.add(slot, '')
  }

  delete(key: Uint8Array, hash: number): void {
    const slot = this.#table.find(key, hash)
    if (slot >= 0) this.#delete(slot)
  }

  /** Removes up to `limit` marks whose time has passed, and returns their number. */
  sweep(now: bigint, limit: number): number {
    let swept = 0
    for (; swept < limit; swept++) {
      const slot = this.#expiry.first
      if (slot < 0 || !this.#table.isExpired(slot, now)) break
      this.#delete(slot)
    }
    return swept
  }

  /** Sorts what has changed, if that takes long, so that {@link within} does not. */
  prepareOrder(signal: AbortSignal | undefined): Promise<void> | undefined {
    return this.#sorted.prepare(signal)
  }

  *within(range: CheckedRange): Generator<HighWaterMark, undefined> {
    for (const handle of this.#sorted.within(range)) yield this.#mark(this.#table.slotOf(handle))
    return undefined
  }

  #mark(slot: number): HighWaterMark {
    const { key, rank, expires = 0n } = this.#table.view(slot)
    return { key, rank, until: expires }
  }

  #sizeOf(slot: number): number {
    return this.#table.sizeOf(slot)
  }

  #unlink(slot: number): void {
    this.#bytes -= this.#sizeOf(slot)
    this.#eviction.delete(slot)
    this.#expiry.delete(slot)
  }

  #delete(slot: number): void {
    this.#unlink(slot)
    this.#sorted.delete()
    this.#table.delete(slot)
  }
}
