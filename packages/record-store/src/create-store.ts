import { checkStoreOptions, storeOptionNames } from './check-store-options.ts'
import { copyBytes, isRecordError, RecordError, systemClock, systemTimer } from '@recordkit/record-types'
import type { AbortOptions, Clock, MaybePromise, SetTimer } from '@recordkit/record-types'
import {
  anySignal,
  checkCount,
  checkDuration,
  checkOptions,
  checkPart,
  inPieces,
  isPromise,
  KeyedMutex,
  keptCopy,
  mapKey,
  raceAbort,
  turns
} from '@recordkit/record-types/internal'
import type { EntryKind, StoreBackend, StoreChange, StoreEntry } from './backend.ts'
import { checkedBounds, withMaxAge } from './bounds.ts'
import type { CheckedBounds, StoreBounds } from './bounds.ts'
import { localLeases, takeLease } from './leases.ts'
import { LocalChanges } from './local-changes.ts'
import { higherMark, isExpired, markFor } from './put-rule.ts'
import {
  checkedLimits,
  checkedOperation,
  checkedOperations,
  checkedRange,
  checkedSignal,
  deleteNames,
  putNames,
  touchNames,
  checkKey,
  copyMark,
  copyPublication,
  copyRecord
} from './store-arguments.ts'
import type { CheckedRange, StoreLimits } from './store-arguments.ts'
import { checkEntries, checkWritten } from './check-backend-results.ts'
import type { Written } from './check-backend-results.ts'
import { closedError, partialError, storeError, writeError, wrapErrors } from './store-errors.ts'
import { StoreIterator } from './store-iterator.ts'
import type { CountedGrowth, NeededSpace, PutAdmission } from './put-admission.ts'
import { StoreSpace } from './store-space.ts'
import { applyDelete, applyMarkRemoval, applyPut, applyRemoval, applySweep, applyTouch } from './store-transaction.ts'
import type { EntryTransaction } from './store-transaction.ts'
import type {
  DeleteOptions,
  HighWaterMark,
  Lease,
  Publication,
  RecordStore,
  StoreCapabilities,
  StoredRecord,
  StoreOperation,
  StoreOperationResult,
  StorePutOptions,
  StorePutResult,
  StoreQuery,
  StoreStats,
  TouchOptions
} from './store.ts'
import { CallTimeouts } from './timeouts.ts'
import { TurnCollector } from './turn-collector.ts'

/** Options of {@link createStore}. */
export interface StoreOptions extends StoreBounds {
  readonly clock?: Clock | undefined
  readonly setTimer?: SetTimer | undefined
  /** 0 to below 1; spreads the repetitions of contended writes. @default Math.random */
  readonly random?: (() => number) | undefined
  /** maximum sizes in bytes. @default a key of 1 KiB, a value of 64 KiB */
  readonly limits?: StoreLimits | undefined
  /** ms that one call to the backend may take, or up to an eighth less; `Infinity` means no timeout. @default 30_000 */
  readonly timeout?: number | undefined
  /**
   * Called for every entry that cannot be decoded, which then counts as absent. Without it, reading such an entry throws
   * `STORE_CORRUPT`. A put replaces it in either case, and the backend keeps its bytes in quarantine.
   */
  readonly onCorrupt?: ((error: RecordError<'STORE_CORRUPT'>) => void) | undefined
}

/** How often a write is decided anew when other processes change its keys in between. */
const maxAttempts = 64
/** ms: the longest pause between two attempts */
const maxPause = 250
/** How often a call makes space for itself that other calls take. */
const maxRemovals = 16
const noGrowth: CountedGrowth = /* @__PURE__ */ Object.freeze({
  records: 0,
  bytes: 0,
  publishedRecords: 0,
  publishedBytes: 0,
  accounts: new Map()
})
/** ns after which a sweep counts again what several processes change: an hour */
const recountInterval = 3_600_000_000_000n
/** Records that are copied in one piece. */
const copiedTogether = 256
/** Keys that a sweep processes at a time, so that puts get their turn. */
const sweepSize = 256

/** one per key */
type Transactions = readonly EntryTransaction[]

/** What is done with the entries of a call. */
interface Plan<Result> {
  /** Whether it may be decided first on what the backend expects. */
  readonly mayExpect?: boolean | undefined
  /** What decides about space, if records are added. */
  prepare?(transactions: Transactions, now: bigint): MaybePromise<PutAdmission>
  decide(transactions: Transactions, now: bigint, admission: PutAdmission | undefined): Result
}

/**
 * Makes a store of a backend, which contains input and output only. Adds the rules (order, marks, expiry), one writer per key,
 * argument checks, copies in and out, signals, timeouts, and the closed state.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 * @see docs/guides/writing-a-store.md
 * @example
 * ```ts
 * const store = createStore(new MyBackend())
 * await store.put({ key, value, rank, timeReceived: systemClock() })
 * ```
 */
export function createStore(backend: StoreBackend, options: StoreOptions = {}): RecordStore {
  checkPart(backend, 'backend', ['read', 'write'], 'a StoreBackend')
  checkStoreOptions(options, storeOptionNames)
  return new RuleStore(backend, options)
}

class RuleStore implements RecordStore {
  readonly capabilities: StoreCapabilities
  readonly #backend: StoreBackend
  readonly #clock: Clock
  readonly #setTimer: SetTimer
  readonly #random: () => number
  readonly #limits: StoreLimits
  readonly #bounds: CheckedBounds
  readonly #space: StoreSpace
  readonly #timeout: number
  readonly #timeouts: CallTimeouts
  readonly #onCorrupt: StoreOptions['onCorrupt']
  readonly #locks: KeyedMutex = new KeyedMutex()
  /** number of calls that `close` waits for */
  #running = 0
  #onIdle: (() => void) | undefined
  readonly #iterations: Set<StoreIterator<unknown>> = new Set()
  readonly #changes = new LocalChanges()
  readonly #lease: NonNullable<StoreBackend['lease']>
  readonly #reads: TurnCollector<readonly Uint8Array[], readonly StoreEntry[]> | undefined
  readonly #writes: TurnCollector<readonly StoreChange[], Written> | undefined
  #accountsKnown: Promise<void> | undefined
  #accountsCounted = 0n
  /** whether a write may have changed something that is not counted */
  #hasUnknownWrites = false
  #closed: Promise<void> | undefined

  constructor(backend: StoreBackend, options: StoreOptions) {
    const { clock = systemClock, setTimer = systemTimer, random = Math.random } = options
    this.#backend = backend
    this.capabilities = Object.freeze({ ...backend.capabilities })
    this.#clock = clock
    this.#setTimer = setTimer
    this.#random = random
    this.#limits = checkedLimits(options.limits)
    this.#timeout = checkDuration(options.timeout, 'timeout', 30_000)
    this.#timeouts = new CallTimeouts(this.#timeout, options.setTimer)
    this.#onCorrupt = options.onCorrupt
    this.#bounds = checkedBounds(options)
    this.#space = new StoreSpace(this.#bounds, backend, (work) => this.#callNow(work), {
      expired: () => this.#removeExpired(),
      records: (keys) => this.#removeEntries(keys, applyRemoval),
      marks: (keys) => this.#removeEntries(keys, applyMarkRemoval)
    })
    this.#lease = backend.lease?.bind(backend) ?? localLeases(clock)
    if (backend.collectsCalls !== true) {
      this.#reads = new TurnCollector((calls) => this.#readTogether(calls))
      if (backend.capabilities.atomicBatch) this.#writes = new TurnCollector((calls) => this.#writeTogether(calls))
    }
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
    const records: (StoredRecord | undefined)[] = []
    const copy = (start: number, end: number): void => {
      for (let index = start; index < end; index++) records.push(this.#recordOf(entries[index], now))
    }
    if (entries.length <= copiedTogether) copy(0, entries.length)
    else await inPieces(entries.length, copiedTogether, copy)
    return records
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

  async publication(key: Uint8Array, options?: AbortOptions): Promise<Publication | undefined> {
    const [entry] = await this.#read([key], options)
    this.#checkReadable(entry)
    return entry?.publication && copyPublication(entry.publication)
  }

  async put(record: StoredRecord, options: StorePutOptions = {}): Promise<StorePutResult> {
    checkOptions(options, putNames)
    const { ifRank, publication, completes, group } = options
    const operation = { type: 'put', record, ifRank, publication, completes, group } as const
    const [result] = await this.#applyOne(operation, options)
    return result as StorePutResult
  }

  async touch(key: Uint8Array, options: TouchOptions): Promise<boolean> {
    checkOptions(options, touchNames)
    const { ifRank, timeReceived, expires, publication } = options
    const operation = { type: 'touch', key, ifRank, timeReceived, expires, publication } as const
    const [result] = await this.#applyOne(operation, options)
    return (result as { touched: boolean }).touched
  }

  async delete(key: Uint8Array, options: DeleteOptions = {}): Promise<boolean> {
    checkOptions(options, deleteNames)
    const { ifRank } = options
    const [result] = await this.#applyOne({ type: 'delete', key, ifRank }, options)
    return (result as { deleted: boolean }).deleted
  }

  async batch(operations: readonly StoreOperation[], options?: AbortOptions): Promise<StoreOperationResult[]> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    return this.#apply(checkedOperations(operations, this.#limits), signal)
  }

  iterate(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<StoredRecord> {
    return this.#scan('records', query, options, (entry) => this.#recordOf(entry, this.#clock(), query?.expired))
  }

  marks(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<HighWaterMark> {
    return this.#scan('marks', query, options, (entry) => {
      const { mark } = entry
      if (mark === undefined) this.#checkReadable(entry)
      return mark === undefined || mark.until < this.#clock() ? undefined : copyMark(mark)
    })
  }

  publications(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<Publication> {
    return this.#scan('publications', query, options, (entry) => {
      const { publication } = entry
      if (publication === undefined) this.#checkReadable(entry)
      return publication && copyPublication(publication)
    })
  }

  async sweep(options: AbortOptions & { readonly limit?: number | undefined } = {}): Promise<number> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    const limit = checkCount(options.limit, 'limit', Number.POSITIVE_INFINITY, 0)
    // other processes change the store too
    const isOld = this.capabilities.multiProcess && this.#clock() - this.#accountsCounted > recountInterval
    if (isOld || this.#hasUnknownWrites) this.#accountsKnown = undefined
    this.#hasUnknownWrites = false
    await raceAbort(this.#learnAccounts(), signal)
    let swept = 0
    let size = Math.min(sweepSize, limit)
    while (swept < limit) {
      const { keys, records, changes } = await this.#sweepOnce(this.#clock(), size, limit - swept, signal)
      swept += records
      if (keys < size) break
      // the index of a damaged store may name entries that do not exist: look at more of it
      if (changes === 0) size *= 2
    }
    return swept
  }

  async stats(options?: AbortOptions): Promise<StoreStats> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    const { entries, bytes, marks, publications } = await this.#io(() => this.#backend.stats(), signal)
    return { entries, bytes, marks, publications }
  }

  changes(options?: AbortOptions): AsyncIterableIterator<Uint8Array> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    return this.#backend.changes === undefined ? this.#changes.open(signal) : this.#sharedChanges(signal)
  }

  async lease(name: string, milliseconds: number, options?: AbortOptions): Promise<Lease | undefined> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    const take = async (lease: string, holder: string, time: number): Promise<boolean> => {
      this.#checkOpen()
      return this.#io(() => this.#lease(lease, holder, time), signal)
    }
    return takeLease(take, name, milliseconds)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#changes.close()
    const ended = [...this.#iterations].map((iteration) => this.#limited(iteration.end()))
    await Promise.allSettled(ended)
    while (this.#running > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    try {
      await this.#callNow(() => this.#backend.close())
    } finally {
      this.#timeouts.stop()
    }
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw closedError()
  }

  #read(keys: readonly Uint8Array[], options: AbortOptions | undefined): MaybePromise<readonly StoreEntry[]> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    if (!Array.isArray(keys)) throw new RecordError('INVALID_ARGUMENT', 'keys is not an array of Uint8Arrays')
    for (const key of keys) checkKey(key, this.#limits)
    if (keys.length === 0) return []
    const entries = this.#readEntries(keys.map((key) => keptCopy(key)))
    return isPromise(entries) ? raceAbort(this.#track(entries), signal) : entries
  }

  /** The entries of keys, with the calls of this turn, or immediately where the backend collects calls itself. */
  #readEntries(keys: readonly Uint8Array[]): MaybePromise<readonly StoreEntry[]> {
    return this.#reads === undefined ? this.#readNow(keys) : this.#reads.add(keys)
  }

  #readNow(keys: readonly Uint8Array[]): MaybePromise<readonly StoreEntry[]> {
    const entries = this.#callNow(() => this.#backend.read(keys))
    if (isPromise(entries)) return entries.then((read) => checkEntries(read, keys.length, 'read'))
    return checkEntries(entries, keys.length, 'read')
  }

  async #readTogether(calls: readonly (readonly Uint8Array[])[]): Promise<readonly (readonly StoreEntry[])[]> {
    const entries = await this.#readNow(calls.flat())
    let offset = 0
    return calls.map(({ length }) => entries.slice(offset, (offset += length)))
  }

  /** Runs I/O of the backend: `close` waits for it, its errors are converted, an abort stops waiting for it. */
  #io<Result>(work: () => MaybePromise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    return raceAbort(this.#track(wrapErrors(() => this.#callNow(work))), signal)
  }

  /** The same for a backend that may answer synchronously. */
  #callNow<Result>(work: () => MaybePromise<Result>): MaybePromise<Result> {
    let result: MaybePromise<Result>
    try {
      result = work()
    } catch (error) {
      throw storeError(error)
    }
    return isPromise(result) ? this.#limited(result, storeError) : result
  }

  #limited<Result>(work: Promise<Result>, convert?: (reason: unknown) => unknown): Promise<Result> {
    return this.#timeouts.limit(
      work,
      () => new RecordError('TIMEOUT', `the storage did not answer within ${this.#timeout} ms`),
      convert
    )
  }

  #track<Result>(running: Promise<Result>): Promise<Result> {
    this.#running++
    const done = (): void => this.#ended()
    running.then(done, done)
    return running
  }

  #ended(): void {
    if (--this.#running === 0) this.#onIdle?.()
  }

  /** Whether an entry can be decoded. @throws RecordError `STORE_NEWER_FORMAT`; `STORE_CORRUPT` without `onCorrupt` */
  #checkReadable(entry: StoreEntry | undefined): boolean {
    if (entry?.newer !== undefined) throw entry.newer
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

  #recordOf(entry: StoreEntry | undefined, now: bigint, expired = false): StoredRecord | undefined {
    if (!this.#checkReadable(entry)) return undefined
    const record = entry?.record
    return record === undefined || (!expired && isExpired(record, now)) ? undefined : copyRecord(record)
  }

  #applyOne(operation: StoreOperation, options: AbortOptions): Promise<StoreOperationResult[]> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    return this.#apply([checkedOperation(operation, this.#limits)], signal)
  }

  /** Reads, decides and writes under the locks of all keys of the operations. Removes other records if there is no space. */
  async #apply(
    operations: readonly StoreOperation[],
    signal: AbortSignal | undefined
  ): Promise<StoreOperationResult[]> {
    const keys = new Map<string, Uint8Array>()
    const names = operations.map((operation) => {
      const key = operation.type === 'put' ? operation.record.key : operation.key
      const name = mapKey(key)
      keys.set(name, key)
      return name
    })
    const perOperation = transactionsBy(names, keys)
    const admitted = new Set<string>()
    let mayRemove = true
    let mayExpire = true
    for (let attempt = 0; ; attempt++) {
      let admission: PutAdmission | undefined
      const results = await this.#change(keys, signal, {
        mayExpect: attempt === 0 && operations.length === 1 && operations[0]?.type === 'put',
        prepare: (transactions, now) =>
          this.#space.admission(operations, perOperation(transactions), now, { admitted, mayRemove, mayExpire }),
        decide: (transactions, now, prepared) => {
          admission = prepared
          const each = perOperation(transactions)
          return operations.map((operation, index): StoreOperationResult => {
            const transaction = each[index] as EntryTransaction
            const { newer } = transaction.previous
            if (newer !== undefined) throw newer
            if (operation.type === 'put') {
              const { publication = transaction.next.publication } = operation
              const record = withMaxAge(operation.record, (publication ?? undefined) !== undefined, this.#bounds)
              return applyPut(transaction, record, operation, now, admission)
            }
            if (operation.type === 'touch') return { touched: applyTouch(transaction, operation, now, admission) }
            return { deleted: applyDelete(transaction, operation, now) }
          })
        }
      })
      const needed = admission?.needed
      if (needed === undefined) return results
      const isLast = attempt >= maxRemovals
      const making = this.#track(this.#makeSpace(needed))
      const hasSpace = await raceAbort(making, signal)
      if (needed.isRefused) mayExpire = !isLast && hasSpace
      else mayRemove = !isLast && hasSpace
    }
  }

  async #makeSpace(needed: NeededSpace): Promise<boolean> {
    try {
      return await (needed.isRefused ? this.#space.removeExpired() : this.#space.makeSpace(needed))
    } catch (error) {
      // not unknown: what the caller puts was not written
      if (!isRecordError(error, 'STORE_UNKNOWN')) throw error
      throw new RecordError('STORE_IO', `the store is full, and removing other records failed: ${error.message}`, {
        cause: error
      })
    }
  }

  /** Removes some of the entries that are past their time, for lack of space. */
  async #removeExpired(): Promise<number> {
    const now = this.#clock()
    for (let size = sweepSize; ; size *= 2) {
      const limit = size
      const keys = await this.#callNow(() => this.#backend.expired(now, limit))
      // marks too: where there are expired marks, there may be expired records behind them
      const removed =
        keys.length === 0 ? 0 : await this.#removeEntries(keys, (entry) => applySweep(entry, now) !== undefined)
      // the first ones may be published, or not exist in a damaged store: look at more
      if (removed > 0 || keys.length < limit) return removed
    }
  }

  /** Removes up to `size` of the entries that are past their time. */
  async #sweepOnce(
    now: bigint,
    size: number,
    limit: number,
    signal: AbortSignal | undefined
  ): Promise<{ keys: number; records: number; changes: number }> {
    const keys = await this.#io(() => this.#backend.expired(now, size), signal)
    const copies = keys.map((key) => keptCopy(key))
    return { keys: keys.length, ...(await this.#sweepKeys(copies, limit, signal)) }
  }

  #sweepKeys(
    found: readonly Uint8Array[],
    limit: number,
    signal: AbortSignal | undefined
  ): Promise<{ records: number; changes: number }> {
    const keys = new Map(found.map((key) => [mapKey(key), key]))
    return this.#change(keys, signal, {
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

  /** Removes entries for lack of space. @returns the number of entries that changed */
  #removeEntries(
    found: readonly Uint8Array[],
    remove: (transaction: EntryTransaction, now: bigint) => boolean
  ): Promise<number> {
    const keys = new Map(found.map((key) => [mapKey(key), keptCopy(key)]))
    return this.#track(
      this.#decideAndWrite(keys, undefined, {
        decide: (transactions, now) =>
          transactions.filter((transaction) => isReadable(transaction) && remove(transaction, now)).length
      })
    )
  }

  #change<Result>(
    keys: ReadonlyMap<string, Uint8Array>,
    signal: AbortSignal | undefined,
    plan: Plan<Result>
  ): Promise<Result> {
    let writing: readonly StoreChange[] = []
    const run = async (): Promise<Result> => {
      this.#running++
      try {
        const result = await this.#decideAndWrite(keys, signal, plan, (changes) => (writing = changes))
        if (this.#space.memory !== undefined) void this.#learnAccounts()
        // the write has happened, whatever this does: the next write tries again
        if (writing.some(addsMark)) await this.#space.removeExcessMarks().catch(() => {})
        return result
      } finally {
        this.#ended()
      }
    }
    // while a write is running, an abort could not be told from a success: the store's own timeout limits the wait
    return raceAbort(run(), signal, () => writing.length === 0)
  }

  /** @param onWrite - called with what is being written, and with nothing when the write has to be decided anew */
  async #decideAndWrite<Result>(
    keys: ReadonlyMap<string, Uint8Array>,
    signal: AbortSignal | undefined,
    plan: Plan<Result>,
    onWrite?: (changes: readonly StoreChange[]) => void
  ): Promise<Result> {
    const list = [...keys.values()]
    const lock = this.#locks.lock([...keys.keys()])
    try {
      if (lock.ready !== undefined) await lock.ready
      let known = plan.mayExpect === true ? this.#expected(list) : undefined
      let isExpected = known !== undefined
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        signal?.throwIfAborted()
        const read = known ?? (list.length === 0 ? [] : this.#readEntries(list))
        const entries = isPromise(read) ? await read : read
        signal?.throwIfAborted()
        const transactions = list.map((key, index): EntryTransaction => {
          const entry = entries[index] ?? {}
          if (!isExpected) this.#space.wasRead(key, entry)
          return { key, previous: entry, next: entry }
        })
        const now = this.#clock()
        const prepared = plan.prepare?.(transactions, now)
        const admission = isPromise(prepared) ? await prepared : prepared
        signal?.throwIfAborted()
        const result = plan.decide(transactions, now, admission)
        const changes = transactions.filter(({ previous, next }) => next !== previous)
        if (changes.length === 0 || admission?.needed !== undefined) {
          if (!isExpected) return result
          // what was expected is compared only when something is written
          isExpected = false
          known = undefined
          continue
        }
        onWrite?.(changes)
        const written = await this.#writeCounted(changes, admission?.growth ?? noGrowth)
        if (written === true) {
          if (this.#changes.watched) for (const { key } of changes) this.#changes.notify(key)
          return result
        }
        onWrite?.([])
        // entries of all keys, or none: others are read
        known = written === false || written.length < list.length ? undefined : written
        if (!isExpected) await this.#pause(attempt)
        isExpected = false
      }
    } finally {
      lock.release()
    }
    throw new RecordError(
      'STORE_CONTENDED',
      `other writers changed the keys ${maxAttempts} times in a row; try again later`
    )
  }

  /** What the backend expects, if a put can be decided on it: while there is much space, which needs no counting. */
  #expected(keys: readonly Uint8Array[]): readonly StoreEntry[] | undefined {
    if (this.#backend.writeOrRead === undefined || !this.#space.hasMuch(this.#clock())) return undefined
    let entries: readonly StoreEntry[] | undefined
    try {
      entries = this.#backend.expect?.(keys)
    } catch (error) {
      throw storeError(error)
    }
    if (entries === undefined) return undefined
    const isReadable = ({ corrupt, newer }: StoreEntry): boolean => (corrupt ?? newer) === undefined
    return checkEntries(entries, keys.length, 'expect').every(isReadable) ? entries : undefined
  }

  async #writeCounted(changes: readonly StoreChange[], growth: CountedGrowth): Promise<Written> {
    this.#space.reserve(growth, 1)
    try {
      const written = checkWritten(await this.#writeChanges(changes), changes.length)
      if (written === true) this.#space.written(changes, growth)
      return written
    } catch (error) {
      if (isRecordError(error, 'STORE_UNKNOWN')) this.#hasUnknownWrites = true
      throw error
    } finally {
      this.#space.reserve(growth, -1)
    }
  }

  #writeChanges(changes: readonly StoreChange[]): MaybePromise<Written> {
    if (this.#writes !== undefined) return this.#writes.add(changes)
    return this.capabilities.atomicBatch ? this.#write(changes) : this.#writeEach(changes)
  }

  async #writeEach(changes: readonly StoreChange[]): Promise<boolean> {
    let writes = 0
    for (const change of changes) {
      try {
        if (checkWritten(await this.#write([change]), 1) !== true) return false
      } catch (error) {
        throw writes === 0 ? error : partialError(writes, changes.length, error)
      }
      writes++
    }
    return true
  }

  async #writeTogether(calls: readonly (readonly StoreChange[])[]): Promise<readonly MaybePromise<Written>[]> {
    const [first] = calls
    if (first !== undefined && calls.length === 1) return [await this.#write(first)]
    const changes = calls.flat()
    if (checkWritten(await this.#write(changes), changes.length) === true) return calls.map(() => true)
    // another process was faster with one of the keys: which one is found by writing each call alone
    // each has its own result: one that fails does not make another one fail that was written
    return calls.map(async (call) => this.#write(call))
  }

  #write(changes: readonly StoreChange[]): MaybePromise<Written> {
    let written: MaybePromise<Written>
    try {
      written =
        this.#backend.writeOrRead === undefined ? this.#backend.write(changes) : this.#backend.writeOrRead(changes)
    } catch (error) {
      throw writeError(error)
    }
    if (!isPromise(written)) return written
    const timeoutError = (): RecordError => {
      const message = `the storage did not confirm a write within ${this.#timeout} ms; it may or may not have happened`
      return new RecordError('STORE_UNKNOWN', message)
    }
    return this.#timeouts.limit(written, timeoutError, writeError)
  }

  /** Waits before the next attempt, longer after each, at random: the first attempts of several writers would meet again. */
  async #pause(attempt: number): Promise<void> {
    const milliseconds = Math.floor(Math.min(maxPause, 2 ** attempt) * this.#random())
    if (attempt > 0 && milliseconds > 0)
      await new Promise<void>((resolve) => void this.#setTimer(resolve, milliseconds))
  }

  /** Reads all entries in the background, once, to count them where the backend keeps no accounts. */
  #learnAccounts(): Promise<void> {
    const { persistent, multiProcess } = this.capabilities
    if (this.#space.memory === undefined || !(persistent || multiProcess)) return Promise.resolve()
    this.#accountsKnown ??= this.#countEntries().catch(() => {
      // the next write or sweep tries again
      this.#accountsKnown = undefined
    })
    return this.#accountsKnown
  }

  async #countEntries(): Promise<void> {
    // what was known may have been deleted by another process
    const unseen = this.#space.countedKeys()
    const page: Uint8Array[] = []
    const count = async (): Promise<void> => {
      const keys = new Map(page.splice(0).map((key) => [mapKey(key), key]))
      if (keys.size === 0) return
      const list = [...keys.values()]
      await this.#locks.run([...keys.keys()], async () => {
        const entries = await this.#readEntries(list)
        list.forEach((key, index) => this.#space.wasRead(key, entries[index] ?? {}))
      })
      // other work gets its turn
      await turns.next()
    }
    for (const kind of ['records', 'marks', 'publications'] as const) {
      for await (const key of this.#scan(kind, undefined, undefined, keyOf)) {
        unseen.delete(mapKey(key))
        if (page.push(key) === sweepSize) await count()
      }
    }
    for (const key of unseen.values()) if (page.push(key) === sweepSize) await count()
    await count()
    this.#accountsCounted = this.#clock()
  }

  /** The changes that the backend reports, or this process makes, each key once per report. */
  async *#sharedChanges(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, undefined> {
    const ended = new AbortController()
    // both sources end with it: one that waits for its next step cannot be asked to return
    const either = signal === undefined ? ended.signal : anySignal([signal, ended.signal])
    const local = this.#changes.open(either)
    const shared = (this.#backend.changes as NonNullable<StoreBackend['changes']>)({ signal: either })[
      Symbol.asyncIterator
    ]()
    const sources = [local, shared]
    const next = async (index: number): Promise<{ index: number; step: IteratorResult<Uint8Array, unknown> }> => ({
      index,
      step: await (sources[index] as AsyncIterator<Uint8Array>).next()
    })
    const steps = [next(0), next(1)]
    try {
      for (;;) {
        const { index, step } = await Promise.race(steps)
        if (step.done === true) return undefined
        steps[index] = next(index)
        yield copyBytes(step.value)
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw storeError(error)
    } finally {
      ended.abort()
      for (const step of steps) step.catch(() => undefined)
      await Promise.allSettled([local.return(undefined), shared.return?.()])
    }
  }

  #scan<Item>(
    kind: EntryKind,
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
      // an entry of a newer version is passed over, here and by a sweep
      itemOf: (entry) => (entry.newer === undefined ? itemOf(entry) : undefined),
      limited: (work) => this.#limited(work),
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

/** Finds the transaction of each operation among those of the keys, which differ when a key occurs more than once. */
function transactionsBy(
  names: readonly string[],
  keys: ReadonlyMap<string, unknown>
): (transactions: Transactions) => Transactions {
  if (names.length === keys.size) return (transactions) => transactions
  const positions = new Map([...keys.keys()].map((name, index) => [name, index]))
  return (transactions) => names.map((name) => transactions[positions.get(name) as number] as EntryTransaction)
}

function addsMark({ previous, next }: StoreChange): boolean {
  return next.mark !== undefined && previous.mark === undefined
}

/** Whether an entry can be changed by a sweep or removed for lack of space: what cannot be read is passed over. */
function isReadable({ previous: { corrupt, newer } }: EntryTransaction): boolean {
  return corrupt === undefined && newer === undefined
}

/** A copy of the key of an entry; `undefined` when it cannot be read. */
function keyOf({ record, mark, publication }: StoreEntry): Uint8Array | undefined {
  const key = (record ?? mark ?? publication)?.key
  return key && keptCopy(key)
}
