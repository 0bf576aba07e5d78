import { compareBytes, equalBytes } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { StoredRecord } from '@recordkit/record-store'

/** ns: 30 days. Defined here, as a model that shares constants with the tested code finds fewer errors. */
const thirtyDays = 2_592_000_000_000_000n

interface ModelMark {
  readonly rank: Uint8Array
  readonly until: bigint
}

interface Slot {
  record?: StoredRecord | undefined
  mark?: ModelMark | undefined
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

  put(incoming: StoredRecord): {
    status: string
    previous?: StoredRecord | undefined
    conflict?: StoredRecord | undefined
  } {
    const slot = this.#slot(incoming.key)
    const stored = this.get(incoming.key)
    const mark = this.mark(incoming.key)
    const previous = stored === undefined ? {} : { previous: stored }
    if (mark !== undefined && compareBytes(incoming.rank, mark.rank) < 0) return { status: 'stale', ...previous }
    if (stored !== undefined) {
      const order = compareBytes(incoming.rank, stored.rank)
      if (order < 0) return { status: 'stale', ...previous }
      if (order === 0 && equalBytes(incoming.value, stored.value)) {
        slot.record = this.#refreshed(stored, incoming)
        return { status: 'refreshed', ...previous }
      }
      const conflict = order === 0 ? { conflict: stored } : {}
      if (order === 0 && compareBytes(incoming.value, stored.value) < 0)
        return { status: 'stale', ...previous, ...conflict }
      this.#store(slot, incoming)
      return { status: 'stored', ...previous, ...conflict }
    }
    this.#store(slot, incoming)
    return { status: 'stored' }
  }

  delete(key: Uint8Array, ifValue?: Uint8Array): boolean {
    const stored = this.get(key)
    if (stored === undefined || (ifValue !== undefined && !equalBytes(stored.value, ifValue))) return false
    this.#remove(this.#slot(key))
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
      if (slot.record !== undefined && this.#expired(slot.record)) {
        this.#remove(slot)
        swept++
      }
      if (slot.mark !== undefined && slot.mark.until < this.now) delete slot.mark
    }
    return swept
  }

  /** Number and bytes of all records, including expired ones. */
  stats(): { entries: number; bytes: number } {
    const records = [...this.#slots.values()].flatMap(({ record }) => (record === undefined ? [] : [record]))
    const bytes = records.reduce((sum, { key, value, rank }) => sum + key.length + value.length + rank.length, 0)
    return { entries: records.length, bytes }
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
    const { expires: _, ...rest } = stored
    const times =
      stored.expires === undefined || incoming.expires === undefined ? [] : [stored.expires, incoming.expires]
    const expires = times.toSorted((a, b) => (a < b ? 1 : -1))[0]
    return {
      ...rest,
      timeReceived: stored.timeReceived > incoming.timeReceived ? stored.timeReceived : incoming.timeReceived,
      expires,
      ...(stored.local === true || incoming.local === true ? { local: true } : {})
    }
  }
}
