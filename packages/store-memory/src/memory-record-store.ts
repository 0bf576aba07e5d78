import type { AbortOptions, Clock } from '@recordkit/record-types'
import { compareBytes, RecordError, systemClock } from '@recordkit/record-types'
import {
  decidePut,
  higherMark,
  isExpired,
  markFor,
  markLifetime,
  previousMark,
  refreshedRecord,
  satisfies
} from '@recordkit/record-store'
import type {
  DeleteOptions,
  HighWaterMark,
  Lease,
  Publication,
  RecordStore,
  StoreBounds,
  StoreCapabilities,
  StoredRecord,
  StoreLimits,
  StoreOperation,
  StoreOperationResult,
  StorePutOptions,
  StorePutResult,
  StoreQuery,
  StoreStats,
  TouchOptions
} from '@recordkit/record-store'
import {
  boundNames,
  checkedBounds,
  checkedChanges,
  checkedLimits,
  checkedOperation,
  checkedOperations,
  checkedRange,
  checkedSignal,
  checkKey,
  checkRecord,
  closedError,
  copyMark,
  copyPublication,
  copyRecord,
  deleteNames,
  LocalChanges,
  localLeases,
  maxTime,
  noGroup,
  putNames,
  takeLease,
  touchNames,
  withMaxAge
} from '@recordkit/record-store/internal'
import type { CheckedBounds, CheckedRange, PutChanges, RankCondition } from '@recordkit/record-store/internal'
import {
  checkClock,
  checkCount,
  checkOptions,
  fillRandom,
  mapKey,
  nameOf,
  turns
} from '@recordkit/record-types/internal'
import { MemoryEntries } from './memory-entries.ts'
import { MemoryIterator } from './memory-iterator.ts'
import { MemoryMarks } from './memory-marks.ts'
import type { TableRecord } from './record-table.ts'
import { SortedView } from './sorted-view.ts'

type TouchOperation = Extract<StoreOperation, { readonly type: 'touch' }>

/**
 * Options of {@link MemoryRecordStore}. The defaults of `maxRecords` and `maxBytes` are 65,536 and 67,108,864 (64 MiB); marks
 * may use a quarter of `maxBytes` besides.
 */
export interface MemoryRecordStoreOptions extends StoreBounds {
  readonly clock?: Clock | undefined
  /** two secret 32-bit words for the hashes of keys, so that peers cannot choose keys that collide. For tests. @default random */
  readonly hashKey?: Uint32Array | undefined
  /** maximum sizes of keys and values */
  readonly limits?: StoreLimits | undefined
}

const memoryBounds = { maxRecords: 65_536, maxBytes: 67_108_864 } as const

/** Records or marks that a sweep removes in one piece: less than a millisecond. */
const sweepSize = 256

/** Marks may use `maxBytes` divided by this number. */
const markBytesDivisor = 4

/**
 * A bounded store in memory. Put, get and evict take constant time, and logarithmic time for records that expire. An iteration
 * goes through the keys that exist at its start and returns their current records.
 *
 * @example
 * ```ts
 * const store = new MemoryRecordStore({ maxRecords: 10_000, maxRecordsPerAuthor: 100 })
 * await store.close()
 * ```
 */
export class MemoryRecordStore implements RecordStore {
  readonly capabilities: StoreCapabilities = Object.freeze({
    durable: false,
    expiryIndex: true,
    snapshot: false,
    multiProcess: false,
    persistent: false,
    atomicBatch: true
  })
  readonly #publications = new Map<string, Publication>()
  /** the map names of the published keys */
  readonly #sortedPublications = new SortedView<string>({
    all: () => this.#publications.keys(),
    exists: (name) => this.#publications.has(name),
    key: (name) => (this.#publications.get(name) as Publication).key,
    compare: compareBytes
  })
  readonly #changes = new LocalChanges()
  readonly #leases: ReturnType<typeof localLeases>
  #entries: MemoryEntries
  #marks: MemoryMarks
  readonly #clock: Clock
  readonly #limits: StoreLimits
  readonly #bounds: CheckedBounds
  #closed = false

  /**
   * @throws RecordError `INVALID_ARGUMENT` naming the bound that is not a whole number of at least 0; `ALGORITHM_MISSING` without
   * `crypto.getRandomValues` and `hashKey`
   */
  constructor(options: MemoryRecordStoreOptions = {}) {
    checkOptions(options, { ...boundNames, clock: 0, hashKey: 0, limits: 0 })
    checkClock(options.clock)
    const { clock = systemClock, limits, hashKey = fillRandom(new Uint32Array(2), ', or pass hashKey') } = options
    this.#clock = clock
    this.#limits = checkedLimits(limits)
    this.#leases = localLeases(clock)
    this.#bounds = checkedBounds(options, memoryBounds)
    this.#entries = new MemoryEntries(
      this.#bounds,
      hashKey,
      (record, now, group) => this.#leaveMark(markFor(record, now), group),
      (record, now, group) => this.#leaveMark({ ...record, until: now + markLifetime }, group)
    )
    this.#marks = new MemoryMarks(this.#bounds.maxMarks, this.#bounds.maxBytes / markBytesDivisor, hashKey)
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

  async publication(key: Uint8Array, options?: AbortOptions): Promise<Publication | undefined> {
    this.#checkCall(options)
    checkKey(key, this.#limits)
    const publication = this.#publications.get(mapKey(key))
    return publication && copyPublication(publication)
  }

  async put(record: StoredRecord, options: StorePutOptions = {}): Promise<StorePutResult> {
    this.#checkCall(options)
    checkOptions(options, putNames)
    checkRecord(record, this.#limits)
    return this.#put(record, checkedChanges(options, record.key), this.#clock())
  }

  async touch(key: Uint8Array, options: TouchOptions): Promise<boolean> {
    this.#checkCall(options)
    checkOptions(options, touchNames)
    const operation = checkedOperation({ type: 'touch', key, ...options }, this.#limits)
    return this.#touch(operation as TouchOperation, this.#clock())
  }

  async delete(key: Uint8Array, options: DeleteOptions = {}): Promise<boolean> {
    this.#checkCall(options)
    checkOptions(options, deleteNames)
    checkKey(key, this.#limits)
    return this.#delete(key, checkedChanges({ ifRank: options.ifRank }, key), this.#clock())
  }

  async batch(operations: readonly StoreOperation[], options?: AbortOptions): Promise<StoreOperationResult[]> {
    this.#checkCall(options)
    const checked = checkedOperations(operations, this.#limits)
    const now = this.#clock()
    return checked.map((operation) => {
      if (operation.type === 'put') return this.#put(operation.record, operation, now)
      if (operation.type === 'touch') return { touched: this.#touch(operation, now) }
      return { deleted: this.#delete(operation.key, operation, now) }
    })
  }

  iterate(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<StoredRecord> {
    return this.#iterate(query, options, {
      prepare: (signal) => this.#entries.prepareOrder(signal),
      start: (range) => this.#records(range, query?.expired)
    })
  }

  marks(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<HighWaterMark> {
    return this.#iterate(query, options, {
      prepare: (signal) => this.#marks.prepareOrder(signal),
      start: (range) => this.#liveMarks(range)
    })
  }

  publications(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<Publication> {
    return this.#iterate(query, options, {
      prepare: (signal) => this.#sortedPublications.prepare(signal),
      start: (range) => this.#publicationsWithin(range)
    })
  }

  changes(options?: AbortOptions): AsyncIterableIterator<Uint8Array> {
    this.#checkCall(options)
    return this.#changes.open(options?.signal)
  }

  async lease(name: string, milliseconds: number, options?: AbortOptions): Promise<Lease | undefined> {
    this.#checkCall(options)
    const take = async (lease: string, holder: string, time: number): Promise<boolean> => {
      this.#checkOpen()
      return this.#leases(lease, holder, time)
    }
    return takeLease(take, name, milliseconds)
  }

  async sweep(options: AbortOptions & { readonly limit?: number | undefined } = {}): Promise<number> {
    this.#checkCall(options)
    const limit = checkCount(options.limit, 'limit', Number.POSITIVE_INFINITY, 0)
    let swept = 0
    await this.#inPieces(options, (now) => {
      const size = Math.min(sweepSize, limit - swept)
      const removed = this.#entries.sweep(now, size)
      swept += removed
      return removed === size && swept < limit
    })
    await this.#inPieces(options, (now) => this.#marks.sweep(now, sweepSize) === sweepSize)
    return swept
  }

  /** Repeats a piece of work while it returns `true`, and lets other tasks run in between. */
  async #inPieces(options: AbortOptions, work: (now: bigint) => boolean): Promise<void> {
    let isDone = false
    while (!isDone) {
      const wait = turns.wait(options.signal)
      if (wait !== undefined) await wait
      this.#checkCall(options)
      isDone = !work(this.#clock())
    }
  }

  async stats(options?: AbortOptions): Promise<StoreStats> {
    this.#checkCall(options)
    const { count: entries, bytes } = this.#entries
    return { entries, bytes, marks: this.#marks.size, publications: this.#publications.size }
  }

  async close(): Promise<void> {
    this.#closed = true
    // release the data
    this.#entries = new MemoryEntries(
      checkedBounds({}, memoryBounds),
      new Uint32Array(2),
      () => {},
      () => {}
    )
    this.#marks = new MemoryMarks(0, 0, new Uint32Array(2))
    this.#publications.clear()
    this.#changes.close()
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

  #put(record: StoredRecord, { ifRank, publication, completes, group }: PutChanges, now: bigint): StorePutResult {
    const { key } = record
    const hash = this.#entries.hash(key)
    const slot = this.#entries.find(key, hash)
    const before = slot < 0 ? undefined : this.#entries.view(slot)
    const mark = this.#marks.get(key, hash)
    const result = copyResult(decidePut(before, mark, record, now, ifRank))
    const { status } = result
    if (status !== 'stored' && status !== 'refreshed') return result
    const published = publication === undefined ? this.#isPublished(key) : publication !== null
    const sent = group ?? record.sender ?? noGroup
    const sentName = mapKey(sent)
    const incoming = withMaxAge(saturated(record), published, this.#bounds)
    if (status === 'stored') {
      const markToKeep = previousMark(before, mark, record, now)
      const markGroup = markToKeep === undefined || slot < 0 ? undefined : this.#entries.groupOf(slot)
      if (!this.#entries.put(slot, withPublished(incoming, published), sent, sentName, hash, now))
        return { ...result, status: 'quota' }
      if (markToKeep !== undefined) this.#marks.set(markToKeep, hash, published ? undefined : (markGroup ?? sentName))
      else this.#marks.delete(key, hash)
    } else if (before !== undefined) {
      const refreshed = refreshedRecord(before, incoming, completes)
      if (refreshed.value !== before.value) {
        // a copy: other records may be evicted, which moves the bytes under a view
        const completed = { ...copyRecord(refreshed), published }
        if (!this.#entries.put(slot, completed, this.#entries.groupBytes(slot), this.#entries.groupOf(slot), hash, now))
          return { ...result, status: 'quota' }
      } else {
        const isMoved = sentName !== this.#entries.groupOf(slot)
        if (refreshed === before && published === (before.published === true) && !isMoved && publication === undefined)
          return result
        const received = { record: incoming, group: sent, groupName: sentName }
        if (!this.#entries.refresh(slot, withPublished(refreshed, published), received, now))
          return { ...result, status: 'quota' }
      }
    }
    this.#setPublication(key, hash, publication)
    this.#changes.notify(key)
    return result
  }

  #touch({ key, ifRank, timeReceived, expires, publication }: TouchOperation, now: bigint): boolean {
    const hash = this.#entries.hash(key)
    const slot = this.#entries.find(key, hash)
    const record = slot < 0 ? undefined : this.#entries.view(slot)
    const valid = record === undefined || isExpired(record, now) ? undefined : record
    if (valid === undefined && !this.#isPublished(key)) return false
    if (!satisfies(record, ifRank, now)) return false
    if (record !== undefined) {
      const published = publication === undefined ? record.published : publication !== null
      const times =
        valid === undefined
          ? {}
          : { timeReceived: timeReceived ?? record.timeReceived, expires: expires ?? record.expires }
      if (!this.#entries.refresh(slot, { ...record, ...times, published }, undefined, now))
        throw new RecordError('QUOTA', 'the published records use nine tenths of the store; nothing was changed')
    }
    this.#setPublication(key, hash, publication)
    this.#changes.notify(key)
    return true
  }

  #delete(key: Uint8Array, { ifRank }: RankCondition, now: bigint): boolean {
    const slot = this.#find(key)
    const record = slot < 0 ? undefined : this.#entries.view(slot)
    const valid = record !== undefined && !isExpired(record, now)
    if ((!valid && !this.#isPublished(key)) || !satisfies(record, ifRank, now)) return false
    // its mark is no longer protected
    if (this.#isPublished(key)) this.#setPublication(key, this.#entries.hash(key), null)
    if (slot >= 0) this.#entries.remove(slot, now)
    this.#changes.notify(key)
    return true
  }

  #isPublished(key: Uint8Array): boolean {
    return this.#publications.size > 0 && this.#publications.has(mapKey(key))
  }

  #setPublication(key: Uint8Array, hash: number, publication: Publication | null | undefined): void {
    if (publication === undefined) return
    const name = mapKey(key)
    if (publication === null) {
      if (this.#publications.delete(name)) this.#sortedPublications.delete()
    } else {
      if (!this.#publications.has(name)) this.#sortedPublications.add(name)
      this.#publications.set(name, publication)
    }
    this.#marks.setPublished(key, hash, publication !== null)
  }

  #leaveMark({ key, rank, until }: HighWaterMark, group: string): void {
    const hash = this.#entries.hash(key)
    const mark = higherMark(this.#marks.get(key, hash), { key, rank, until })
    this.#marks.set(mark, hash, this.#isPublished(key) ? undefined : group)
  }

  *#records(range: CheckedRange, expired = false): Generator<StoredRecord, undefined> {
    for (const slot of this.#entries.within(range)) {
      if (expired || !this.#entries.isExpired(slot, this.#clock())) yield this.#entries.copy(slot)
    }
    return undefined
  }

  *#liveMarks(range: CheckedRange): Generator<HighWaterMark, undefined> {
    for (const mark of this.#marks.within(range)) if (this.#clock() <= mark.until) yield copyMark(mark)
    return undefined
  }

  *#publicationsWithin(range: CheckedRange): Generator<Publication, undefined> {
    for (const name of this.#sortedPublications.within(range))
      yield copyPublication(this.#publications.get(name) as Publication)
    return undefined
  }

  #iterate<Item>(
    query: StoreQuery | undefined,
    options: AbortOptions | undefined,
    { prepare, start }: OrderedItems<Item>
  ): AsyncIterableIterator<Item> {
    let range: CheckedRange | undefined
    let argumentError: unknown
    try {
      range = checkedRange(query)
    } catch (error) {
      argumentError = error
    }
    const signal = options?.signal
    const source = {
      prepare: () => prepare(signal),
      start: () => {
        if (range === undefined) throw argumentError
        return start(range)
      },
      check: () => this.#checkCall(options),
      signal
    }
    return new MemoryIterator<Item>(source, range?.limit ?? 0)
  }
}

interface OrderedItems<Item> {
  readonly prepare: (signal: AbortSignal | undefined) => Promise<void> | undefined
  readonly start: (range: CheckedRange) => Iterator<Item, undefined>
}

function copyResult(result: StorePutResult): StorePutResult {
  const { status, previous, mark } = result
  if (previous === undefined && mark === undefined) return result
  return { status, previous: previous && copyRecord(previous), mark: mark && copyMark(mark) }
}

/** Most records are not published: they need no copy. */
function withPublished(record: TableRecord, published: boolean): TableRecord {
  return published === (record.published === true) ? record : { ...record, published }
}

/** The record with times that fit into 64 bits. */
function saturated(record: StoredRecord): StoredRecord {
  const { timeReceived, expires } = record
  if (timeReceived <= maxTime && (expires === undefined || expires <= maxTime)) return record
  const fitting = (time: bigint): bigint => (time > maxTime ? maxTime : time)
  return {
    ...record,
    timeReceived: fitting(timeReceived),
    expires: expires === undefined ? undefined : fitting(expires)
  }
}
