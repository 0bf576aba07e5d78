import type { CheckedRange } from '@recordkit/record-store/internal'
import type { HighWaterMark, StoredRecord } from '@recordkit/record-store'
import { ExpiryHeap } from './expiry-heap.ts'
import { FairEviction } from './fair-eviction.ts'
import { RecordTable } from './record-table.ts'
import { SortedView } from './sorted-view.ts'

/** A mark is kept as a record without a value that is good until the mark ends. */
const nothing: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/**
 * Marks by key (its hash is that of {@link RecordTable}), bounded: when there are too many, the one set longest ago goes, of those that the sender with most of
 * them has left. Who floods the store forgets what it sent itself, and opens no way back for older records of others.
 */
export class MemoryMarks {
  readonly #most: number
  readonly #mostBytes: number
  readonly #table: RecordTable
  readonly #sorted: SortedView
  readonly #shares: FairEviction = new FairEviction()
  readonly #expiry: ExpiryHeap = new ExpiryHeap()
  #bytes = 0

  constructor(most: number, mostBytes: number, hashKey: Uint32Array) {
    this.#most = most
    this.#mostBytes = mostBytes
    this.#table = new RecordTable(hashKey)
    this.#sorted = new SortedView(this.#table)
  }

  get size(): number {
    return this.#table.count
  }

  /** The mark of a key as views on the store's own bytes: not to be handed out. */
  get(key: Uint8Array, hash: number): HighWaterMark | undefined {
    const slot = this.#table.find(key, hash)
    return slot < 0 ? undefined : this.#mark(slot)
  }

  /**
   * Keeps `mark` in place of the one there was.
   *
   * @param sender - of the record that left it
   */
  set(mark: HighWaterMark, hash: number, sender: string): void {
    const { key, rank, digest, until } = mark
    const row: StoredRecord = {
      key,
      value: nothing,
      rank,
      timeReceived: 0n,
      expires: until,
      digest
    }
    let slot = this.#table.find(key, hash)
    if (slot < 0) {
      slot = this.#table.add(row, hash)
      this.#sorted.add(slot)
    } else {
      this.#unlink(slot)
      this.#table.set(slot, row)
    }
    this.#shares.add(slot, sender)
    this.#expiry.add(slot, until)
    this.#bytes += this.#sizeOf(slot)
    while (this.#table.count > this.#most || this.#bytes > this.#mostBytes) this.#delete(this.#shares.next)
  }

  delete(key: Uint8Array, hash: number): void {
    const slot = this.#table.find(key, hash)
    if (slot >= 0) this.#delete(slot)
  }

  sweep(now: bigint): void {
    for (let slot = this.#expiry.first; slot >= 0 && !this.#table.isLive(slot, now); slot = this.#expiry.first) {
      this.#delete(slot)
    }
  }

  *within(range: CheckedRange): Generator<HighWaterMark, undefined> {
    for (const slot of this.#sorted.slots(range)) yield this.#mark(slot)
    return undefined
  }

  #mark(slot: number): HighWaterMark {
    const { key, rank, digest, expires = 0n } = this.#table.view(slot)
    return { key, rank, digest, until: expires }
  }

  #sizeOf(slot: number): number {
    return this.#table.sizeOf(slot) + this.#table.digestSizeOf(slot)
  }

  #unlink(slot: number): void {
    this.#bytes -= this.#sizeOf(slot)
    this.#shares.delete(slot)
    this.#expiry.delete(slot)
  }

  #delete(slot: number): void {
    this.#unlink(slot)
    this.#sorted.delete()
    this.#table.delete(slot)
  }
}
