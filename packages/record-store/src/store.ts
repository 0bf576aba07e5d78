import type { AbortOptions, PeerId } from '@recordkit/record-types'

/** A record in a store. */
export interface StoredRecord {
  /** at least one byte, at most 1 KiB by default; need not be text */
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** at most 64 bytes; of two values with equal rank the larger one wins */
  readonly rank: Uint8Array
  /** ns since the Unix epoch; when this node received the record */
  readonly timeReceived: bigint
  /** ns since the Unix epoch; the last instant at which the record is returned. `undefined`: it does not expire. */
  readonly expires?: bigint | undefined
  /** sha2-256 of the value, if known; it is kept in the mark */
  readonly digest?: Uint8Array | undefined
  /** who signed the record; for quotas per author */
  readonly author?: PeerId | undefined
  /** the peer that sent the record; for quotas per sender */
  readonly sender?: PeerId | undefined
  /** set on a record that this node publishes: it is never evicted to make space for a record of another author */
  readonly local?: boolean | undefined
  /** ns since the Unix epoch; when enough peers last acknowledged a local record, so that a restart continues its schedule */
  readonly published?: bigint | undefined
}

/** The highest rank seen under a key, kept when the record is removed: lower ranks are refused. */
export interface HighWaterMark {
  readonly key: Uint8Array
  readonly rank: Uint8Array
  /** sha2-256 of the value with this rank, if it was known */
  readonly digest?: Uint8Array | undefined
  /** ns since the Unix epoch; the mark is kept up to this instant, unless there are too many marks */
  readonly until: bigint
}

/**
 * The result of a put.
 *
 * - `stored`: the store now contains the record
 * - `refreshed`: the store contained the same value; its times were updated
 * - `stale`: the record ranks below the stored record or below the mark
 * - `quota`: the store is full and may not evict other records for this one
 */
export type PutStatus = 'stored' | 'refreshed' | 'stale' | 'quota'

/** The result of {@link RecordStore.put}. */
export interface StorePutResult {
  readonly status: PutStatus
  /** the record that was stored before: now replaced or refreshed, or the reason for `stale` */
  readonly previous?: StoredRecord | undefined
  /** a record with a different value at the same rank: evidence of equivocation by the author */
  readonly conflict?: StoredRecord | undefined
  /** the mark that the record ranks below */
  readonly mark?: HighWaterMark | undefined
}

/** What a store can do. The conformance kit skips the cases that need more, and reports them as skipped. */
export interface StoreCapabilities {
  /** acknowledged puts survive a power failure */
  readonly durable: boolean
  /** the cost of a sweep depends on the number of expired records, not on the number of stored records */
  readonly expiryIndex: boolean
  /** an iteration shows the state at its start, independent of later writes */
  readonly snapshot: boolean
  /** several processes may open the store at the same time, and puts stay atomic */
  readonly multiProcess: boolean
  /** the data is kept when the store is closed and opened again */
  readonly persistent: boolean
}

/** Selects records or marks, in byte order of their keys. */
export interface StoreQuery {
  /** only keys that begin with these bytes */
  readonly prefix?: Uint8Array | undefined
  /** inclusive lower bound */
  readonly start?: Uint8Array | undefined
  /** exclusive upper bound */
  readonly end?: Uint8Array | undefined
  /** from the last key to the first. @default false */
  readonly reverse?: boolean | undefined
  /** maximum number of results. @default unlimited */
  readonly limit?: number | undefined
  /** the last key of the previous page: the query continues after it, in its direction */
  readonly after?: Uint8Array | undefined
}

/** Options of {@link RecordStore.delete}. */
export interface DeleteOptions extends AbortOptions {
  /** deletes the record only if this is its current value */
  readonly ifValue?: Uint8Array | undefined
}

/** One operation of {@link RecordStore.batch}. */
export type StoreOperation =
  | { readonly type: 'put'; readonly record: StoredRecord }
  | { readonly type: 'delete'; readonly key: Uint8Array; readonly ifValue?: Uint8Array | undefined }

/** The result of one operation of a batch: of a put its result, of a delete whether a record was deleted. */
export type StoreOperationResult = StorePutResult | { readonly deleted: boolean }

/** The result of {@link RecordStore.stats}. */
export interface StoreStats {
  /** number of stored records, including expired ones that were not swept yet */
  readonly entries: number
  /** total bytes of their keys, values and ranks */
  readonly bytes: number
  /** number of marks */
  readonly marks: number
}

/**
 * Stores records. All bytes are copied on the way in and out. Puts are atomic under any number of concurrent writers, never
 * replace a record by a lower one, and never store a record that ranks below an unexpired mark. Expired records are not
 * returned, whether they were swept or not.
 *
 * Every method rejects with `STORE_CLOSED` after `close`, `INVALID_ARGUMENT` for arguments of the wrong type or size,
 * `STORE_IO` (with its `cause`) when the storage fails, and the signal's own reason when it is aborted. In each case the store
 * is unchanged.
 *
 * @example
 * ```ts
 * const { status } = await store.put({ key, value, rank: Uint8Array.of(1), timeReceived: systemClock() })
 * const record = await store.get(key)
 * ```
 */
export interface RecordStore extends AsyncDisposable {
  readonly capabilities: StoreCapabilities
  get(key: Uint8Array, options?: AbortOptions): Promise<StoredRecord | undefined>
  has(key: Uint8Array, options?: AbortOptions): Promise<boolean>
  /** Returns as many results as keys, in their order. */
  getMany(keys: readonly Uint8Array[], options?: AbortOptions): Promise<(StoredRecord | undefined)[]>
  put(record: StoredRecord, options?: AbortOptions): Promise<StorePutResult>
  /** Deletes a record and keeps its mark. Returns whether a record was deleted. */
  delete(key: Uint8Array, options?: DeleteOptions): Promise<boolean>
  /** Applies all operations or none. Later operations see earlier ones. A stale put is a result and does not fail the batch. */
  batch(operations: readonly StoreOperation[], options?: AbortOptions): Promise<StoreOperationResult[]>
  /** Iterates over unexpired records. */
  iterate(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<StoredRecord>
  /** The mark of a key that has no unexpired record. */
  mark(key: Uint8Array, options?: AbortOptions): Promise<HighWaterMark | undefined>
  /** Iterates over marks. */
  marks(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<HighWaterMark>
  /** Removes expired records, earliest first, and marks whose time is over. Returns the number of removed records. */
  sweep(options?: AbortOptions & { readonly limit?: number | undefined }): Promise<number>
  stats(options?: AbortOptions): Promise<StoreStats>
  /** Waits for running calls and releases all resources. May be called repeatedly. */
  close(): Promise<void>
}
