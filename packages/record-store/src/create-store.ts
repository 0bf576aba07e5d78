import type { CheckedRange, StoreLimits } from './store-arguments.ts'
import type { StoreBackend, StoreChange, StoreEntry } from './backend.ts'
import type {
  DeleteOptions,
  HighWaterMark,
  StorePutResult,
  RecordStore,
  StoreCapabilities,
  StoredRecord,
  StoreOperation,
  StoreOperationResult,
  StoreQuery,
  StoreStats
} from './store.ts'
import type { EntryTransaction } from './store-transaction.ts'
import type { AbortOptions, Clock, MaybePromise } from '@recordkit/record-types'
import { copyBytes, isRecordError, RecordError, systemClock } from '@recordkit/record-types'
import { checkCount, mapKey, nameOf, raceAbort } from '@recordkit/record-types/internal'
import { StoreIterator } from './store-iterator.ts'
import { higherMark, isExpired, markFor } from './put-rule.ts'
import {
  checkedLimits,
  checkedOperations,
  checkedRange,
  checkedRecord,
  checkedSignal,
  checkKey,
  copyIfValue,
  copyMark,
  copyRecord
} from './store-arguments.ts'
import { applyDelete, applyPut, applySweep } from './store-transaction.ts'
import { closedError, wrapErrors } from './store-errors.ts'
import type { Decide } from './store-writer.ts'
import { StoreWriter } from './store-writer.ts'

/** Options of {@link createStore}. */
export interface StoreOptions {
  readonly clock?: Clock | undefined
  /** maximum sizes of keys and values */
  readonly limits?: StoreLimits | undefined
  /**
   * Called for every entry that cannot be decoded; the entry then counts as absent. Without it, reading such an entry throws
   * `STORE_CORRUPT`. A put overwrites it either way.
   */
  readonly onCorrupt?: ((error: RecordError<'STORE_CORRUPT'>) => void) | undefined
}

/** How many keys a sweep removes at a time, so that puts are not delayed for long. */
const sweepSize = 256

/**
 * Turns a backend, which does I/O only, into a store: adds the put rule, marks, expiry, one writer per key, argument checks,
 * copies, signals, and the closed state.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 * @see docs/guides/writing-a-store.md
 * @example
 * ```ts
 * const store = createStore(new PostgresBackend(pool), { onCorrupt: (error) => console.warn(error.message) })
 * ```
 */
export function createStore(backend: StoreBackend, options: StoreOptions = {}): RecordStore {
  return new BackendStore(backend, options)
}

class BackendStore implements RecordStore {
  readonly capabilities: StoreCapabilities
  readonly #backend: StoreBackend
  readonly #clock: Clock
  readonly #limits: StoreLimits
  readonly #onCorrupt: StoreOptions['onCorrupt']
  readonly #writer: StoreWriter
  readonly #running: Set<Promise<unknown>> = new Set()
  readonly #iterations: Set<StoreIterator<unknown>> = new Set()
  #closed: Promise<void> | undefined

  constructor(backend: StoreBackend, options: StoreOptions) {
    this.#backend = backend
    this.capabilities = Object.freeze({ ...backend.capabilities })
    this.#clock = options.clock ?? systemClock
    this.#limits = checkedLimits(options.limits)
    this.#onCorrupt = options.onCorrupt
    this.#writer = new StoreWriter(backend, this.#clock)
  }

  async get(key: Uint8Array, options?: AbortOptions): Promise<StoredRecord | undefined> {
    const [entry] = await this.#read([key], options)
    return this.#recordOf(entry, this.#clock())
  }

  async has(key: Uint8Array, options?: AbortOptions): Promise<boolean> {
    return (await this.get(key, options)) !== undefined
  }

  async getMany(keys: readonly Uint8Array[], options?: AbortOptions): Promise<(StoredRecord | undefined)[]> {
    const entries = await this.#read(keys, options)
    const now = this.#clock()
    return entries.map((entry) => this.#recordOf(entry, now))
  }

  async mark(key: Uint8Array, options?: AbortOptions): Promise<HighWaterMark | undefined> {
    const [entry] = await this.#read([key], options)
    const now = this.#clock()
    this.#checkReadable(entry)
    const mark =
      entry?.record === undefined || !isExpired(entry.record, now)
        ? entry?.mark
        : higherMark(entry.mark, markFor(entry.record, now))
    return mark === undefined || mark.until < now ? undefined : copyMark(mark)
  }

  async put(record: StoredRecord, options?: AbortOptions): Promise<StorePutResult> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    const operation: StoreOperation = { type: 'put', record: checkedRecord(record, this.#limits) }
    const [result] = await this.#apply([operation], signal)
    return result as StorePutResult
  }

  async delete(key: Uint8Array, options?: DeleteOptions): Promise<boolean> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    checkKey(key, this.#limits)
    const operation: StoreOperation = { type: 'delete', key: copyBytes(key), ...copyIfValue(options?.ifValue) }
    const [result] = await this.#apply([operation], signal)
    return (result as { deleted: boolean }).deleted
  }

  async batch(operations: readonly StoreOperation[], options?: AbortOptions): Promise<StoreOperationResult[]> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    return this.#apply(checkedOperations(operations, this.#limits), signal)
  }

  iterate(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<StoredRecord> {
    return this.#scan('records', query, options, (entry) => this.#recordOf(entry, this.#clock()))
  }

  marks(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<HighWaterMark> {
    return this.#scan('marks', query, options, ({ mark }) =>
      mark === undefined || mark.until < this.#clock() ? undefined : copyMark(mark)
    )
  }

  async sweep(options: AbortOptions & { readonly limit?: number | undefined } = {}): Promise<number> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    const limit = checkCount(options.limit, 'limit', Number.POSITIVE_INFINITY, 0)
    let swept = 0
    let size = Math.min(sweepSize, limit)
    while (swept < limit) {
      const now = this.#clock()
      const requested = size
      const keys = await this.#io(() => this.#backend.expired(now, requested), signal)
      const { records, changes } = await this.#sweepKeys(
        keys.map((key) => copyBytes(key)),
        limit - swept,
        signal
      )
      swept += records
      if (keys.length < size) break
      // the index of a damaged store may contain keys that do not exist: look at those that follow
      if (changes === 0) size *= 2
    }
    return swept
  }

  async stats(options?: AbortOptions): Promise<StoreStats> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    const { entries, bytes, marks } = await this.#io(() => this.#backend.stats(), signal)
    return { entries, bytes, marks }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await Promise.allSettled([...this.#iterations].map((iteration) => iteration.end()))
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
    await wrapErrors(() => this.#backend.close())
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw closedError()
  }

  async #read(keys: readonly Uint8Array[], options: AbortOptions | undefined): Promise<StoreEntry[]> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    if (!Array.isArray(keys)) {
      throw new RecordError('INVALID_ARGUMENT', `keys is ${nameOf(keys)}; an array of Uint8Arrays is expected`)
    }
    for (const key of keys) checkKey(key, this.#limits)
    if (keys.length === 0) return []
    const copies = keys.map((key) => copyBytes(key))
    return this.#io(() => this.#backend.read(copies), signal)
  }

  /**
   * Runs I/O of the backend. `close` waits for it, and its errors are wrapped. When the signal aborts, the call rejects and
   * the I/O continues.
   */
  #io<Result>(work: () => MaybePromise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    return raceAbort(this.#track(wrapErrors(work)), signal)
  }

  #track<Result>(running: Promise<Result>): Promise<Result> {
    this.#running.add(running)
    const done = (): void => {
      this.#running.delete(running)
    }
    running.then(done, done)
    return running
  }

  #checkReadable(entry: StoreEntry | undefined): boolean {
    if (entry?.corrupt === undefined) return true
    const error = isRecordError(entry.corrupt, 'STORE_CORRUPT')
      ? entry.corrupt
      : new RecordError('STORE_CORRUPT', `an entry cannot be decoded: ${entry.corrupt.message}`, {
          cause: entry.corrupt
        })
    if (this.#onCorrupt === undefined) throw error
    this.#onCorrupt(error)
    return false
  }

  #recordOf(entry: StoreEntry | undefined, now: bigint): StoredRecord | undefined {
    if (!this.#checkReadable(entry)) return undefined
    const record = entry?.record
    return record === undefined || isExpired(record, now) ? undefined : copyRecord(record)
  }

  #apply(operations: readonly StoreOperation[], signal: AbortSignal | undefined): Promise<StoreOperationResult[]> {
    const keys = new Map<string, Uint8Array>()
    const ids = operations.map((operation) => {
      const key = operation.type === 'put' ? operation.record.key : operation.key
      const id = mapKey(key)
      keys.set(id, key)
      return id
    })
    return this.#change(keys, signal, (transactions, now) =>
      operations.map((operation, index) => {
        const transaction = transactions.get(ids[index] as string) as EntryTransaction
        return operation.type === 'put'
          ? applyPut(transaction, operation.record, now)
          : applyDelete(transaction, operation.ifValue, now)
      })
    )
  }

  #sweepKeys(
    expired: readonly Uint8Array[],
    limit: number,
    signal: AbortSignal | undefined
  ): Promise<{ records: number; changes: number }> {
    const keys = new Map(expired.map((key) => [mapKey(key), key]))
    return this.#change(keys, signal, (transactions, now) => {
      let records = 0
      let changes = 0
      for (const transaction of transactions.values()) {
        if (records === limit) break
        const removed = transaction.previous.corrupt === undefined ? applySweep(transaction, now) : undefined
        if (removed === undefined) continue
        if (removed === 'record') records++
        changes++
      }
      return { records, changes }
    })
  }

  #change<Result>(
    keys: ReadonlyMap<string, Uint8Array>,
    signal: AbortSignal | undefined,
    decide: Decide<Result>
  ): Promise<Result> {
    let writing: readonly StoreChange[] = []
    const change = this.#writer.change(keys, signal, decide, (changes) => (writing = changes))
    // once a write has started, wait for its result: an aborted call must have changed nothing
    return raceAbort(this.#track(change), signal, () => writing.length === 0)
  }

  #scan<Item>(
    kind: 'records' | 'marks',
    query: StoreQuery | undefined,
    options: AbortOptions | undefined,
    itemOf: (entry: StoreEntry) => Item | undefined
  ): AsyncIterableIterator<Item> {
    let range: CheckedRange | undefined
    let argumentError: unknown
    try {
      checkedSignal(options)
      range = checkedRange(query)
    } catch (error) {
      argumentError = error
    }
    return new StoreIterator<Item>({
      start: () => {
        const { empty, limit, ...bounds } = range as CheckedRange
        if (empty) return [][Symbol.iterator]()
        const entries = this.#backend.scan(kind, limit === Number.POSITIVE_INFINITY ? bounds : { ...bounds, limit })
        return Symbol.asyncIterator in entries ? entries[Symbol.asyncIterator]() : entries[Symbol.iterator]()
      },
      itemOf,
      limit: range?.limit ?? 0,
      signal: options?.signal,
      check: () => {
        this.#checkOpen()
        if (range === undefined) throw argumentError
      },
      onStart: (iteration) => this.#iterations.add(iteration),
      onEnd: (iteration) => this.#iterations.delete(iteration)
    })
  }
}
