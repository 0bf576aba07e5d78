import type { AbortOptions, MaybePromise, RecordError } from '@recordkit/record-types'
import type { StoreAccounts } from './accounts.ts'
import type { HighWaterMark, Publication, StoreCapabilities, StoredRecord, StoreQuery, StoreStats } from './store.ts'

/** What is kept under one key. */
export interface EntryContent {
  readonly record?: StoredRecord | undefined
  readonly mark?: HighWaterMark | undefined
  readonly publication?: Publication | undefined
  /** what the record counts towards; `undefined`: no group, since time 0 */
  readonly recordShare?: Share | undefined
  /** what the mark counts towards */
  readonly markShare?: Share | undefined
}

/** What a record or a mark counts towards when space is short. Chosen by the store, and kept in the entry. */
export interface Share {
  /** a group of senders: their /24, /48 or peer ID; empty for what the application put */
  readonly group: Uint8Array
  /** ns since the Unix epoch; when the key had its first record from this group, or the mark was set */
  readonly since: bigint
}

/** What a backend read under one key. */
export interface StoreEntry extends EntryContent {
  /**
   * Identifies this state of the entry for {@link StoreBackend.write}: its bytes, or a number that every write changes.
   * `undefined` for a key without an entry. Only the backend looks at it.
   */
  readonly version?: unknown
  /** why the entry, or a part of it, cannot be decoded */
  readonly corrupt?: Error | undefined
  /** the error for an entry that a newer version wrote: it is never changed */
  readonly newer?: RecordError<'STORE_NEWER_FORMAT'> | undefined
}

/** What a key contained when it was read, and what it should contain. An empty `next` removes the entry. */
export interface StoreChange {
  readonly key: Uint8Array
  readonly previous: StoreEntry
  readonly next: EntryContent
}

/** An iteration that has read more than one entry: those are taken without a promise for each. */
export interface BufferedEntries extends AsyncIterableIterator<StoreEntry, undefined> {
  /** the next entry, if it was read already; `undefined`: call `next` */
  takeRead(): StoreEntry | undefined
}

export type EntryKind = 'records' | 'marks' | 'publications'

/**
 * What the author of a store writes: input and output, and nothing else. `createStore` makes a `RecordStore` of it and adds
 * the rules (order, marks, expiry), argument checks, copies, locks, signals, timeouts and the closed state. Every method is
 * called with checked arguments and never after close. One store never writes a key twice at the same time, unless the first
 * write has timed out; reads may run at any time.
 */
export interface StoreBackend {
  readonly capabilities: StoreCapabilities
  /**
   * Whether the backend collects concurrent calls itself, or has none to save: then `createStore` passes every call on as it
   * comes. Otherwise it passes the calls of one turn of the event loop together. @default false
   */
  readonly collectsCalls?: boolean | undefined
  /**
   * One entry per key, in the same order; `{}` for a key without an entry. A key may occur more than once. May return views:
   * the store copies.
   */
  read(keys: readonly Uint8Array[]): MaybePromise<StoreEntry[]>
  /**
   * Compares the `previous.version` of each change with what the key contains now, for absent and damaged entries too.
   * If one differs, it changes nothing and returns `false`: the store reads again and decides anew. Otherwise it applies all
   * changes (one, unless the backend declares `atomicBatch`) and returns `true`. The bytes of a damaged entry must be kept in
   * quarantine when it is replaced.
   *
   * An error means that the outcome is unknown, except `STORE_IO`: nothing was changed.
   */
  write(changes: readonly StoreChange[]): MaybePromise<boolean>
  /**
   * What keys probably contain, without I/O: an entry that this process read or wrote before, with its version, or `{}`. Nothing
   * may depend on whether that is so. With this and {@link writeOrRead} the store puts a record without reading before: it decides on the
   * expected entry, and anew where the entry is another one.
   */
  expect?(keys: readonly Uint8Array[]): readonly StoreEntry[]
  /**
   * As {@link write}. Where a version differs, it may return what the keys of the changes contain now, in the same order,
   * instead of `false`: the store does not read again.
   */
  writeOrRead?(changes: readonly StoreChange[]): MaybePromise<boolean | readonly StoreEntry[]>
  /**
   * The entries that have a record (expired or not), a mark or a publication, in byte order of their keys within `range`.
   * Other writers may be active: a key that stays is returned exactly once. `limit` is a hint. A backend that reads pages may return
   * {@link BufferedEntries}, such as `PagedEntries`.
   */
  scan(kind: EntryKind, range: ScanRange): Iterable<StoreEntry> | AsyncIterable<StoreEntry>
  /**
   * Keys of records without a publication and with `expires < now`, and of marks with `until < now`, earliest first, at most
   * `limit`. A record that lapses stays while it is published.
   */
  expired(now: bigint, limit: number): MaybePromise<Uint8Array[]>
  /**
   * The accounts of the stored entries, if the backend keeps them and changes them in the same write. Without it the store
   * counts in memory: it reads all entries in the background after opening, and its bounds hold for each process by itself.
   */
  readonly accounts?: StoreAccounts | undefined
  stats(): MaybePromise<StoreStats>
  /** Keys that change, by any process; without it the store reports its own changes only. */
  changes?(options: Required<AbortOptions>): AsyncIterable<Uint8Array>
  /**
   * Takes or extends the lease `name` for `holder`, for a time measured by the medium's own clock; 0 releases it. Without it
   * a lease is valid in this process only.
   *
   * @returns whether `holder` has the lease now
   */
  lease?(name: string, holder: string, milliseconds: number): MaybePromise<boolean>
  close(): MaybePromise<void>
}

/** Bounds of a scan. */
export interface ScanRange extends Pick<StoreQuery, 'reverse' | 'limit'> {
  /** inclusive */
  readonly start?: Uint8Array | undefined
  /** exclusive */
  readonly end?: Uint8Array | undefined
}
