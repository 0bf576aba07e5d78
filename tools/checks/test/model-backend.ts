import type { StoreBackend, StoreChange, StoredRecord, StoreEntry } from '@recordkit/record-store'
import { expiries, markAge, ranks } from '../src/model/transition.ts'
import type { Entry } from '../src/model/transition.ts'

/** ns of a tick: marks last 30 days, which are `markAge` ticks */
export const tick = (30n * 86_400_000_000_000n) / BigInt(markAge)
const start = 1_790_000_000_000_000_000n
export const key = Uint8Array.of(7)

export function timeOf(now: number): bigint {
  return start + BigInt(now) * tick
}

/** The model's record as the code knows it. */
export function recordOf(record: number): StoredRecord {
  const expires = expiries[record] ?? 0
  return {
    key,
    value: Uint8Array.of(record),
    rank: Uint8Array.of(ranks[record] ?? 0),
    timeReceived: start,
    ...(expires === Number.POSITIVE_INFINITY ? {} : { expires: timeOf(expires) })
  }
}

function storedOf({ record, mark, until }: Entry): StoreEntry {
  return {
    ...(record === 0 ? {} : { record: recordOf(record) }),
    ...(mark === 0 ? {} : { mark: { key, rank: Uint8Array.of(mark), until: timeOf(until) } })
  }
}

function entryOf({ record, mark }: StoreEntry): Entry {
  return {
    record: record?.value[0] ?? 0,
    mark: mark?.rank[0] ?? 0,
    until: mark === undefined ? 0 : Number((mark.until - start) / tick)
  }
}

/** One key that several guards share, by comparing and setting; each call waits for its turn where turns are given. */
export class SharedKey {
  #entry: StoreEntry

  constructor(entry: Entry) {
    this.#entry = storedOf(entry)
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
