import { compareBytes, equalBytes } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { StoredRecord } from '@recordkit/record-store'

/** 30 days in ns, written out here: a model that shares its constants with what it checks finds less. */
const thirtyDays = 2_592_000_000_000_000n

interface ModelMark {
  readonly rank: Uint8Array
  readonly until: bigint
}

interface Slot {
  record?: StoredRecord | undefined
  mark?: ModelMark | undefined
}

/** What a store must do, in the plainest words: no locks, no I/O, no copies, no speed. */
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

  put(given: StoredRecord): {
    status: string
    previous?: StoredRecord | undefined
    conflict?: StoredRecord | undefined
  } {
    const slot = this.#slot(given.key)
    const held = this.get(given.key)
    const mark = this.mark(given.key)
    const previous = held === undefined ? {} : { previous: held }
    if (mark !== undefined && compareBytes(given.rank, mark.rank) < 0) return { status: 'stale', ...previous }
    if (held !== undefined) {
      const order = compareBytes(given.rank, held.rank)
      if (order < 0) return { status: 'stale', ...previous }
      if (order === 0 && equalBytes(given.value, held.value)) {
        slot.record = this.#later(held, given)
        return { status: 'refreshed', ...previous }
      }
      const conflict = order === 0 ? { conflict: held } : {}
      if (order === 0 && compareBytes(given.value, held.value) < 0) return { status: 'stale', ...previous, ...conflict }
      this.#store(slot, given)
      return { status: 'stored', ...previous, ...conflict }
    }
    this.#store(slot, given)
    return { status: 'stored' }
  }

  delete(key: Uint8Array, ifValue?: Uint8Array): boolean {
    const held = this.get(key)
    if (held === undefined || (ifValue !== undefined && !equalBytes(held.value, ifValue))) return false
    this.#leave(this.#slot(key))
    return true
  }

  /** The mark that counts now: that of an expired record, too. */
  mark(key: Uint8Array): ModelMark | undefined {
    const slot = this.#slot(key)
    const mark = slot.record !== undefined && this.#expired(slot.record) ? this.#left(slot) : slot.mark
    return mark === undefined || mark.until < this.now ? undefined : mark
  }

  sweep(): number {
    let swept = 0
    for (const slot of this.#slots.values()) {
      if (slot.record !== undefined && this.#expired(slot.record)) {
        this.#leave(slot)
        swept++
      }
      if (slot.mark !== undefined && slot.mark.until < this.now) delete slot.mark
    }
    return swept
  }

  /** Records that are held, expired ones included, and their bytes. */
  stats(): { entries: number; bytes: number } {
    const records = [...this.#slots.values()].flatMap(({ record }) => (record === undefined ? [] : [record]))
    const bytes = records.reduce((sum, { key, value, rank }) => sum + key.length + value.length + rank.length, 0)
    return { entries: records.length, bytes }
  }

  /** Live records in the order of their keys. */
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

  #store(slot: Slot, given: StoredRecord): void {
    const past = slot.record === undefined ? slot.mark : this.#left(slot)
    slot.record = given
    // what the new record will leave one day lasts at least so long
    const enough = this.#lasting(given)
    if (past !== undefined && past.until > enough) slot.mark = past
    else delete slot.mark
  }

  #leave(slot: Slot): void {
    slot.mark = this.#left(slot)
    delete slot.record
  }

  /** The mark of a slot when its record leaves now. */
  #left({ record, mark }: Slot): ModelMark {
    if (record === undefined) throw new Error('there is no record to leave')
    const until = this.#lasting(record)
    if (mark === undefined) return { rank: record.rank, until }
    return {
      rank: compareBytes(mark.rank, record.rank) > 0 ? mark.rank : record.rank,
      until: mark.until > until ? mark.until : until
    }
  }

  #lasting({ expires }: StoredRecord): bigint {
    const least = this.now + thirtyDays
    return expires !== undefined && expires > least ? expires : least
  }

  #later(held: StoredRecord, given: StoredRecord): StoredRecord {
    const { expires: _, ...rest } = held
    const times = held.expires === undefined || given.expires === undefined ? [] : [held.expires, given.expires]
    const expires = times.toSorted((a, b) => (a < b ? 1 : -1))[0]
    return {
      ...rest,
      timeReceived: held.timeReceived > given.timeReceived ? held.timeReceived : given.timeReceived,
      expires,
      ...(held.local === true || given.local === true ? { local: true } : {})
    }
  }
}
