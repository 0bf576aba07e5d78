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
import { KeyedMutex, mapKey, raceAbort } from '@recordkit/record-types/internal'
import { StoreIterator } from './store-iterator.ts'
import { higherMark, isExpired, markFor } from './put-rule.ts'
import {
  checkedLimit,
  checkedOperations,
  checkedRange,
  checkedRecord,
  checkedSignal,
  checkKey,
  copyIfValue,
  copyMark,
  copyRecord
} from './store-arguments.ts'
import { applyDelete, dropMark, applyPut, applySweep } from './store-transaction.ts'
import { closedError, wrapErrors } from './store-errors.ts'

export interface StoreOptions {
  readonly clock?: Clock | undefined
  /** the most bytes of a key (1 KiB when absent) and of a value (64 KiB when absent) */
  readonly limits?: StoreLimits | undefined
  /**
   * Told of every entry that cannot be read, which is then treated as absent. Without it, reading such an entry throws
   * `STORE_CORRUPT`. A put overwrites it either way.
   */
  readonly onCorrupt?: ((error: RecordError<'STORE_CORRUPT'>) => void) | undefined
}

/** How often a write is decided anew when another process changed the key in between. */
const attempts = 16
/** Keys a sweep takes at a time, so that puts get their turn. */
const sweepSize = 256

type Decide<Result> = (drafts: ReadonlyMap<string, EntryTransaction>, now: bigint) => Result

function addsMark({ previous, next }: StoreChange): boolean {
  return next.mark !== undefined && previous.mark === undefined
}

/**
 * Makes a store of a backend that knows I/O only: brings the rules (order, marks, expiry), one writer a key, argument
 * checks, copies in and out, signals, and the closed state.
 *
 * @see docs/guides/writing-a-store.md
 */
export function createStore(backend: StoreBackend, options: StoreOptions = {}): RecordStore {
  return new RuleStore(backend, options)
}

class RuleStore implements RecordStore {
  readonly capabilities: StoreCapabilities
  readonly #backend: StoreBackend
  readonly #clock: Clock
  readonly #limits: StoreLimits
  readonly #onCorrupt: StoreOptions['onCorrupt']
  readonly #locks: KeyedMutex = new KeyedMutex()
  readonly #running: Set<Promise<unknown>> = new Set()
  readonly #iterations: Set<StoreIterator<unknown>> = new Set()
  #forgetting: Promise<void> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(backend: StoreBackend, options: StoreOptions) {
    this.#backend = backend
    this.capabilities = Object.freeze({ ...backend.capabilities })
    this.#clock = options.clock ?? systemClock
    this.#limits = options.limits ?? {}
    this.#onCorrupt = options.onCorrupt
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
    const limit = checkedLimit(options.limit)
    let swept = 0
    let size = Math.min(sweepSize, limit)
    while (swept < limit) {
      const now = this.#clock()
      const asked = size
      const keys = await this.#io(() => this.#backend.expired(now, asked), signal)
      const left = limit - swept
      const { records, changes } = await this.#sweepKeys(
        keys.map((key) => copyBytes(key)),
        left,
        signal
      )
      swept += records
      if (keys.length < size) break
      // an index of a damaged store may name what is not there: look behind it
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
    if (!Array.isArray(keys)) throw new RecordError('INVALID_ARGUMENT', 'keys is no array of Uint8Arrays')
    for (const key of keys) checkKey(key, this.#limits)
    if (keys.length === 0) return []
    const copies = keys.map((key) => copyBytes(key))
    return this.#io(() => this.#backend.read(copies), signal)
  }

  /** Runs I/O of the backend: known to `close`, its failure wrapped, given up (not undone) when the signal aborts. */
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
      : new RecordError('STORE_CORRUPT', `an entry cannot be read: ${entry.corrupt.message}`, { cause: entry.corrupt })
    if (this.#onCorrupt === undefined) throw error
    this.#onCorrupt(error)
    return false
  }

  #recordOf(entry: StoreEntry | undefined, now: bigint): StoredRecord | undefined {
    if (!this.#checkReadable(entry)) return undefined
    const record = entry?.record
    return record === undefined || isExpired(record, now) ? undefined : copyRecord(record)
  }

  /** Reads, decides and writes under the locks of all keys concerned. */
  #apply(operations: readonly StoreOperation[], signal: AbortSignal | undefined): Promise<StoreOperationResult[]> {
    const keys = new Map<string, Uint8Array>()
    const ids = operations.map((operation) => {
      const key = operation.type === 'put' ? operation.record.key : operation.key
      const id = mapKey(key)
      keys.set(id, key)
      return id
    })
    return this.#change(keys, signal, (drafts, now) =>
      operations.map((operation, index) => {
        const draft = drafts.get(ids[index] as string) as EntryTransaction
        return operation.type === 'put'
          ? applyPut(draft, operation.record, now)
          : applyDelete(draft, operation.ifValue, now)
      })
    )
  }

  #sweepKeys(
    found: readonly Uint8Array[],
    limit: number,
    signal: AbortSignal | undefined
  ): Promise<{ records: number; changes: number }> {
    const keys = new Map(found.map((key) => [mapKey(key), key]))
    return this.#change(keys, signal, (drafts, now) => {
      let records = 0
      let changes = 0
      for (const draft of drafts.values()) {
        if (records === limit) break
        const gone = draft.previous.corrupt === undefined ? applySweep(draft, now) : undefined
        if (gone === undefined) continue
        if (gone === 'record') records++
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
    const run = async (): Promise<Result> => {
      const result = await this.#write(keys, signal, decide, (changes) => (writing = changes))
      // what was written is there, whatever becomes of this: the next write tries again
      if (writing.some(addsMark)) await this.#forgetSurplus().catch(() => {})
      return result
    }
    return raceAbort(this.#track(run()), signal, () => writing.length === 0)
  }

  /** @param writes - told what is being written: from then on the call waits for what becomes of it, as an abort could no longer be told from a success */
  #write<Result>(
    keys: ReadonlyMap<string, Uint8Array>,
    signal: AbortSignal | undefined,
    decide: Decide<Result>,
    writes: (changes: readonly StoreChange[]) => void
  ): Promise<Result> {
    const change = async (): Promise<Result> => {
      const ids = [...keys.keys()]
      const list = [...keys.values()]
      for (let attempt = 0; attempt < attempts; attempt++) {
        signal?.throwIfAborted()
        const entries = list.length === 0 ? [] : await wrapErrors(() => this.#backend.read(list))
        signal?.throwIfAborted()
        const drafts = new Map<string, EntryTransaction>()
        list.forEach((key, index) => {
          const entry = entries[index] ?? {}
          drafts.set(ids[index] as string, { key, previous: entry, next: entry })
        })
        const result = decide(drafts, this.#clock())
        const changes: StoreChange[] = []
        for (const draft of drafts.values()) if (draft.next !== draft.previous) changes.push(draft)
        if (changes.length === 0) return result
        writes(changes)
        if (await wrapErrors(() => this.#backend.write(changes))) return result
        writes([])
      }
      throw new RecordError('STORE_CONTENDED', `other writers changed the keys ${attempts} times in a row; try again`)
    }
    return this.#locks.run([...keys.keys()], change)
  }

  /** Lets the oldest marks go while the backend says that there are too many; one such run after another. */
  #forgetSurplus(): Promise<void> {
    const run = async (): Promise<void> => {
      for (;;) {
        const surplus = (await wrapErrors(() => this.#backend.excessMarks?.(sweepSize) ?? [])).map(copyMark)
        const ids = surplus.map(({ key }) => mapKey(key))
        const keys = new Map(surplus.map(({ key }, index) => [ids[index] as string, key]))
        const forget = (drafts: ReadonlyMap<string, EntryTransaction>): number =>
          surplus.filter((mark, index) => dropMark(drafts.get(ids[index] as string) as EntryTransaction, mark)).length
        if (surplus.length === 0 || (await this.#write(keys, undefined, forget, () => {})) === 0) return
      }
    }
    this.#forgetting = this.#forgetting.then(run, run)
    return this.#forgetting
  }

  #scan<Item>(
    kind: 'records' | 'marks',
    query: StoreQuery | undefined,
    options: AbortOptions | undefined,
    itemOf: (entry: StoreEntry) => Item | undefined
  ): AsyncIterableIterator<Item> {
    let range: CheckedRange | undefined
    let problem: unknown
    try {
      checkedSignal(options)
      range = checkedRange(query)
    } catch (error) {
      problem = error
    }
    return new StoreIterator<Item>({
      begin: () => {
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
        if (range === undefined) throw problem
      },
      began: (iteration) => this.#iterations.add(iteration),
      ended: (iteration) => this.#iterations.delete(iteration)
    })
  }
}
