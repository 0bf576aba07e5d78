import type { CheckedRange } from '@recordkit/record-store/internal'
import type { StoredRecord } from '@recordkit/record-store'
import { checkedLimit } from '@recordkit/record-store/internal'
import { mapKey } from '@recordkit/record-types/internal'
import { ExpiryHeap } from './expiry-heap.ts'
import { FairEviction } from './fair-eviction.ts'
import type { Quota } from './quota.ts'
import { RecordTable } from './record-table.ts'
import { SortedView } from './sorted-view.ts'

/** How much is kept. Expired records go before anything is refused or evicted. */
export interface MemoryQuotas {
  /** records kept at the most; 65,536 when absent. When it is full, the oldest record of the largest sender goes. */
  readonly maxRecords?: number | undefined
  /** bytes of keys, values and ranks at the most; 64 MiB when absent. When it is full, as above. */
  readonly maxBytes?: number | undefined
  /** further bounds: `perNamespace(1000)`, `perAuthor(100)`, `perSender(50)` */
  readonly quotas?: readonly Quota[] | undefined
}

/** The records of a memory store, with all that bounds them. Knows nothing of ranks and marks. */
export class MemoryEntries {
  readonly maxRecords: number
  readonly maxBytes: number
  readonly #quotas: readonly ReturnType<Quota>[]
  readonly #leave: (record: StoredRecord, now: bigint) => void
  readonly #table: RecordTable
  readonly #sorted: SortedView
  readonly #expiry: ExpiryHeap = new ExpiryHeap()
  readonly #shares: FairEviction = new FairEviction()
  #bytes = 0
  /** records that take up room: all but one that is being replaced */
  #linked = 0
  #localCount = 0
  #localBytes = 0

  /** @param leave - told of each record that leaves, as views that are good during the call */
  constructor(quotas: MemoryQuotas, hashKey: Uint32Array, leave: (record: StoredRecord, now: bigint) => void) {
    this.maxRecords = checkedLimit(quotas.maxRecords ?? 65_536)
    this.maxBytes = checkedLimit(quotas.maxBytes ?? 64 * 1024 * 1024)
    this.#quotas = (quotas.quotas ?? []).map((quota) => quota())
    this.#leave = leave
    this.#table = new RecordTable(hashKey)
    this.#sorted = new SortedView(this.#table)
  }

  get count(): number {
    return this.#table.count
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The hash of a key, here and among the marks. */
  hash(key: Uint8Array): number {
    return this.#table.hash(key)
  }

  /** The slot of a key, expired or not, or -1. */
  find(key: Uint8Array, hash: number): number {
    return this.#table.find(key, hash)
  }

  isLive(slot: number, now: bigint): boolean {
    return this.#table.isLive(slot, now)
  }

  /** The record in a slot as views on the store's own bytes: not to be handed out. */
  view(slot: number): StoredRecord {
    return this.#table.view(slot)
  }

  /** The record in a slot in bytes of its own. */
  copy(slot: number): StoredRecord {
    return this.#table.copy(slot)
  }

  within(range: CheckedRange): Iterable<number> {
    return this.#sorted.slots(range)
  }

  /**
   * Stores a record, in place of the one in `slot` (-1: none is held) and makes room for it; `false`, and nothing
   * changed, if there is none.
   */
  put(slot: number, record: StoredRecord, hash: number, now: bigint): boolean {
    let held = slot
    if (!this.#fits(record, held)) {
      this.sweep(now, Number.POSITIVE_INFINITY)
      // it may have been one of those that had expired
      held = this.find(record.key, hash)
      if (!this.#mayFit(record, held)) return false
    }
    if (held >= 0) this.#unlink(held)
    this.#makeRoom(record, now)
    if (held >= 0) {
      this.#table.set(held, record)
    } else {
      held = this.#table.add(record, hash)
      this.#sorted.add(held)
    }
    this.#link(held, record)
    return true
  }

  /** Moves the times of a record and marks it local: it keeps its places. */
  replace(slot: number, record: StoredRecord): void {
    if (this.#table.isLocal(slot) !== (record.local === true)) {
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
    this.#leave(this.#table.view(slot), now)
    this.#sorted.delete()
    this.#table.delete(slot)
  }

  /** Takes out what has expired, the earliest first; answers how many went. */
  sweep(now: bigint, limit: number): number {
    let swept = 0
    while (swept < limit) {
      const slot = this.#expiry.first
      if (slot < 0 || this.#table.isLive(slot, now)) break
      this.remove(slot, now)
      swept++
    }
    return swept
  }

  /** Whether it can be stored as things are. */
  #fits(record: StoredRecord, held: number): boolean {
    const before = held < 0 ? 0 : 1
    return (
      this.#linked - before < this.maxRecords &&
      this.#bytes - this.#sizeOf(held) + sizeOf(record) <= this.maxBytes &&
      this.#inQuotas('fits', record, held)
    )
  }

  /** Whether it can be stored when all that may be evicted is. */
  #mayFit(record: StoredRecord, held: number): boolean {
    const isLocal = held >= 0 && this.#table.isLocal(held)
    const before = isLocal ? 1 : 0
    return (
      this.#localCount - before < this.maxRecords &&
      this.#localBytes - (isLocal ? this.#table.sizeOf(held) : 0) + sizeOf(record) <= this.maxBytes &&
      this.#inQuotas('mayFit', record, held)
    )
  }

  #sizeOf(held: number): number {
    return held < 0 ? 0 : this.#table.sizeOf(held)
  }

  #inQuotas(how: 'fits' | 'mayFit', record: StoredRecord, held: number): boolean {
    for (const quota of this.#quotas)
      if (!quota[how](record, held < 0 ? undefined : this.#table.view(held))) return false
    return true
  }

  /** Evicts until one more record, which may fit, does. */
  #makeRoom(record: StoredRecord, now: bigint): void {
    for (const quota of this.#quotas) {
      while (this.#evict(quota.next(record), now));
    }
    const size = sizeOf(record)
    while (this.#linked >= this.maxRecords || this.#bytes + size > this.maxBytes) {
      if (!this.#evict(this.#shares.next, now)) break
    }
  }

  #evict(slot: number, now: bigint): boolean {
    if (slot < 0) return false
    this.remove(slot, now)
    return true
  }

  #link(slot: number, record: StoredRecord): void {
    const size = this.#table.sizeOf(slot)
    const sender = record.sender === undefined ? '' : mapKey(record.sender)
    this.#bytes += size
    this.#linked++
    if (record.expires !== undefined) this.#expiry.add(slot, record.expires)
    if (record.local === true) {
      this.#localCount++
      this.#localBytes += size
    } else {
      this.#shares.add(slot, sender)
    }
    for (const quota of this.#quotas) quota.add(slot, record)
  }

  #unlink(slot: number): void {
    const size = this.#table.sizeOf(slot)
    this.#bytes -= size
    this.#linked--
    this.#expiry.delete(slot)
    if (!this.#shares.delete(slot)) {
      this.#localCount--
      this.#localBytes -= size
    }
    for (const quota of this.#quotas) quota.delete(slot, this.#table.view(slot))
  }
}

function sizeOf(record: StoredRecord): number {
  return record.key.length + record.rank.length + record.value.length
}
