// declares `AsyncDisposable` for programs with an older `lib`
/// <reference lib="esnext.disposable" preserve="true" />
import type { AbortOptions, PeerId } from '@recordkit/record-types'

/** A record as a store keeps it. */
export interface StoredRecord {
  /** any bytes, at least one, at most 1 KiB by default */
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** order ‖ identity, 32 to 63 bytes: equal ranks are the same record, and the higher rank replaces the lower one */
  readonly rank: Uint8Array
  /** ns since the Unix epoch; when this node last received it */
  readonly timeReceived: bigint
  /** ns; the last instant at which the record is returned; `undefined`: it does not expire */
  readonly expires?: bigint | undefined
  /** the peer that signed it */
  readonly author?: PeerId | undefined
  /** the peer that sent it first, or its author once the author has sent it */
  readonly sender?: PeerId | undefined
}

/** What stays when a record is gone: a lower rank is not accepted any more. */
export interface HighWaterMark {
  readonly key: Uint8Array
  readonly rank: Uint8Array
  /** ns; the mark is kept until then, space permitting */
  readonly until: bigint
}

/**
 * That this node publishes a key, and how. It is kept in the entry of the key, beside record and mark, so that one write
 * changes all three, and outlives the record. While it is there, a record that has expired is kept too: hidden, except from
 * `iterate` with `expired`. Only the application writes it.
 */
export interface Publication {
  readonly key: Uint8Array
  /** peer ID of the key that signs the records; `undefined`: they are republished unchanged */
  readonly signer?: PeerId | undefined
  /** ns; lifetime of each record */
  readonly lifetime?: bigint | undefined
  /** ns; how long readers may cache each record */
  readonly ttl?: bigint | undefined
  /** options of the namespace, in its own encoding */
  readonly options?: Uint8Array | undefined
  /** whether peers receive the records: `false` for what was put offline */
  readonly network: boolean
  /** ns since the Unix epoch; when the network last had enough copies */
  readonly published?: bigint | undefined
}

/**
 * The status of a put. `stored`: the store contains the record now. `refreshed`: it contained the same record, whose times
 * may have moved, and whose value was replaced only as `completes` says. `stale`: the record ranks below the stored one, or below the mark. `conflict`: `ifRank` is not the rank
 * of the stored record. `quota`: there is no space for it.
 */
export type PutStatus = 'stored' | 'refreshed' | 'stale' | 'conflict' | 'quota'

export interface StorePutResult {
  readonly status: PutStatus
  /** the record that is replaced or refreshed, or prevents the put */
  readonly previous?: StoredRecord | undefined
  /** the mark that the record ranks below */
  readonly mark?: HighWaterMark | undefined
}

/** What a store can do. The conformance kit skips, and names, what it cannot. */
export interface StoreCapabilities {
  /** an acknowledged write survives a power cut */
  readonly durable: boolean
  /** the cost of a sweep depends on what has expired, not on what is stored */
  readonly expiryIndex: boolean
  /** an iteration shows the state at its start, whatever is written meanwhile */
  readonly snapshot: boolean
  /** several processes may open the same data, and puts stay atomic */
  readonly multiProcess: boolean
  /** the data survives close and reopen */
  readonly persistent: boolean
  /** one write of several keys is all or nothing */
  readonly atomicBatch: boolean
}

/** Which entries, in byte order of their keys. */
export interface StoreQuery {
  /** only keys that begin with these bytes */
  readonly prefix?: Uint8Array | undefined
  /** inclusive lower bound */
  readonly start?: Uint8Array | undefined
  /** exclusive upper bound */
  readonly end?: Uint8Array | undefined
  readonly reverse?: boolean | undefined
  /** maximum number of entries */
  readonly limit?: number | undefined
  /** continue after this key, in the requested direction: the last key of the previous page */
  readonly after?: Uint8Array | undefined
  /** of `iterate`: also the expired records that were not swept yet. @default false */
  readonly expired?: boolean | undefined
}

/** A condition on the stored record: its rank, or `null` when no valid record may be stored. */
export interface RankCondition {
  readonly ifRank?: Uint8Array | null | undefined
}

/** What a put changes besides the record. */
export interface PutChanges extends RankCondition {
  /**
   * the stored value that the value of the record completes: the stored record gets the new value if it has the same rank and
   * still this value. @default a record of the same rank keeps its value
   */
  readonly completes?: Uint8Array | undefined
  /** written together with the record, if that is stored or refreshed; `null` removes the publication */
  readonly publication?: Publication | null | undefined
  /**
   * the group of senders that the record counts towards when space is short: bytes that name the /24 or /48 of the sender's
   * address. @default the sender of the record
   */
  readonly group?: Uint8Array | undefined
}

/** What a touch changes. A field that is `undefined` stays as it is. */
export interface TouchChanges extends RankCondition {
  readonly timeReceived?: bigint | undefined
  readonly expires?: bigint | undefined
  /** `null` removes the publication */
  readonly publication?: Publication | null | undefined
}

export interface StorePutOptions extends AbortOptions, PutChanges {}
export interface TouchOptions extends AbortOptions, TouchChanges {}
export interface DeleteOptions extends AbortOptions, RankCondition {}

export type StoreOperation =
  | ({ readonly type: 'put'; readonly record: StoredRecord } & PutChanges)
  | ({ readonly type: 'touch'; readonly key: Uint8Array } & TouchChanges)
  | ({ readonly type: 'delete'; readonly key: Uint8Array } & RankCondition)

/** The result of one operation: of a put its result, of a touch or delete whether it changed something. */
export type StoreOperationResult = StorePutResult | { readonly touched: boolean } | { readonly deleted: boolean }

export interface StoreStats {
  /** stored records, including expired ones that were not swept yet */
  readonly entries: number
  /** bytes of their keys, values and ranks */
  readonly bytes: number
  readonly marks: number
  readonly publications: number
}

/** The right to do something that only one process should do at a time. Nothing but cost may depend on it. */
export interface Lease {
  readonly name: string
  /** Extends the lease. Resolves to whether this holder has it now: `false` once another has taken it. */
  renew(milliseconds: number): Promise<boolean>
  release(): Promise<void>
}

/**
 * Keeps records. It copies what it receives and returns, and is atomic under any number of writers: a put never replaces a
 * higher record with a lower one, and is never accepted below a mark. Expired records are not returned, swept or not. Returned
 * records share memory with each other: to transfer bytes to a worker, transfer a copy of them.
 *
 * Every method rejects with `STORE_CLOSED` after close, `INVALID_ARGUMENT` for arguments of the wrong type or size,
 * `STORE_IO` or `TIMEOUT` when the medium fails or does not answer, `STORE_NEWER_FORMAT` for an entry that a newer version
 * wrote, and the reason of the signal when it aborts: in each case nothing was changed. `STORE_UNKNOWN`: the write may or may
 * not have happened; repeat the same call to find out.
 */
export interface RecordStore extends AsyncDisposable {
  readonly capabilities: StoreCapabilities
  get(key: Uint8Array, options?: AbortOptions): Promise<StoredRecord | undefined>
  has(key: Uint8Array, options?: AbortOptions): Promise<boolean>
  /** As many results as keys, in the same order. */
  getMany(keys: readonly Uint8Array[], options?: AbortOptions): Promise<(StoredRecord | undefined)[]>
  /** The tests come in this order: the same record is `refreshed`, `ifRank` is a `conflict`, then the mark and the rank. */
  put(record: StoredRecord, options?: StorePutOptions): Promise<StorePutResult>
  /**
   * Changes the times or the publication of an entry that has a valid record or a publication. Never creates one.
   *
   * @returns whether there was such an entry, and its record had the rank `ifRank`
   */
  touch(key: Uint8Array, options: TouchOptions): Promise<boolean>
  /**
   * Deletes the record and the publication of a key; the mark stays.
   *
   * @returns whether there was a valid record (of the rank `ifRank`) or a publication
   */
  delete(key: Uint8Array, options?: DeleteOptions): Promise<boolean>
  /** All operations or none, where the store declares `atomicBatch`; later ones see the results of earlier ones. */
  batch(operations: readonly StoreOperation[], options?: AbortOptions): Promise<StoreOperationResult[]>
  iterate(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<StoredRecord>
  mark(key: Uint8Array, options?: AbortOptions): Promise<HighWaterMark | undefined>
  marks(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<HighWaterMark>
  publication(key: Uint8Array, options?: AbortOptions): Promise<Publication | undefined>
  publications(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<Publication>
  /**
   * Removes expired records without a publication, oldest first, and marks past their time.
   *
   * @returns the number of removed records
   */
  sweep(options?: AbortOptions & { readonly limit?: number | undefined }): Promise<number>
  stats(options?: AbortOptions): Promise<StoreStats>
  /**
   * The keys that change from the first step of the iteration on, by any process that shares the store. Ends with the signal
   * and with the store.
   */
  changes(options?: AbortOptions): AsyncIterableIterator<Uint8Array>
  /**
   * Takes a lease among all processes that share the store.
   *
   * @returns `undefined` while another holder has it
   */
  lease(name: string, milliseconds: number, options?: AbortOptions): Promise<Lease | undefined>
  /** Ends what is running and releases what is held. May be called twice. */
  close(): Promise<void>
}
