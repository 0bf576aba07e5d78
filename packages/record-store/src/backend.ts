import type { MaybePromise } from '@recordkit/record-types'
import type { HighWaterMark, StoreCapabilities, StoredRecord, StoreQuery, StoreStats } from './store.ts'

/** Everything that a backend stores under one key. */
export interface StoreEntry {
  readonly record?: StoredRecord | undefined
  readonly mark?: HighWaterMark | undefined
  /** set when the stored bytes cannot be decoded; the message says why */
  readonly corrupt?: Error | undefined
}

/** The entry of a key that was read, and the entry to write in its place. An empty `next` removes the key. */
export interface StoreChange {
  readonly key: Uint8Array
  readonly previous: StoreEntry
  readonly next: StoreEntry
}

/**
 * The part of a store that its author writes: I/O and nothing else. `createStore` turns it into a `RecordStore` and adds the
 * put rule, marks, expiry, argument checks, copies, locks, signals and the closed state. Every method is called with checked
 * arguments and never after `close`, and `createStore` never runs two calls for one key concurrently. A method may throw any
 * error: it is wrapped in `STORE_IO`.
 */
export interface StoreBackend {
  readonly capabilities: StoreCapabilities
  /** Returns one entry per key, in the same order, and an empty entry for an absent key. The entries may be views: they are copied. */
  read(keys: readonly Uint8Array[]): MaybePromise<StoreEntry[]>
  /**
   * Applies all changes or none.
   *
   * @returns `true` when the changes were applied. A backend that several processes share compares `previous` with the stored
   * entries. When one differs it changes nothing and returns `false`: the entries are then read and decided again.
   */
  write(changes: readonly StoreChange[]): MaybePromise<boolean>
  /**
   * Returns the entries with a record (expired or not), or with a mark, in byte order of their keys.
   *
   * @param range - bounds; `limit` is a hint
   */
  scan(kind: 'records' | 'marks', range: ScanRange): Iterable<StoreEntry> | AsyncIterable<StoreEntry>
  /** Returns the keys of records with `expires < now` and of marks with `until < now`, earliest first, at most `limit`. */
  expired(now: bigint, limit: number): MaybePromise<Uint8Array[]>
  /**
   * Returns the marks to remove because there are too many: those that were set longest ago, at most `limit`. Called after
   * each write that adds a mark. Without this method, marks are removed only when their time is over.
   */
  excessMarks?(limit: number): MaybePromise<readonly HighWaterMark[]>
  stats(): MaybePromise<StoreStats>
  close(): MaybePromise<void>
}

/** Bounds of a scan. Unset bounds do not limit it. */
export interface ScanRange extends Pick<StoreQuery, 'reverse' | 'limit'> {
  /** inclusive */
  readonly start?: Uint8Array | undefined
  /** exclusive */
  readonly end?: Uint8Array | undefined
}
