import type { CheckedRange } from '@recordkit/record-store/internal'
import type { StoredRecord } from '@recordkit/record-store'
import { checkCount } from '@recordkit/record-types/internal'
import { mapKey } from '@recordkit/record-types/internal'
import { ExpiryHeap } from './expiry-heap.ts'
import { FairEviction } from './fair-eviction.ts'
import type { Quota } from './quota.ts'
import { RecordTable } from './record-table.ts'
import type { TableRecord } from './record-table.ts'
import { SortedView } from './sorted-view.ts'

/** Bounds of a memory store. Expired records are removed before a record is refused or evicted. */
export interface MemoryQuotas {
  /**
   * maximum number of records. A full store evicts the oldest record of the sender with the most records.
   *
   * @default 65_536
   */
  readonly maxRecords?: number | undefined
  /**
   * maximum total bytes of keys, values and ranks. A full store evicts as with `maxRecords`.
   *
   * @default 67_108_864 (64 MiB)
   */
  readonly maxBytes?: number | undefined
  /** further bounds, such as `perNamespace(1000)`, `perAuthor(100)` or `perSender(50)`. @default none */
  readonly quotas?: readonly Quota[] | undefined
}

/** The records of a memory store and their bounds, without ranks and marks. */
export class MemoryEntries {
  readonly maxRecords: number
  readonly maxBytes: number
  readonly #quotas: readonly ReturnType<Quota>[]
  readonly #onRemove: (record: TableRecord, now: bigint) => void
  readonly #table: RecordTable
  readonly #sorted: SortedView
  readonly #expiry: ExpiryHeap = new ExpiryHeap()
  readonly #eviction: FairEviction = new FairEviction()
  #bytes = 0
  /** number of records that count against the bounds: all but one that is being replaced */
  #linked = 0
  #publishedCount = 0
  #publishedBytes = 0

  /** @param onRemove - called with each removed record, as views that are valid during the call */
  constructor(quotas: MemoryQuotas, hashKey: Uint32Array, onRemove: (record: TableRecord, now: bigint) => void) {
    this.maxRecords = checkCount(quotas.maxRecords, 'maxRecords', 65_536, 0)
    this.maxBytes = checkCount(quotas.maxBytes, 'maxBytes', 64 * 1024 * 1024, 0)
    this.#quotas = (quotas.quotas ?? []).map((quota) => quota())
    this.#onRemove = onRemove
    this.#table = new RecordTable(hashKey)
    this.#sorted = new SortedView(this.#table)
  }

  get count(): number {
    return this.#table.count
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The hash of a key, in this table and in that of the marks. */
  hash(key: Uint8Array): number {
    return this.#table.hash(key)
  }

  /** The slot of a key, whether its record has expired or not, or -1. */
  find(key: Uint8Array, hash: number): number {
    return this.#table.find(key, hash)
  }

  isExpired(slot: number, now: bigint): boolean {
    return this.#table.isExpired(slot, now)
  }

  /** The record in a slot as views on the bytes of the table: copy it before it is returned to callers. */
  view(slot: number): TableRecord {
    return this.#table.view(slot)
  }

  /** A copy of the record in a slot. */
  copy(slot: number): StoredRecord {
    return this.#table.copy(slot)
  }

  /** The slots whose keys are in a range, in order. */
  within(range: CheckedRange): Iterable<number> {
    return this.#sorted.slots(range)
  }

  /**
   * Stores a record. Sweeps and evicts other records if it does not fit.
   *
   * @param slot - the slot of the record that it replaces, or -1
   * @returns `false`, with nothing evicted, when the record cannot fit
   */
  put(slot: number, record: TableRecord, hash: number, now: bigint): boolean {
    let current = slot
    if (!this.#fits(record, current)) {
      this.sweep(now, Number.POSITIVE_INFINITY)
      // the replaced record may have been swept
      current = this.find(record.key, hash)
      if (!this.#canFit(record, current)) return false
    }
    if (current >= 0) this.#unlink(current)
    this.#evictFor(record, now)
    if (current >= 0) {
      this.#table.set(current, record)
    } else {
      current = this.#table.add(record, hash)
      this.#sorted.add(current)
    }
    this.#link(current, record)
    return true
  }

  /** Updates the times of a record and whether its key has a publication. It keeps its turn to be evicted. */
  refresh(slot: number, record: TableRecord): void {
    if (this.#table.isPublished(slot) !== (record.published === true)) {
      this.#unlink(slot)
      this.#table.set(slot, record)
      this.#link(slot, record)
      return
    }
    this.#expiry.delete(slot)
    this.#table.setTimes(slot, record)
    if (record.expires !== undefined) this.#expiry.add(slot, record.expires)
  }

  remove(slot: number, now: bigint): void {
    this.#unlink(slot)
    this.#onRemove(this.#table.view(slot), now)
    this.#sorted.delete()
    this.#table.delete(slot)
  }

  /** Removes up to `limit` expired records, earliest expiry first, and returns their number. */
  sweep(now: bigint, limit: number): number {
    let swept = 0
    while (swept < limit) {
      const slot = this.#expiry.first
      if (slot < 0 || !this.#table.isExpired(slot, now)) break
      this.remove(slot, now)
      swept++
    }
    return swept
  }

  /**
   * Whether a record fits without removing others.
   *
   * @param replaced - the slot of the record that it replaces, or -1
   */
  #fits(record: TableRecord, replaced: number): boolean {
    const count = replaced < 0 ? 0 : 1
    return (
      this.#linked - count < this.maxRecords &&
      this.#bytes - this.#sizeOf(replaced) + sizeOf(record) <= this.maxBytes &&
      this.#fitsQuotas('fits', record, replaced)
    )
  }

  /** Whether a record fits after all evictable records were removed. */
  #canFit(record: TableRecord, replaced: number): boolean {
    const isPublished = replaced >= 0 && this.#table.isPublished(replaced)
    const count = isPublished ? 1 : 0
    return (
      this.#publishedCount - count < this.maxRecords &&
      this.#publishedBytes - (isPublished ? this.#table.sizeOf(replaced) : 0) + sizeOf(record) <= this.maxBytes &&
      this.#fitsQuotas('canFit', record, replaced)
    )
  }

  #sizeOf(slot: number): number {
    return slot < 0 ? 0 : this.#table.sizeOf(slot)
  }

  #fitsQuotas(method: 'fits' | 'canFit', record: TableRecord, replaced: number): boolean {
    for (const quota of this.#quotas)
      if (!quota[method](record, replaced < 0 ? undefined : this.#table.view(replaced))) return false
    return true
  }

  /** Evicts records until a record that can fit does fit. */
  #evictFor(record: TableRecord, now: bigint): void {
    for (const quota of this.#quotas) {
      while (this.#evict(quota.next(record), now));
    }
    const size = sizeOf(record)
    while (this.#linked >= this.maxRecords || this.#bytes + size > this.maxBytes) {
      if (!this.#evict(this.#eviction.next, now)) break
    }
  }

  #evict(slot: number, now: bigint): boolean {
    if (slot < 0) return false
    this.remove(slot, now)
    return true
  }

  /** Counts a record against the bounds. */
  #link(slot: number, record: TableRecord): void {
    const size = this.#table.sizeOf(slot)
    const sender = record.sender === undefined ? '' : mapKey(record.sender)
    this.#bytes += size
    this.#linked++
    if (record.expires !== undefined) this.#expiry.add(slot, record.expires)
    if (record.published === true) {
      this.#publishedCount++
      this.#publishedBytes += size
    } else {
      this.#eviction.add(slot, sender)
    }
    for (const quota of this.#quotas) quota.add(slot, record)
  }

  #unlink(slot: number): void {
    const size = this.#table.sizeOf(slot)
    this.#bytes -= size
    this.#linked--
    this.#expiry.delete(slot)
    if (!this.#eviction.delete(slot)) {
      this.#publishedCount--
      this.#publishedBytes -= size
    }
    for (const quota of this.#quotas) quota.delete(slot, this.#table.view(slot))
  }
}

function sizeOf(record: TableRecord): number {
  return record.key.length + record.rank.length + record.value.length
}
