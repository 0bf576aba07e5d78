import type { EntryContent, StoreBackend, StoreChange, StoredRecord } from '@recordkit/record-store'
import { expiries, markLifetime } from '../src/model/transition.ts'
import type { Entry } from '../src/model/transition.ts'

/** ns; marks last 30 days, which are `markLifetime` ticks */
export const tick = (30n * 86_400_000_000_000n) / BigInt(markLifetime)
const start = 1_790_000_000_000_000_000n
export const key = Uint8Array.of(7)

export function timeOf(now: number): bigint {
  return start + BigInt(now) * tick
}

/** The rank of a record, which is its number: two records with the same sequence still have different identities. */
export function rankOf(record: number): Uint8Array {
  return new Uint8Array(32).fill(record, 0, 1)
}

/** A record of the model as a stored record. */
export function recordOf(record: number): StoredRecord {
  const expires = expiries[record] ?? 0
  return {
    key,
    value: Uint8Array.of(record),
    rank: rankOf(record),
    timeReceived: start,
    expires: expires === Number.POSITIVE_INFINITY ? undefined : timeOf(expires)
  }
}

function storeEntryOf({ record, mark, until, publication }: Entry): EntryContent {
  return {
    record: record === 0 ? undefined : recordOf(record),
    mark: mark === 0 ? undefined : { key, rank: rankOf(mark), until: timeOf(until) },
    publication: publication === 0 ? undefined : { key, network: true }
  }
}

function entryOf({ record, mark, publication }: EntryContent): Entry {
  return {
    record: record?.value[0] ?? 0,
    mark: mark?.rank[0] ?? 0,
    until: mark === undefined ? 0 : Number((mark.until - start) / tick),
    publication: publication === undefined ? 0 : 1
  }
}

/** One key in a database that several stores share by compare-and-set. */
export class SharedKey {
  #entry: EntryContent
  #version = 0

  constructor(entry: Entry) {
    this.#entry = storeEntryOf(entry)
  }

  get entry(): Entry {
    return entryOf(this.#entry)
  }

  /** @param turn - awaited before each read and write */
  backend(turn: () => Promise<void> = async () => undefined): StoreBackend {
    return {
      capabilities: {
        durable: true,
        expiryIndex: true,
        snapshot: true,
        multiProcess: true,
        persistent: true,
        atomicBatch: false
      },
      collectsCalls: true,
      read: async () => {
        await turn()
        return [{ ...this.#entry, version: this.#version }]
      },
      write: async ([change]) => {
        await turn()
        const { previous, next } = change as StoreChange
        if (previous.version !== this.#version) return false
        this.#entry = next
        this.#version++
        return true
      },
      scan: () => [],
      expired: () => [key],
      stats: () => ({ entries: 0, bytes: 0, marks: 0, publications: 0 }),
      close: () => undefined
    }
  }
}
