import type { Clock, MaybePromise } from '@recordkit/record-types'
import type {
  Publication,
  RecordStore,
  StoreBounds,
  StoreCapabilities,
  StoredRecord,
  StoreLimits
} from '@recordkit/record-store'
import type { ConformanceCase } from '../suite.ts'

/** What a case needs: a capability of the store, or a method of the factory. */
export type StoreRequirement =
  | keyof StoreCapabilities
  | 'reopen'
  | 'share'
  | 'faults'
  | 'corruption'
  | 'sharedChanges'
  | 'sharedLeases'

/** The options to open a store with: pass all of them on, as every store has bounds. */
export interface StoreSetting extends StoreBounds {
  readonly clock: Clock
  readonly limits?: StoreLimits | undefined
}

/** What can be made to fail. `reply`: a write is applied, and its reply is lost. */
export type Fault = 'read' | 'write' | 'reply'

/** A store whose reads, writes or replies to writes fail on request. */
export interface FaultyStore {
  readonly store: RecordStore
  /**
   * Makes reads or writes of the storage throw `error` from now on, or succeed again when it is `undefined`. A failed `write`
   * changes nothing; a `reply` fails after the write. A storage without replies may treat `reply` as `write`.
   */
  fail(fault: Fault, error: Error | undefined): void
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
  /** Opens an empty store whose storage fails on request. */
  openFaulty?(setting: StoreSetting): MaybePromise<FaultyStore>
  /** Damages the stored bytes of the record under `key`, so that they cannot be decoded. */
  corrupt?(store: RecordStore, key: Uint8Array): MaybePromise<void>
  /** Whether `changes()` reports what other processes change. @default false */
  readonly sharedChanges?: boolean | undefined
  /** Whether leases are valid among all processes that share the store. @default false */
  readonly sharedLeases?: boolean | undefined
  /** Called after each case, when its stores are closed. */
  cleanUp?(): MaybePromise<void>
  /** ms after which a case fails. @default 300_000 */
  readonly timeout?: number | undefined
  /** Entries of the cases with many entries: more than a page of the storage. A slow medium may use fewer. @default 10_007 */
  readonly manyEntries?: number | undefined
}

/** The default of `manyEntries`. */
export const manyEntries = 10_007

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
  openFaulty(): Promise<FaultyStore>
  share(store: RecordStore): Promise<RecordStore>
  /** Closes a store and opens its data again. */
  reopen(store: RecordStore, bounds?: StoreBounds): Promise<RecordStore>
}

export type StoreCase = ConformanceCase<StoreContext, StoreRequirement>

/** ns since the Unix epoch: noon of 1 January 2026. The initial time of every case. */
export const startTime: bigint = 1_767_268_800_000_000_000n

/** Encodes text as UTF-8. */
export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

/**
 * Makes a record: `record('/a/b', 'value', 3)`. A number as order is one byte. The identity is derived from the value: equal
 * ranks are the same record.
 */
export function record(
  key: string | Uint8Array,
  value: string | Uint8Array,
  order: number | Uint8Array,
  more: Partial<StoredRecord> = {}
): StoredRecord {
  const bytes = typeof value === 'string' ? text(value) : value
  return {
    key: typeof key === 'string' ? text(key) : key,
    value: bytes,
    rank: rankOf(order, bytes),
    timeReceived: startTime,
    ...more
  }
}

const identityLength = 32

/** The rank of {@link record}: its order, then 32 bytes of identity. */
export function rankOf(order: number | Uint8Array, value: string | Uint8Array): Uint8Array {
  const prefix = typeof order === 'number' ? Uint8Array.of(order) : order
  const rank = new Uint8Array(prefix.length + identityLength)
  rank.set(prefix)
  rank.set(identityOf(typeof value === 'string' ? text(value) : value), prefix.length)
  return rank
}

/** The order of a rank: all but its identity. */
export function orderOf(rank: Uint8Array | undefined): Uint8Array | undefined {
  return rank?.subarray(0, rank.length - identityLength)
}

/** Identifies a value. Values of up to 16 bytes have identities in the order of their bytes. */
function identityOf(value: Uint8Array): Uint8Array {
  const identity = new Uint8Array(identityLength)
  const view = new DataView(identity.buffer)
  identity.set(value.subarray(0, 16))
  view.setUint32(16, value.length)
  // FNV-1a from three starts: a test needs no cryptographic hash
  for (let lane = 0; lane < 3; lane++) {
    let hash = 0x811c9dc5 ^ lane
    for (const byte of value) hash = Math.imul(hash ^ byte, 0x01000193)
    view.setUint32(20 + 4 * lane, hash)
  }
  return identity
}

/** Makes the publication of a key. */
export function publicationOf(key: string | Uint8Array, more: Partial<Publication> = {}): Publication {
  return { key: typeof key === 'string' ? text(key) : key, network: true, ...more }
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
