import { checkCount, checkDuration, checkFunction, nanosecondsOf } from '@recordkit/record-types/internal'
import type { OptionNames } from '@recordkit/record-types/internal'
import type { StoredRecord } from './store.ts'

/**
 * How much a store may contain. A full store removes expired records, then the oldest of the group of senders with the most;
 * published records are never removed, and may use nine tenths of the space.
 */
export interface StoreBounds {
  /** number of records. @default 1_000_000 */
  readonly maxRecords?: number | undefined
  /** bytes of keys, values and ranks. @default 1_073_741_824 (1 GiB) */
  readonly maxBytes?: number | undefined
  /** number of marks; the oldest of the group with the most are removed. @default maxRecords */
  readonly maxMarks?: number | undefined
  /** number of records with the same first part of their key. @default maxRecords */
  readonly maxRecordsPerNamespace?: number | undefined
  /** number of records by one author, not counting keys that end with the author, such as those of IPNS; further ones are refused. @default maxRecords */
  readonly maxRecordsPerAuthor?: number | undefined
  /** number of records from one group of senders; further ones are refused. @default maxRecords */
  readonly maxRecordsPerGroup?: number | undefined
  /** ms for which a record that came from a sender is kept after it was last received. @default Infinity */
  readonly maxAge?: number | undefined
  /**
   * How far a key is from this node, for example in the key space of a DHT: of the oldest records of a group, the farthest is
   * removed first. @default the oldest is removed first
   */
  readonly distance?: ((key: Uint8Array) => bigint | number) | undefined
}

export interface CheckedBounds {
  readonly maxRecords: number
  readonly maxBytes: number
  readonly maxMarks: number
  readonly maxRecordsPerNamespace: number
  readonly maxRecordsPerAuthor: number
  readonly maxRecordsPerGroup: number
  /** ns; `undefined`: no maximum */
  readonly maxAge: bigint | undefined
  readonly distance: StoreBounds['distance']
}

/** Defaults of a store that differ from those of others. */
export type BoundDefaults = Pick<CheckedBounds, 'maxRecords' | 'maxBytes'>

type CountName = Exclude<keyof StoreBounds, 'maxAge' | 'distance'>

/** The names of the bounds. */
export const boundNames: OptionNames<StoreBounds> = {
  maxRecords: 0,
  maxBytes: 0,
  maxMarks: 0,
  maxRecordsPerNamespace: 0,
  maxRecordsPerAuthor: 0,
  maxRecordsPerGroup: 0,
  maxAge: 0,
  distance: 0
}

const standardBounds: BoundDefaults = { maxRecords: 1_000_000, maxBytes: 1_073_741_824 }

/** @throws RecordError `INVALID_ARGUMENT` naming the bound */
export function checkedBounds(options: StoreBounds, defaults: BoundDefaults = standardBounds): CheckedBounds {
  const count = (name: CountName, standard: number): number => checkCount(options[name], name, standard, 0)
  const maxRecords = count('maxRecords', defaults.maxRecords)
  const maxAge = checkDuration(options.maxAge, 'maxAge', Number.POSITIVE_INFINITY)
  if (options.distance !== undefined) checkFunction(options.distance, 'distance')
  return {
    maxRecords,
    maxBytes: count('maxBytes', defaults.maxBytes),
    maxMarks: count('maxMarks', maxRecords),
    maxRecordsPerNamespace: count('maxRecordsPerNamespace', maxRecords),
    maxRecordsPerAuthor: count('maxRecordsPerAuthor', maxRecords),
    maxRecordsPerGroup: count('maxRecordsPerGroup', maxRecords),
    maxAge: maxAge === Number.POSITIVE_INFINITY ? undefined : nanosecondsOf(maxAge),
    distance: options.distance
  }
}

/** A record that came from a sender expires at the maximum age at the latest, unless it is published. */
export function withMaxAge(record: StoredRecord, isPublished: boolean, { maxAge }: CheckedBounds): StoredRecord {
  if (maxAge === undefined || record.sender === undefined || isPublished) return record
  const latest = record.timeReceived + maxAge
  return record.expires !== undefined && record.expires <= latest ? record : { ...record, expires: latest }
}
