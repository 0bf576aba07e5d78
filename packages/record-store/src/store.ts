import type { AbortOptions, PeerId } from '@recordkit/record-types'

/** What is kept under a key. */
export interface StoredRecord {
  /** any bytes, at least one, at most 1 KiB by default */
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** at most 64 bytes; at equal rank the larger value bytes win */
  readonly rank: Uint8Array
  /** ns since the Unix epoch; stamped by whoever received it, which is us */
  readonly timeReceived: bigint
  /** ns; the last instant at which the record is returned; absent: it does not expire */
  readonly expires?: bigint | undefined
  /** sha2-256 of the value, when the writer has it: it goes into the mark */
  readonly digest?: Uint8Array | undefined
  /** who signed it: for quotas per author */
  readonly author?: PeerId | undefined
  /** who handed it to us: for quotas per sender */
  readonly sender?: PeerId | undefined
  /** a record we publish ourselves: never evicted for someone else's */
  readonly local?: boolean | undefined
  /** ns; when the network last had enough copies of a local record, so that a restart goes on with its schedule */
  readonly published?: bigint | undefined
}

/** What stays when a record has left: a lower rank never comes back. */
export interface HighWaterMark {
  readonly key: Uint8Array
  readonly rank: Uint8Array
  /** sha2-256 of the value that held this rank, when it was known */
  readonly digest?: Uint8Array | undefined
  /** ns; until then the mark is kept, quota permitting */
  readonly until: bigint
}

/**
 * What became of a put. `stored`: it is what the store holds now. `refreshed`: the very same value was held, its
 * times moved. `stale`: it ranks below what is held, or below the mark. `quota`: there was no room.
 */
export type PutStatus = 'stored' | 'refreshed' | 'stale' | 'quota'

export interface StorePutResult {
  readonly status: PutStatus
  /** the record that was held and is replaced, refreshed, or stands in the way */
  readonly previous?: StoredRecord | undefined
  /** a different value at the very same rank that this put displaced or met: evidence of an equivocation */
  readonly conflict?: StoredRecord | undefined
  /** the mark that this put ranked below */
  readonly mark?: HighWaterMark | undefined
}

/** What a store is able to do; the conformance kit skips, and names, what it is not. */
export interface StoreCapabilities {
  /** an acknowledged put is there after a power cut */
  readonly durable: boolean
  /** a sweep costs what has expired, not what is stored */
  readonly expiryIndex: boolean
  /** an iteration shows the state at its start, whatever is written during it */
  readonly snapshot: boolean
  /** several processes may open it at once, and puts stay atomic */
  readonly multiProcess: boolean
  /** the data is there after close and reopen */
  readonly persistent: boolean
}

/** Which records, in byte order of their keys. */
export interface StoreQuery {
  /** only keys that begin with these bytes */
  readonly prefix?: Uint8Array | undefined
  /** inclusive lower bound */
  readonly start?: Uint8Array | undefined
  /** exclusive upper bound */
  readonly end?: Uint8Array | undefined
  readonly reverse?: boolean | undefined
  /** at most this many */
  readonly limit?: number | undefined
  /** go on behind this key, in the direction asked for: the last key of the page before */
  readonly after?: Uint8Array | undefined
}

export interface DeleteOptions extends AbortOptions {
  /** delete only if this very value is still what is held */
  readonly ifValue?: Uint8Array | undefined
}

export type StoreOperation =
  | { readonly type: 'put'; readonly record: StoredRecord }
  | { readonly type: 'delete'; readonly key: Uint8Array; readonly ifValue?: Uint8Array | undefined }

/** One result an operation, in their order: of a put its result, of a delete whether something was deleted. */
export type StoreOperationResult = StorePutResult | { readonly deleted: boolean }

export interface StoreStats {
  /** records held, expired ones that no sweep has met included */
  readonly entries: number
  /** their bytes: keys, values and ranks */
  readonly bytes: number
  readonly marks: number
}

/**
 * Keeps records. Copies in and copies out; atomic under any number of writers; a put never replaces a higher record by
 * a lower one, and never goes below a mark, whoever calls. Expired records are not returned, swept or not.
 *
 * Every method rejects with `STORE_CLOSED` after close, `INVALID_ARGUMENT` for arguments of the wrong type or size,
 * `STORE_IO` (with its `cause`) when the medium fails, and with the signal's own reason when it is aborted; in each
 * case the store is unchanged.
 */
export interface RecordStore extends AsyncDisposable {
  readonly capabilities: StoreCapabilities
  get(key: Uint8Array, options?: AbortOptions): Promise<StoredRecord | undefined>
  has(key: Uint8Array, options?: AbortOptions): Promise<boolean>
  /** As many answers as keys, in their order. */
  getMany(keys: readonly Uint8Array[], options?: AbortOptions): Promise<(StoredRecord | undefined)[]>
  put(record: StoredRecord, options?: AbortOptions): Promise<StorePutResult>
  /** Takes the record away; its mark stays. Answers whether there was one (and it was the one named). */
  delete(key: Uint8Array, options?: DeleteOptions): Promise<boolean>
  /** All of it or nothing; a later operation sees the earlier ones. A stale put is an outcome, not a failure. */
  batch(operations: readonly StoreOperation[], options?: AbortOptions): Promise<StoreOperationResult[]>
  iterate(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<StoredRecord>
  mark(key: Uint8Array, options?: AbortOptions): Promise<HighWaterMark | undefined>
  marks(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<HighWaterMark>
  /** Removes what has expired, oldest first, and marks past their time; answers how many records went. */
  sweep(options?: AbortOptions & { readonly limit?: number | undefined }): Promise<number>
  stats(options?: AbortOptions): Promise<StoreStats>
  /** Ends what runs and releases what is held. Twice is fine. */
  close(): Promise<void>
}
