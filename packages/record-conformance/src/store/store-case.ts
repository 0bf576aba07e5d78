import type { Clock, MaybePromise } from '@recordkit/record-types'
import type { RecordStore, StoreCapabilities, StoredRecord, StoreLimits } from '@recordkit/record-store'
import type { ConformanceCase } from '../suite.ts'

/** What a case needs: a capability of the store, or a method of the factory. */
export type StoreRequirement =
  | keyof StoreCapabilities
  | 'reopen'
  | 'share'
  | 'faults'
  | 'quotas'
  | 'markQuotas'
  | 'corruption'

/** The options to open a store with. */
export interface StoreSetting {
  readonly clock: Clock
  readonly limits?: StoreLimits | undefined
}

/** Bounds for stores that evict records; see {@link StoreFactory.openBounded}. */
export interface StoreBounds {
  readonly maxRecords: number
}

/** Bounds for stores that limit the number of marks; see {@link StoreFactory.openMarksBounded}. */
export interface MarkBounds {
  readonly maxMarks: number
}

/** A store whose reads or writes fail on request. */
export interface FaultyStore {
  readonly store: RecordStore
  /** Makes reads or writes of the storage throw `error` from now on, or succeed again when it is `undefined`. */
  fail(operation: 'read' | 'write', error: Error | undefined): void
}

/** What the author of a store passes to the kit. Cases that need a missing optional method are skipped. */
export interface StoreFactory {
  readonly name: string
  /** the capabilities of the stores, compared with those that they declare */
  readonly capabilities: StoreCapabilities
  /** Opens an empty store that shares no data with others. */
  open(setting: StoreSetting): MaybePromise<RecordStore>
  /** Opens the data of a closed store again. */
  reopen?(store: RecordStore, setting: StoreSetting): MaybePromise<RecordStore>
  /** Opens a second store on the data of an open store, as another process would. */
  share?(store: RecordStore, setting: StoreSetting): MaybePromise<RecordStore>
  /** Opens an empty store with a maximum number of records. */
  openBounded?(setting: StoreSetting, bounds: StoreBounds): MaybePromise<RecordStore>
  /** Opens an empty store with a maximum number of marks. It must remove the mark that was set longest ago first. */
  openMarksBounded?(setting: StoreSetting, bounds: MarkBounds): MaybePromise<RecordStore>
  /** Opens an empty store whose storage fails on request. */
  openFaulty?(setting: StoreSetting): MaybePromise<FaultyStore>
  /** Damages the stored bytes of the record under `key`, so that they cannot be decoded. */
  corrupt?(store: RecordStore, key: Uint8Array): MaybePromise<void>
  /** Called after each case, when its stores are closed. */
  cleanUp?(): MaybePromise<void>
  /** ms after which a case fails. @default 20_000 */
  readonly timeout?: number | undefined
}

/** The clock of a case. */
export interface TestClock {
  /** ns since the Unix epoch */
  now: bigint
}

/** What a case receives. */
export interface StoreContext {
  readonly clock: TestClock
  readonly factory: StoreFactory
  open(limits?: StoreLimits): Promise<RecordStore>
  openBounded(bounds: StoreBounds): Promise<RecordStore>
  openMarksBounded(bounds: MarkBounds): Promise<RecordStore>
  openFaulty(): Promise<FaultyStore>
  share(store: RecordStore): Promise<RecordStore>
  /** Closes a store and opens its data again. */
  reopen(store: RecordStore): Promise<RecordStore>
}

export type StoreCase = ConformanceCase<StoreContext, StoreRequirement>

/** ns since the Unix epoch: noon of 1 January 2026. The initial time of every case. */
export const startTime: bigint = 1_767_268_800_000_000_000n

/** Encodes text as UTF-8. */
export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

/** Makes a record: `record('/a/b', 'value', 3)`. A number as rank is one byte. */
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

/** Makes a list of cases in one call, which bundlers can drop when the list is unused. */
export function cases(make: () => readonly StoreCase[]): readonly StoreCase[] {
  return make()
}

/** A case of level `must`. */
export function must(
  id: string,
  title: string,
  run: (context: StoreContext) => Promise<void>,
  requires: readonly StoreRequirement[] = []
): StoreCase {
  return { id, title, requires, level: 'must', run }
}
