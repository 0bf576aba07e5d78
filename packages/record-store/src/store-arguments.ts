import { compareBytes, copyBytes, limits, RecordError } from '@recordkit/record-types'
import { checkBytes, nameOf } from '@recordkit/record-types/internal'
import { prefixUpperBound } from './prefix-upper-bound.ts'
import type { ScanRange } from './backend.ts'
import type { HighWaterMark, StoredRecord, StoreOperation, StoreQuery } from './store.ts'
import type { AbortOptions } from '@recordkit/record-types'

/** The most bytes a store takes; what is absent is the default of `limits`. */
export interface StoreLimits {
  readonly key?: number | undefined
  readonly value?: number | undefined
}

/** The longest rank, digest and peer ID that a store takes, in bytes. */
const rankLimit = 64
const identityLimit = 128
// 2^64, as a literal that a bundler drops
const timeLimit = 18_446_744_073_709_551_616n

function invalid(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}

/** @throws RecordError `INVALID_ARGUMENT` when `key` is no key of a store: bytes, at least one, at most the limit */
export function checkKey(key: unknown, storeLimits: StoreLimits = {}): asserts key is Uint8Array {
  checkBytes(key, 'key', 1, storeLimits.key ?? limits.key)
}

function checkTime(value: unknown, name: string): asserts value is bigint {
  if (typeof value !== 'bigint') throw invalid(`${name} is ${nameOf(value)}; a bigint of nanoseconds is needed`)
  if (value < 0n || value >= timeLimit) throw invalid(`${name} is ${value}; it must be from 0 to 2^64 - 1`)
}

/** @throws RecordError `INVALID_ARGUMENT` naming the field of `record` that is wrong */
export function checkRecord(record: unknown, storeLimits: StoreLimits = {}): asserts record is StoredRecord {
  if (typeof record !== 'object' || record === null) {
    throw invalid(`record is ${nameOf(record)}; an object with key, value, rank and timeReceived is needed`)
  }
  const given = record as StoredRecord
  checkKey(given.key, storeLimits)
  checkBytes(given.value, 'value', 0, storeLimits.value ?? limits.value)
  checkBytes(given.rank, 'rank', 0, rankLimit)
  checkTime(given.timeReceived, 'timeReceived')
  if (given.expires !== undefined) checkTime(given.expires, 'expires')
  if (given.published !== undefined) checkTime(given.published, 'published')
  if (given.digest !== undefined) checkBytes(given.digest, 'digest', 1, rankLimit)
  if (given.author !== undefined) checkBytes(given.author, 'author', 1, identityLimit)
  if (given.sender !== undefined) checkBytes(given.sender, 'sender', 1, identityLimit)
  if (given.local !== undefined && typeof given.local !== 'boolean') {
    throw invalid(`local is ${nameOf(given.local)}; a boolean is needed`)
  }
}

/** Checks a record and copies it: whatever the caller does to its bytes later stays outside. */
export function checkedRecord(record: unknown, storeLimits: StoreLimits = {}): StoredRecord {
  checkRecord(record, storeLimits)
  return copyRecord(record)
}

/** The same record in bytes of its own. */
export function copyRecord(record: StoredRecord): StoredRecord {
  const copy: { -readonly [Field in keyof StoredRecord]: StoredRecord[Field] } = {
    key: copyBytes(record.key),
    value: copyBytes(record.value),
    rank: copyBytes(record.rank),
    timeReceived: record.timeReceived
  }
  if (record.expires !== undefined) copy.expires = record.expires
  if (record.digest !== undefined) copy.digest = copyBytes(record.digest)
  if (record.author !== undefined) copy.author = copyBytes(record.author)
  if (record.sender !== undefined) copy.sender = copyBytes(record.sender)
  if (record.local === true) copy.local = true
  if (record.published !== undefined) copy.published = record.published
  return copy
}

/** The same mark in bytes of its own. */
export function copyMark(mark: HighWaterMark): HighWaterMark {
  return {
    key: copyBytes(mark.key),
    rank: copyBytes(mark.rank),
    digest: mark.digest === undefined ? undefined : copyBytes(mark.digest),
    until: mark.until
  }
}

/** Checks and copies the operations of a batch. @throws RecordError `INVALID_ARGUMENT` */
export function checkedOperations(operations: unknown, storeLimits: StoreLimits = {}): StoreOperation[] {
  if (!Array.isArray(operations)) throw invalid(`operations is ${nameOf(operations)}; an array is needed`)
  return operations.map((operation: StoreOperation | undefined | null): StoreOperation => {
    if (operation?.type === 'put') return { type: 'put', record: checkedRecord(operation.record, storeLimits) }
    if (operation?.type === 'delete') {
      checkKey(operation.key, storeLimits)
      return { type: 'delete', key: copyBytes(operation.key), ...copyIfValue(operation.ifValue) }
    }
    throw invalid('an operation of a batch must have the type "put" or "delete"')
  })
}

/** Checks and copies the condition of a delete. @throws RecordError `INVALID_ARGUMENT` */
export function copyIfValue(ifValue: Uint8Array | undefined): { ifValue?: Uint8Array | undefined } {
  if (ifValue === undefined) return {}
  checkBytes(ifValue, 'ifValue', 0, Number.MAX_SAFE_INTEGER)
  return { ifValue: copyBytes(ifValue) }
}

/**
 * The signal of a call's options.
 *
 * @throws RecordError `INVALID_ARGUMENT` when options or signal are of the wrong type; the signal's own reason when it is aborted
 */
export function checkedSignal(options: AbortOptions | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined
  if (typeof options !== 'object' || options === null)
    throw invalid(`options is ${nameOf(options)}; an object is needed`)
  const { signal } = options
  if (signal === undefined) return undefined
  if (typeof signal?.throwIfAborted !== 'function') throw invalid('signal is no AbortSignal')
  signal.throwIfAborted()
  return signal
}

/** Checks a number of things that is asked for. @throws RecordError `INVALID_ARGUMENT` */
export function checkedLimit(limit: number | undefined): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY
  if (limit === Number.POSITIVE_INFINITY || (Number.isSafeInteger(limit) && limit >= 0)) return limit
  throw invalid(`limit is ${String(limit)}; a whole number, 0 or more, is needed`)
}

/** The bounds of a query: `prefix` and `after` folded into `start` and `end`, all in bytes of its own. */
export interface CheckedRange extends ScanRange {
  readonly reverse: boolean
  readonly limit: number
  /** nothing can lie within */
  readonly empty: boolean
}

/** Checks a query and folds it into bounds. @throws RecordError `INVALID_ARGUMENT` */
export function checkedRange(query: StoreQuery = {}): CheckedRange {
  if (typeof query !== 'object' || query === null) throw invalid(`query is ${nameOf(query)}; an object is needed`)
  const { prefix, after, reverse = false } = query
  const limit = checkedLimit(query.limit)
  if (typeof reverse !== 'boolean') throw invalid(`reverse is ${nameOf(reverse)}; a boolean is needed`)
  for (const name of ['prefix', 'start', 'end', 'after'] as const) {
    if (query[name] !== undefined) checkBytes(query[name], name, 0, Number.MAX_SAFE_INTEGER)
  }
  let start = query.start
  let end = query.end
  const raise = (bound: Uint8Array): void => {
    if (start === undefined || compareBytes(bound, start) > 0) start = bound
  }
  const lower = (bound: Uint8Array): void => {
    if (end === undefined || compareBytes(bound, end) < 0) end = bound
  }
  if (prefix !== undefined) {
    raise(prefix)
    const above = prefixUpperBound(prefix)
    if (above !== undefined) lower(above)
  }
  if (after !== undefined) {
    if (reverse) lower(after)
    else raise(justAfter(after))
  }
  return {
    ...(start === undefined || start.length === 0 ? {} : { start: new Uint8Array(start) }),
    end: end === undefined ? undefined : new Uint8Array(end),
    reverse,
    limit,
    empty: limit === 0 || (end !== undefined && compareBytes(start ?? new Uint8Array(0), end) >= 0)
  }
}

/** The smallest byte string above `bytes`. */
function justAfter(bytes: Uint8Array): Uint8Array {
  const next = new Uint8Array(bytes.length + 1)
  next.set(bytes)
  return next
}
