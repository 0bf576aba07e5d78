import { compareBytes, equalBytes } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { Publication, StoredRecord } from '@recordkit/record-store'

/** ns: 30 days. Defined here, as a model that shares constants with the tested code finds fewer errors. */
const thirtyDays = 2_592_000_000_000_000n

/** ns */
const oneSecond = 1_000_000_000n

interface ModelMark {
  readonly rank: Uint8Array
  readonly until: bigint
}

interface Slot {
  record?: StoredRecord | undefined
  publication?: Publication | undefined
  mark?: ModelMark | undefined
}

interface ModelChanges {
  readonly ifRank?: Uint8Array | null | undefined
  readonly publication?: Publication | null | undefined
}

interface ModelTouch extends ModelChanges {
  readonly timeReceived?: bigint | undefined
  readonly expires?: bigint | undefined
}

interface ModelResult {
  readonly status: string
  readonly previous?: StoredRecord | undefined
}

/** The behaviour of a store in the simplest form: no locks, no I/O, no copies, no optimizations. */
export class StoreModel {
  readonly #slots: Map<string, Slot> = new Map()
  now: bigint

  constructor(now: bigint) {
    this.now = now
  }

  get(key: Uint8Array): StoredRecord | undefined {
    const record = this.#slot(key).record
    return record === undefined || this.#expired(record) ? undefined : record
  }

  publication(key: Uint8Array): Publication | undefined {
    return this.#slot(key).publication
  }

  publications(): Publication[] {
    const found = [...this.#slots.values()].flatMap(({ publication }) =>
      publication === undefined ? [] : [publication]
    )
    return found.sort((a, b) => compareBytes(a.key, b.key))
  }

  put(incoming: StoredRecord, changes: ModelChanges = {}): ModelResult {
    const result = this.#put(incoming, changes.ifRank)
    if (result.status === 'stored' || result.status === 'refreshed') this.#publish(incoming.key, changes.publication)
    return result
  }

  touch(key: Uint8Array, changes: ModelTouch): boolean {
    const slot = this.#slot(key)
    const stored = this.get(key)
    if (stored === undefined && slot.publication === undefined) return false
    if (!this.#hasRank(key, changes.ifRank)) return false
    if (stored !== undefined) {
      slot.record = {
        ...stored,
        timeReceived: changes.timeReceived ?? stored.timeReceived,
        expires: changes.expires ?? stored.expires
      }
    }
    this.#publish(key, changes.publication)
    return true
  }

  #publish(key: Uint8Array, publication: Publication | null | undefined): void {
    if (publication !== undefined) this.#slot(key).publication = publication ?? undefined
  }

  #hasRank(key: Uint8Array, ifRank: Uint8Array | null | undefined): boolean {
    const rank = this.get(key)?.rank
    if (ifRank === undefined) return true
    return ifRank === null || rank === undefined ? ifRank === null && rank === undefined : equalBytes(rank, ifRank)
  }

  #put(incoming: StoredRecord, ifRank: Uint8Array | null | undefined): ModelResult {
    const slot = this.#slot(incoming.key)
    const stored = this.get(incoming.key)
    const mark = this.mark(incoming.key)
    const previous = stored === undefined ? {} : { previous: stored }
    if (stored !== undefined && equalBytes(incoming.rank, stored.rank)) {
      slot.record = this.#refreshed(stored, incoming)
      return { status: 'refreshed', ...previous }
    }
    if (!this.#hasRank(incoming.key, ifRank)) return { status: 'conflict', ...previous }
    if (mark !== undefined && compareBytes(incoming.rank, mark.rank) < 0) return { status: 'stale', ...previous }
    if (stored !== undefined && compareBytes(incoming.rank, stored.rank) < 0) return { status: 'stale', ...previous }
    this.#store(slot, incoming)
    return { status: 'stored', ...previous }
  }

  delete(key: Uint8Array, ifRank?: Uint8Array | null): boolean {
    const slot = this.#slot(key)
    if (this.get(key) === undefined && slot.publication === undefined) return false
    if (!this.#hasRank(key, ifRank)) return false
    if (slot.record !== undefined) this.#remove(slot)
    delete slot.publication
    return true
  }

  /** The current mark of a key, also when it is that of an expired record. */
  mark(key: Uint8Array): ModelMark | undefined {
    const slot = this.#slot(key)
    const mark = slot.record !== undefined && this.#expired(slot.record) ? this.#markAfterRemoval(slot) : slot.mark
    return mark === undefined || mark.until < this.now ? undefined : mark
  }

  sweep(): number {
    let swept = 0
    for (const slot of this.#slots.values()) {
      if (slot.record !== undefined && slot.publication === undefined && this.#expired(slot.record)) {
        this.#remove(slot)
        swept++
      }
      if (slot.mark !== undefined && slot.mark.until < this.now) delete slot.mark
    }
    return swept
  }

  /** Number and bytes of all records, including expired ones. */
  stats(): { entries: number; bytes: number; publications: number } {
    const records = [...this.#slots.values()].flatMap(({ record }) => (record === undefined ? [] : [record]))
    const bytes = records.reduce((sum, { key, value, rank }) => sum + key.length + value.length + rank.length, 0)
    return { entries: records.length, bytes, publications: this.publications().length }
  }

  /** The unexpired records in the order of their keys. */
  all(): StoredRecord[] {
    const records = [...this.#slots.values()].flatMap(({ record }) =>
      record === undefined || this.#expired(record) ? [] : [record]
    )
    return records.sort((a, b) => compareBytes(a.key, b.key))
  }

  #slot(key: Uint8Array): Slot {
    const id = mapKey(key)
    const slot = this.#slots.get(id) ?? {}
    this.#slots.set(id, slot)
    return slot
  }

  #expired({ expires }: StoredRecord): boolean {
    return expires !== undefined && expires < this.now
  }

  #store(slot: Slot, incoming: StoredRecord): void {
    const before = slot.record === undefined ? slot.mark : this.#markAfterRemoval(slot)
    slot.record = incoming
    // the mark of the new record will last at least this long
    const enough = this.#markEnd(incoming)
    if (before !== undefined && before.until > enough) slot.mark = before
    else delete slot.mark
  }

  #remove(slot: Slot): void {
    slot.mark = this.#markAfterRemoval(slot)
    delete slot.record
  }

  /** The mark of a slot if its record is removed now. */
  #markAfterRemoval({ record, mark }: Slot): ModelMark {
    if (record === undefined) throw new Error('the slot has no record')
    const until = this.#markEnd(record)
    if (mark === undefined) return { rank: record.rank, until }
    return {
      rank: compareBytes(mark.rank, record.rank) > 0 ? mark.rank : record.rank,
      until: mark.until > until ? mark.until : until
    }
  }

  #markEnd({ expires }: StoredRecord): bigint {
    const minimum = this.now + thirtyDays
    return expires !== undefined && expires > minimum ? expires : minimum
  }

  #refreshed(stored: StoredRecord, incoming: StoredRecord): StoredRecord {
    const times =
      stored.expires === undefined || incoming.expires === undefined ? [] : [stored.expires, incoming.expires]
    const expires = times.toSorted((a, b) => (a < b ? 1 : -1))[0]
    // a time of receipt that moves by less than a second alone is not worth a write
    const moved = incoming.timeReceived - stored.timeReceived
    if (expires === stored.expires && moved < oneSecond) return stored
    return {
      ...stored,
      timeReceived: moved > 0n ? incoming.timeReceived : stored.timeReceived,
      expires
    }
  }
}
