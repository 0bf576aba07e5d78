import type { Clock } from '@recordkit/record-types'
import { keptCopy, mapKey } from '@recordkit/record-types/internal'
import type { BackendCalls } from './backend-calls.ts'
import type { StoreBackend } from './backend.ts'
import type { EntryWriter } from './entry-writer.ts'
import type { Removals } from './store-space.ts'
import { applyMarkRemoval, applyRemoval, applySweep } from './store-transaction.ts'
import type { EntryTransaction } from './store-transaction.ts'

/** Keys that a sweep processes at a time, so that puts get their turn. */
const sweepSize = 256

/** Removes entries: those that are past their time, and others for lack of space. */
export class EntryRemovals implements Removals {
  readonly #backend: StoreBackend
  readonly #calls: BackendCalls
  readonly #writer: EntryWriter
  readonly #clock: Clock

  constructor(backend: StoreBackend, calls: BackendCalls, writer: EntryWriter, clock: Clock) {
    this.#backend = backend
    this.#calls = calls
    this.#writer = writer
    this.#clock = clock
  }

  /** Removes up to `limit` records that are past their time, and the marks among them. @returns the number of records */
  async sweep(limit: number, signal: AbortSignal | undefined): Promise<number> {
    let swept = 0
    let size = Math.min(sweepSize, limit)
    while (swept < limit) {
      const now = this.#clock()
      const found = await this.#calls.io(() => this.#backend.expired(now, size), signal)
      const { records, changes } = await this.#sweepKeys(found, limit - swept, signal)
      swept += records
      if (found.length < size) break
      // the index of a damaged store may name entries that do not exist: look at more of it
      if (changes === 0) size *= 2
    }
    return swept
  }

  /** Removes some of the entries that are past their time, for lack of space. */
  async expired(): Promise<number> {
    const now = this.#clock()
    for (let size = sweepSize; ; size *= 2) {
      const limit = size
      const keys = await this.#calls.now(() => this.#backend.expired(now, limit))
      // marks too: where there are expired marks, there may be expired records behind them
      const removed = keys.length === 0 ? 0 : await this.#remove(keys, (entry) => applySweep(entry, now) !== undefined)
      // the first ones may be published, or not exist in a damaged store: look at more
      if (removed > 0 || keys.length < limit) return removed
    }
  }

  records(keys: readonly Uint8Array[]): Promise<number> {
    return this.#remove(keys, applyRemoval)
  }

  marks(keys: readonly Uint8Array[]): Promise<number> {
    return this.#remove(keys, applyMarkRemoval)
  }

  #sweepKeys(
    found: readonly Uint8Array[],
    limit: number,
    signal: AbortSignal | undefined
  ): Promise<{ records: number; changes: number }> {
    return this.#writer.change(ownKeys(found), signal, {
      decide: (transactions, now) => {
        let records = 0
        let changes = 0
        for (const transaction of transactions) {
          if (records === limit) break
          const removed = isReadable(transaction) ? applySweep(transaction, now) : undefined
          if (removed === undefined) continue
          if (removed === 'record') records++
          changes++
        }
        return { records, changes }
      }
    })
  }

  #remove(
    found: readonly Uint8Array[],
    remove: (transaction: EntryTransaction, now: bigint) => boolean
  ): Promise<number> {
    const removing = this.#writer.write(ownKeys(found), undefined, {
      decide: (transactions, now) =>
        transactions.filter((transaction) => isReadable(transaction) && remove(transaction, now)).length
    })
    return this.#calls.track(removing)
  }
}

/** Copies of keys that a backend returned, by map name. */
function ownKeys(found: readonly Uint8Array[]): Map<string, Uint8Array> {
  return new Map(found.map((key) => [mapKey(key), keptCopy(key)]))
}

/** Whether an entry can be changed by a sweep or removed for lack of space: what cannot be read is passed over. */
function isReadable({ previous: { corrupt, newer } }: EntryTransaction): boolean {
  return corrupt === undefined && newer === undefined
}
