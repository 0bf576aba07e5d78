import type { Clock, MaybePromise } from '@recordkit/record-types'
import type { RecordStore, StoreCapabilities, StoredRecord, StoreLimits } from '@recordkit/record-store'
import type { ConformanceCase } from '../suite.ts'

/** What a case may need: a capability that the store declares, or something only its author can provide. */
export type StoreRequirement =
  | keyof StoreCapabilities
  | 'reopen'
  | 'share'
  | 'faults'
  | 'quotas'
  | 'markQuotas'
  | 'corruption'

/** What a store is opened with. */
export interface StoreSetting {
  readonly clock: Clock
  readonly limits?: StoreLimits | undefined
}

/** Bounds for a store that has them; see {@link StoreFactory.openBounded}. */
export interface StoreBounds {
  readonly maxRecords: number
}

/** A bound for a store that bounds its marks in number; see {@link StoreFactory.openMarksBounded}. */
export interface MarkBounds {
  readonly maxMarks: number
}

/** A store whose medium can be made to fail. */
export interface FaultyStore {
  readonly store: RecordStore
  /** From now on (or no longer) the medium throws `error` when it is read, or written. */
  fail(operation: 'read' | 'write', error: Error | undefined): void
}

/** What the author of a store hands to the kit. */
export interface StoreFactory {
  readonly name: string
  /** what the stores declare; checked against them */
  readonly capabilities: StoreCapabilities
  /** Opens a store that is empty and shares nothing with an earlier one. */
  open(setting: StoreSetting): MaybePromise<RecordStore>
  /** Opens the data of `store`, which is closed, anew. */
  reopen?(store: RecordStore, setting: StoreSetting): MaybePromise<RecordStore>
  /** Opens a second store on the data of `store`, which stays open, as another process would. */
  share?(store: RecordStore, setting: StoreSetting): MaybePromise<RecordStore>
  /** Opens a store that keeps no more than `bounds` says. */
  openBounded?(setting: StoreSetting, bounds: StoreBounds): MaybePromise<RecordStore>
  /** Opens a store that keeps no more marks than `bounds` says: the one set longest ago goes first. */
  openMarksBounded?(setting: StoreSetting, bounds: MarkBounds): MaybePromise<RecordStore>
  /** Opens a store over a medium that fails on command. */
  openFaulty?(setting: StoreSetting): MaybePromise<FaultyStore>
  /** Damages what is kept of the record under `key`, so that it cannot be read. */
  corrupt?(store: RecordStore, key: Uint8Array): MaybePromise<void>
  /** Called after each case, when its stores are closed. */
  cleanUp?(): MaybePromise<void>
  /** ms after which a case that does not end has failed; 20,000 when absent */
  readonly timeout?: number | undefined
}

/** A clock that goes when it is told to. */
export interface TestClock {
  now: bigint
}

/** What a case is tried on. */
export interface StoreContext {
  readonly clock: TestClock
  readonly factory: StoreFactory
  open(limits?: StoreLimits): Promise<RecordStore>
  openBounded(bounds: StoreBounds): Promise<RecordStore>
  openMarksBounded(bounds: MarkBounds): Promise<RecordStore>
  openFaulty(): Promise<FaultyStore>
  share(store: RecordStore): Promise<RecordStore>
  /** Closes a store and opens its data anew. */
  reopen(store: RecordStore): Promise<RecordStore>
}

export type StoreCase = ConformanceCase<StoreContext, StoreRequirement>

/** Noon of the first day of 2026: where a case's clock stands at first. */
export const startTime: bigint = 1_767_268_800_000_000_000n

/** UTF-8 bytes. */
export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

/** A record as short as can be said: `record('/a/b', 'value', 3)`; the rank is that one byte. */
export function record(
  key: string | Uint8Array,
  value: string | Uint8Array,
  rank: number | Uint8Array,
  more: Partial<StoredRecord> = {}
): StoredRecord {
  return {
    key: typeof key === 'string' ? text(key) : key,
    value: typeof value === 'string' ? text(value) : value,
    rank: typeof rank === 'number' ? Uint8Array.of(rank) : rank,
    timeReceived: startTime,
    ...more
  }
}

/** A list of cases, made in one call that a bundler may leave out. */
export function cases(make: () => readonly StoreCase[]): readonly StoreCase[] {
  return make()
}

/** A case that every store must pass. */
export function must(
  id: string,
  title: string,
  run: (context: StoreContext) => Promise<void>,
  requires: readonly StoreRequirement[] = []
): StoreCase {
  return { id, title, requires, level: 'must', run }
}
