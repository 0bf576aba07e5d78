import type { AbortOptions, Clock } from '@recordkit/record-types'
import type { CheckedRange } from '@recordkit/record-store/internal'
import type {
  DeleteOptions,
  HighWaterMark,
  StorePutResult,
  RecordStore,
  StoreCapabilities,
  StoredRecord,
  StoreLimits,
  StoreOperation,
  StoreOperationResult,
  StoreQuery,
  StoreStats
} from '@recordkit/record-store'
import {
  checkedLimits,
  checkedOperations,
  checkedRange,
  checkedSignal,
  checkKey,
  checkRecord,
  closedError,
  copyIfValue,
  copyMark,
  copyRecord
} from '@recordkit/record-store/internal'
import { equalBytes, RecordError, systemClock } from '@recordkit/record-types'
import { higherMark, isExpired, previousMark, markFor, decidePut, refreshedRecord } from '@recordkit/record-store'
import { checkCount, mapKey, nameOf } from '@recordkit/record-types/internal'
import { MemoryEntries } from './memory-entries.ts'
import type { MemoryQuotas } from './memory-entries.ts'
import { MemoryIterator } from './memory-iterator.ts'
import { MemoryMarks } from './memory-marks.ts'

/** Options of {@link MemoryRecordStore}. */
export interface MemoryRecordStoreOptions extends MemoryQuotas {
  /** maximum number of marks; the oldest mark of the sender with the most marks is removed first. @default maxRecords */
  readonly maxMarks?: number | undefined
  readonly clock?: Clock | undefined
  /** two secret 32-bit words for the hashes of keys, so that peers cannot choose keys that collide. For tests. @default random */
  readonly hashKey?: Uint32Array | undefined
  /** maximum sizes of keys and values */
  readonly limits?: StoreLimits | undefined
}

/** Marks may use `maxBytes` divided by this number. */
const markBytesDivisor = 4

/**
 * A bounded store in memory. Put, get and evict take constant time, and logarithmic time for records that expire. An iteration
 * goes through the keys that exist at its start and returns their current records.
 *
 * @example
 * ```ts
 * await using store = new MemoryRecordStore({ maxRecords: 10_000, quotas: [perAuthor(100)] })
 * ```
 */
export class MemoryRecordStore implements RecordStore {
  readonly capabilities: StoreCapabilities = Object.freeze({
    durable: false,
    expiryIndex: true,
    snapshot: false,
    multiProcess: false,
    persistent: false
  })
  #entries: MemoryEntries
  #marks: MemoryMarks
  readonly #clock: Clock
  readonly #limits: StoreLimits
  #closed = false

  /** @throws RecordError `INVALID_ARGUMENT` naming the bound that is not a whole number of at least 0 */
  constructor(options: MemoryRecordStoreOptions = {}) {
    const { clock = systemClock, limits, maxMarks, hashKey = crypto.getRandomValues(new Uint32Array(2)) } = options
    this.#clock = clock
    this.#limits = checkedLimits(limits)
    this.#entries = new MemoryEntries(options, hashKey, (record, now) => this.#leaveMark(record, now))
    this.#marks = new MemoryMarks(
      checkCount(maxMarks, 'maxMarks', this.#entries.maxRecords, 0),
      this.#entries.maxBytes / markBytesDivisor,
      hashKey
    )
  }

  async get(key: Uint8Array, options?: AbortOptions): Promise<StoredRecord | undefined> {
    this.#checkCall(options)
    return this.#get(key, this.#clock())
  }

  async has(key: Uint8Array, options?: AbortOptions): Promise<boolean> {
    this.#checkCall(options)
    checkKey(key, this.#limits)
    const slot = this.#find(key)
    return slot >= 0 && !this.#entries.isExpired(slot, this.#clock())
  }

  async getMany(keys: readonly Uint8Array[], options?: AbortOptions): Promise<(StoredRecord | undefined)[]> {
    this.#checkCall(options)
    if (!Array.isArray(keys)) {
      throw new RecordError('INVALID_ARGUMENT', `keys is ${nameOf(keys)}; an array of Uint8Arrays is expected`)
    }
    const now = this.#clock()
    return keys.map((key: Uint8Array) => this.#get(key, now))
  }

  async mark(key: Uint8Array, options?: AbortOptions): Promise<HighWaterMark | undefined> {
    this.#checkCall(options)
    checkKey(key, this.#limits)
    const now = this.#clock()
    const hash = this.#entries.hash(key)
    const slot = this.#entries.find(key, hash)
    const record = slot < 0 ? undefined : this.#entries.view(slot)
    const stored = this.#marks.get(key, hash)
    const mark = record === undefined || !isExpired(record, now) ? stored : higherMark(stored, markFor(record, now))
    return mark === undefined || mark.until < now ? undefined : copyMark(mark)
  }

  async put(record: StoredRecord, options?: AbortOptions): Promise<StorePutResult> {
    this.#checkCall(options)
    checkRecord(record, this.#limits)
    return this.#put(record, this.#clock())
  }

  async delete(key: Uint8Array, options?: DeleteOptions): Promise<boolean> {
    this.#checkCall(options)
    checkKey(key, this.#limits)
    return this.#delete(key, copyIfValue(options?.ifValue).ifValue, this.#clock())
  }

  async batch(operations: readonly StoreOperation[], options?: AbortOptions): Promise<StoreOperationResult[]> {
    this.#checkCall(options)
    const checked = checkedOperations(operations, this.#limits)
    const now = this.#clock()
    return checked.map((operation) =>
      operation.type === 'put'
        ? this.#put(operation.record, now)
        : { deleted: this.#delete(operation.key, operation.ifValue, now) }
    )
  }

  iterate(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<StoredRecord> {
    return this.#iterate(query, options, (range) => this.#records(range))
  }

  marks(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<HighWaterMark> {
    return this.#iterate(query, options, (range) => this.#liveMarks(range))
  }

  async sweep(options: AbortOptions & { readonly limit?: number | undefined } = {}): Promise<number> {
    this.#checkCall(options)
    const now = this.#clock()
    const swept = this.#entries.sweep(now, checkCount(options.limit, 'limit', Number.POSITIVE_INFINITY, 0))
    this.#marks.sweep(now)
    return swept
  }

  async stats(options?: AbortOptions): Promise<StoreStats> {
    this.#checkCall(options)
    return { entries: this.#entries.count, bytes: this.#entries.bytes, marks: this.#marks.size }
  }

  async close(): Promise<void> {
    this.#closed = true
    // release the data
    this.#entries = new MemoryEntries({}, new Uint32Array(2), () => {})
    this.#marks = new MemoryMarks(0, 0, new Uint32Array(2))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError()
  }

  /** Checks that the store is open and the signal not aborted. */
  #checkCall(options: AbortOptions | undefined): void {
    this.#checkOpen()
    checkedSignal(options)
  }

  #find(key: Uint8Array): number {
    return this.#entries.find(key, this.#entries.hash(key))
  }

  #get(key: Uint8Array, now: bigint): StoredRecord | undefined {
    checkKey(key, this.#limits)
    const slot = this.#find(key)
    return slot >= 0 && !this.#entries.isExpired(slot, now) ? this.#entries.copy(slot) : undefined
  }

  #put(record: StoredRecord, now: bigint): StorePutResult {
    const hash = this.#entries.hash(record.key)
    const slot = this.#entries.find(record.key, hash)
    const before = slot < 0 ? undefined : this.#entries.view(slot)
    const mark = this.#marks.get(record.key, hash)
    const result = copyResult(decidePut(before, mark, record, now))
    if (result.status === 'refreshed' && before !== undefined) {
      this.#entries.refresh(slot, refreshedRecord(before, record))
    } else if (result.status === 'stored') {
      const markToKeep = previousMark(before, mark, record, now)
      if (!this.#entries.put(slot, record, hash, now)) return { ...result, status: 'quota' }
      if (markToKeep !== undefined) this.#marks.set(markToKeep, hash, senderOf(before ?? record))
      else this.#marks.delete(record.key, hash)
    }
    return result
  }

  #delete(key: Uint8Array, ifValue: Uint8Array | undefined, now: bigint): boolean {
    const slot = this.#find(key)
    if (slot < 0 || this.#entries.isExpired(slot, now)) return false
    if (ifValue !== undefined && !equalBytes(this.#entries.view(slot).value, ifValue)) return false
    this.#entries.remove(slot, now)
    return true
  }

  #leaveMark(record: StoredRecord, now: bigint): void {
    const hash = this.#entries.hash(record.key)
    this.#marks.set(higherMark(this.#marks.get(record.key, hash), markFor(record, now)), hash, senderOf(record))
  }

  *#records(range: CheckedRange): Generator<StoredRecord, undefined> {
    for (const slot of this.#entries.within(range)) {
      if (!this.#entries.isExpired(slot, this.#clock())) yield this.#entries.copy(slot)
    }
    return undefined
  }

  *#liveMarks(range: CheckedRange): Generator<HighWaterMark, undefined> {
    for (const mark of this.#marks.within(range)) if (this.#clock() <= mark.until) yield copyMark(mark)
    return undefined
  }

  #iterate<Item>(
    query: StoreQuery | undefined,
    options: AbortOptions | undefined,
    items: (range: CheckedRange) => Iterator<Item, undefined>
  ): AsyncIterableIterator<Item> {
    let range: CheckedRange | undefined
    let argumentError: unknown
    try {
      range = checkedRange(query)
    } catch (error) {
      argumentError = error
    }
    return new MemoryIterator<Item>(
      () => {
        if (range === undefined) throw argumentError
        return items(range)
      },
      range?.limit ?? 0,
      () => this.#checkCall(options)
    )
  }
}

/** The map key of the sender of a record. Records without a sender count as those of one sender. */
function senderOf({ sender }: StoredRecord): string {
  return sender === undefined ? '' : mapKey(sender)
}

function copyResult(result: StorePutResult): StorePutResult {
  const { status, previous, conflict, mark } = result
  if (previous === undefined && mark === undefined) return result
  return {
    status,
    previous: previous === undefined ? undefined : copyRecord(previous),
    conflict: conflict === undefined ? undefined : copyRecord(conflict),
    mark: mark === undefined ? undefined : copyMark(mark)
  }
}
