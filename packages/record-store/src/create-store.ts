import { checkStoreOptions, storeOptionNames } from './check-store-options.ts'
import { RecordError, systemClock, systemTimer } from '@recordkit/record-types'
import type { AbortOptions, Clock, MaybePromise, SetTimer } from '@recordkit/record-types'
import {
  checkCount,
  checkDuration,
  checkOptions,
  checkPart,
  inPieces,
  isPromise,
  keptCopy,
  raceAbort
} from '@recordkit/record-types/internal'
import { applyOperations } from './apply-operations.ts'
import type { OperationParts } from './apply-operations.ts'
import { BackendCalls } from './backend-calls.ts'
import type { StoreBackend, StoreEntry } from './backend.ts'
import { checkedBounds } from './bounds.ts'
import type { StoreBounds } from './bounds.ts'
import { EntryCounter } from './entry-counter.ts'
import { EntryRemovals } from './entry-removals.ts'
import { EntryScans } from './entry-scans.ts'
import { EntryWriter } from './entry-writer.ts'
import { localLeases, takeLease } from './leases.ts'
import { LocalChanges } from './local-changes.ts'
import { checkReadable, markOf, recordOf, validMark } from './readable-entries.ts'
import type { OnCorrupt } from './readable-entries.ts'
import { sharedChanges } from './shared-changes.ts'
import {
  checkedLimits,
  checkedOperation,
  checkedOperations,
  checkedSignal,
  checkKey,
  copyPublication,
  deleteNames,
  putNames,
  touchNames
} from './store-arguments.ts'
import type { StoreLimits } from './store-arguments.ts'
import { closedError } from './store-errors.ts'
import { StoreSpace } from './store-space.ts'
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

/** Records that are copied in one piece. */
const copiedTogether = 256

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

/** Checks arguments and the closed state, and passes calls to the parts that read, scan, write, remove and count entries. */
class RuleStore implements RecordStore {
  readonly capabilities: StoreCapabilities
  readonly #backend: StoreBackend
  readonly #clock: Clock
  readonly #limits: StoreLimits
  readonly #calls: BackendCalls
  readonly #onCorrupt: OnCorrupt
  readonly #scans: EntryScans
  readonly #changes = new LocalChanges()
  readonly #operationParts: OperationParts
  readonly #removals: EntryRemovals
  readonly #counter: EntryCounter
  readonly #lease: NonNullable<StoreBackend['lease']>
  #closed: Promise<void> | undefined

  constructor(backend: StoreBackend, options: StoreOptions) {
    const { clock = systemClock, setTimer = systemTimer, random = Math.random } = options
    const capabilities = Object.freeze({ ...backend.capabilities })
    this.capabilities = capabilities
    this.#backend = backend
    this.#clock = clock
    this.#limits = checkedLimits(options.limits)
    const calls = new BackendCalls(backend, checkDuration(options.timeout, 'timeout', 30_000), options.setTimer)
    this.#calls = calls
    this.#onCorrupt = options.onCorrupt
    this.#scans = new EntryScans(backend, calls, () => this.#checkOpen())
    const writer: EntryWriter = new EntryWriter({
      backend,
      calls,
      space: () => space,
      changes: this.#changes,
      clock,
      setTimer,
      random,
      onChange: () => void this.#counter.learn()
    })
    this.#removals = new EntryRemovals(backend, calls, writer, clock)
    const bounds = checkedBounds(options)
    const space = new StoreSpace(bounds, backend, (work) => calls.now(work), this.#removals)
    this.#counter = new EntryCounter({ capabilities, calls, writer, space, scans: this.#scans, clock })
    this.#operationParts = { writer, calls, space, bounds }
    this.#lease = backend.lease?.bind(backend) ?? localLeases(clock)
  }

  async get(key: Uint8Array, options?: AbortOptions): Promise<StoredRecord | undefined> {
    const [entry] = await this.#read([key], options)
    return recordOf(entry, this.#onCorrupt, this.#clock())
  }

  async has(key: Uint8Array, options?: AbortOptions): Promise<boolean> {
    return (await this.get(key, options)) !== undefined
  }

  async getMany(keys: readonly Uint8Array[], options?: AbortOptions): Promise<(StoredRecord | undefined)[]> {
    const entries = await this.#read(keys, options)
    const now = this.#clock()
    const records: (StoredRecord | undefined)[] = []
    const copy = (start: number, end: number): void => {
      for (let index = start; index < end; index++) records.push(recordOf(entries[index], this.#onCorrupt, now))
    }
    if (entries.length <= copiedTogether) copy(0, entries.length)
    else await inPieces(entries.length, copiedTogether, copy)
    return records
  }

  async mark(key: Uint8Array, options?: AbortOptions): Promise<HighWaterMark | undefined> {
    const [entry] = await this.#read([key], options)
    checkReadable(entry, this.#onCorrupt)
    const now = this.#clock()
    return entry && validMark(markOf(entry, now), now)
  }

  async publication(key: Uint8Array, options?: AbortOptions): Promise<Publication | undefined> {
    const [entry] = await this.#read([key], options)
    checkReadable(entry, this.#onCorrupt)
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
    return applyOperations(this.#operationParts, checkedOperations(operations, this.#limits), signal)
  }

  iterate(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<StoredRecord> {
    const expired = query?.expired
    return this.#scans.scan('records', query, options, (entry) =>
      recordOf(entry, this.#onCorrupt, this.#clock(), expired)
    )
  }

  marks(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<HighWaterMark> {
    return this.#scans.scan('marks', query, options, (entry) => {
      if (entry.mark === undefined) checkReadable(entry, this.#onCorrupt)
      return validMark(entry.mark, this.#clock())
    })
  }

  publications(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<Publication> {
    return this.#scans.scan('publications', query, options, (entry) => {
      if (entry.publication === undefined) checkReadable(entry, this.#onCorrupt)
      return entry.publication && copyPublication(entry.publication)
    })
  }

  async sweep(options: AbortOptions & { readonly limit?: number | undefined } = {}): Promise<number> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    const limit = checkCount(options.limit, 'limit', Number.POSITIVE_INFINITY, 0)
    await raceAbort(this.#counter.learnAgain(), signal)
    return this.#removals.sweep(limit, signal)
  }

  async stats(options?: AbortOptions): Promise<StoreStats> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    const { entries, bytes, marks, publications } = await this.#calls.io(() => this.#backend.stats(), signal)
    return { entries, bytes, marks, publications }
  }

  changes(options?: AbortOptions): AsyncIterableIterator<Uint8Array> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    const shared = this.#backend.changes?.bind(this.#backend)
    return shared === undefined ? this.#changes.open(signal) : sharedChanges(shared, this.#changes, signal)
  }

  async lease(name: string, milliseconds: number, options?: AbortOptions): Promise<Lease | undefined> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    const take = async (lease: string, holder: string, time: number): Promise<boolean> => {
      this.#checkOpen()
      return this.#calls.io(() => this.#lease(lease, holder, time), signal)
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
    await this.#scans.end()
    await this.#calls.close()
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
    const entries = this.#calls.read(keys.map((key) => keptCopy(key)))
    return isPromise(entries) ? raceAbort(this.#calls.track(entries), signal) : entries
  }

  #applyOne(operation: StoreOperation, options: AbortOptions): Promise<StoreOperationResult[]> {
    this.#checkOpen()
    const signal = checkedSignal(options)
    return applyOperations(this.#operationParts, [checkedOperation(operation, this.#limits)], signal)
  }
}
