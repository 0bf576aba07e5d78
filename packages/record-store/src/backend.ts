import type { MaybePromise } from '@recordkit/record-types'
import type { HighWaterMark, StoreCapabilities, StoredRecord, StoreQuery, StoreStats } from './store.ts'

/** All that a backend keeps under one key. */
export interface StoreEntry {
  readonly record?: StoredRecord | undefined
  readonly mark?: HighWaterMark | undefined
  /** what stands under the key and cannot be read as a record or mark: an error that says why */
  readonly corrupt?: Error | undefined
}

/** What a key held when it was read, and what it is to hold. An empty `next` removes the key. */
export interface StoreChange {
  readonly key: Uint8Array
  readonly previous: StoreEntry
  readonly next: StoreEntry
}

/**
 * What an author of a store writes: I/O and nothing else. `guardStore` makes a `RecordStore` of it and brings the
 * rules (order, marks, expiry), argument checks, copies, locks, signals and the closed state. Every method is called
 * with checked arguments, never after close, and never twice at once for one key by one guard. It may throw anything:
 * the guard wraps it in `STORE_IO`.
 */
export interface StoreBackend {
  readonly capabilities: StoreCapabilities
  /** One entry a key, in their order; an empty entry for an absent key. What it returns may be views: the guard copies. */
  read(keys: readonly Uint8Array[]): MaybePromise<StoreEntry[]>
  /**
   * Applies all changes or none, and answers `true`. A backend that several processes share compares `previous` with
   * what it holds and answers `false`, having changed nothing, when they differ: the guard reads and decides anew.
   */
  write(changes: readonly StoreChange[]): MaybePromise<boolean>
  /**
   * Entries in byte order of their keys within `query` (its `prefix` and `after` already folded into `start` and
   * `end`; the guard counts the limit itself, `limit` is a hint). Records, expired or not, or marks: as `kind` says.
   */
  scan(kind: 'records' | 'marks', query: ScanRange): Iterable<StoreEntry> | AsyncIterable<StoreEntry>
  /** Keys of records with `expires < now` and of marks with `until < now`, earliest first, at most `limit`. */
  expired(now: bigint, limit: number): MaybePromise<Uint8Array[]>
  /**
   * Marks that have to go, as more are kept than may be: those set longest ago, at most `limit`. The guard asks after a
   * write that adds marks and takes them away. Without it, marks go when their time is over only.
   */
  excessMarks?(limit: number): MaybePromise<readonly HighWaterMark[]>
  stats(): MaybePromise<StoreStats>
  close(): MaybePromise<void>
}

/** Bounds of a scan; absent: none. */
export interface ScanRange extends Pick<StoreQuery, 'reverse' | 'limit'> {
  /** inclusive */
  readonly start?: Uint8Array | undefined
  /** exclusive */
  readonly end?: Uint8Array | undefined
}
