import type { StoreBackend, StoreChange, StoredRecord, StoreEntry } from '@recordkit/record-store'
import { expiries, markLifetime, ranks } from '../src/model/transition.ts'
import type { Entry } from '../src/model/transition.ts'

/** ns; marks last 30 days, which are `markLifetime` ticks */
export const tick = (30n * 86_400_000_000_000n) / BigInt(markLifetime)
const start = 1_790_000_000_000_000_000n
export const key = Uint8Array.of(7)

export function timeOf(now: number): bigint {
  return start + BigInt(now) * tick
}

/** A record of the model as a stored record. */
export function recordOf(record: number): StoredRecord {
  const expires = expiries[record] ?? 0
  return {
    key,
    value: Uint8Array.of(record),
    rank: Uint8Array.of(ranks[record] ?? 0),
    timeReceived: start,
    expires: expires === Number.POSITIVE_INFINITY ? undefined : timeOf(expires)
  }
}

function storeEntryOf({ record, mark, until }: Entry): StoreEntry {
  return {
    record: record === 0 ? undefined : recordOf(record),
    mark: mark === 0 ? undefined : { key, rank: Uint8Array.of(mark), until: timeOf(until) }
  }
}

function entryOf({ record, mark }: StoreEntry): Entry {
  return {
    record: record?.value[0] ?? 0,
    mark: mark?.rank[0] ?? 0,
    until: mark === undefined ? 0 : Number((mark.until - start) / tick)
  }
}

/** One key in a database that several stores share by compare-and-set. */
export class SharedKey {
  #entry: StoreEntry

  constructor(entry: Entry) {
    this.#entry = storeEntryOf(entry)
  }

  get entry(): Entry {
    return entryOf(this.#entry)
  }

  /** @param turn - awaited before each read and write */
  backend(turn: () => Promise<void> = async () => undefined): StoreBackend {
    return {
      capabilities: { durable: true, expiryIndex: true, snapshot: true, multiProcess: true, persistent: true },
      read: async () => {
        await turn()
        return [this.#entry]
      },
      write: async ([change]) => {
        await turn()
        const { previous, next } = change as StoreChange
        if (previous !== this.#entry) return false
        this.#entry = next
        return true
      },
      scan: () => [],
      expired: () => [key],
      stats: () => ({ entries: 0, bytes: 0, marks: 0 }),
      close: () => undefined
    }
  }
}
