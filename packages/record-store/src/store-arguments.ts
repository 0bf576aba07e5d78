import { compareBytes, copyBytes, limits, RecordError } from '@recordkit/record-types'
import { checkBytes, checkCount, nameOf } from '@recordkit/record-types/internal'
import { prefixUpperBound } from './prefix-upper-bound.ts'
import type { ScanRange } from './backend.ts'
import type { HighWaterMark, StoredRecord, StoreOperation, StoreQuery } from './store.ts'
import type { AbortOptions } from '@recordkit/record-types'

/** Maximum sizes of a store. */
export interface StoreLimits {
  /** bytes of a key. @default 1024 */
  readonly key?: number | undefined
  /** bytes of a value. @default 65_536 */
  readonly value?: number | undefined
}

/** Checks the limits in the options of a store. @throws RecordError `INVALID_ARGUMENT` naming the limit */
export function checkedLimits({ key, value }: StoreLimits = {}): StoreLimits {
  return {
    key: checkCount(key, 'limits.key', limits.key, 0),
    value: checkCount(value, 'limits.value', limits.value, 0)
  }
}

/** maximum bytes of a rank or digest */
const rankLimit = 64
/** maximum bytes of a peer ID */
const identityLimit = 128
/** 2^64, as a literal: a bundler cannot drop a computed one */
const timeLimit = 18_446_744_073_709_551_616n

function invalid(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}

/** @throws RecordError `INVALID_ARGUMENT` unless `key` is a `Uint8Array` of at least one byte and at most the limit */
export function checkKey(key: unknown, storeLimits: StoreLimits = {}): asserts key is Uint8Array {
  checkBytes(key, 'key', 1, storeLimits.key ?? limits.key)
}

function checkTime(value: unknown, name: string): asserts value is bigint {
  if (typeof value !== 'bigint') throw invalid(`${name} is ${nameOf(value)}; a bigint of nanoseconds is expected`)
  if (value < 0n || value >= timeLimit) throw invalid(`${name} is ${value}; 0 to 2^64 - 1 is expected`)
}

/** @throws RecordError `INVALID_ARGUMENT` naming the invalid field of `record` */
export function checkRecord(record: unknown, storeLimits: StoreLimits = {}): asserts record is StoredRecord {
  if (typeof record !== 'object' || record === null) {
    throw invalid(`record is ${nameOf(record)}; an object with key, value, rank and timeReceived is expected`)
  }
  const fields = record as StoredRecord
  checkKey(fields.key, storeLimits)
  checkBytes(fields.value, 'value', 0, storeLimits.value ?? limits.value)
  checkBytes(fields.rank, 'rank', 0, rankLimit)
  checkTime(fields.timeReceived, 'timeReceived')
  if (fields.expires !== undefined) checkTime(fields.expires, 'expires')
  if (fields.published !== undefined) checkTime(fields.published, 'published')
  if (fields.digest !== undefined) checkBytes(fields.digest, 'digest', 1, rankLimit)
  if (fields.author !== undefined) checkBytes(fields.author, 'author', 1, identityLimit)
  if (fields.sender !== undefined) checkBytes(fields.sender, 'sender', 1, identityLimit)
  if (fields.local !== undefined && typeof fields.local !== 'boolean') {
    throw invalid(`local is ${nameOf(fields.local)}; a boolean is expected`)
  }
}

/** Checks and copies a record, so that the caller may reuse its bytes. @throws RecordError `INVALID_ARGUMENT` */
export function checkedRecord(record: unknown, storeLimits: StoreLimits = {}): StoredRecord {
  checkRecord(record, storeLimits)
  return copyRecord(record)
}

/** Copies a record and its bytes. */
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

/** Copies a mark and its bytes. */
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
  if (!Array.isArray(operations)) throw invalid(`operations is ${nameOf(operations)}; an array is expected`)
  return operations.map((operation: StoreOperation | undefined | null): StoreOperation => {
    if (operation?.type === 'put') return { type: 'put', record: checkedRecord(operation.record, storeLimits) }
    if (operation?.type === 'delete') {
      checkKey(operation.key, storeLimits)
      return { type: 'delete', key: copyBytes(operation.key), ...copyIfValue(operation.ifValue) }
    }
    const type: unknown = (operation as { type?: unknown } | null | undefined)?.type
    const shown = typeof type === 'string' ? `"${type}"` : nameOf(type)
    throw invalid(`the type of an operation is ${shown}; "put" or "delete" is expected`)
  })
}

/** Checks and copies the condition of a delete. @throws RecordError `INVALID_ARGUMENT` */
export function copyIfValue(ifValue: Uint8Array | undefined): { ifValue?: Uint8Array | undefined } {
  if (ifValue === undefined) return {}
  checkBytes(ifValue, 'ifValue', 0, Number.MAX_SAFE_INTEGER)
  return { ifValue: copyBytes(ifValue) }
}

/**
 * Checks the signal in the options of a call and returns it.
 *
 * @throws RecordError `INVALID_ARGUMENT` when options or signal have the wrong type; the signal's own reason when it is aborted
 */
export function checkedSignal(options: AbortOptions | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined
  if (typeof options !== 'object' || options === null)
    throw invalid(`options is ${nameOf(options)}; an object is expected`)
  const { signal } = options
  if (signal === undefined) return undefined
  if (typeof signal?.throwIfAborted !== 'function')
    throw invalid(`signal is ${nameOf(signal)}; an AbortSignal is expected`)
  signal.throwIfAborted()
  return signal
}

/** The bounds of a query, with `prefix` and `after` folded into `start` and `end`. Its bytes are copies. */
export interface CheckedRange extends ScanRange {
  readonly reverse: boolean
  readonly limit: number
  /** no key can be within the bounds */
  readonly empty: boolean
}

/** Checks a query and converts it to bounds. @throws RecordError `INVALID_ARGUMENT` */
export function checkedRange(query: StoreQuery = {}): CheckedRange {
  if (typeof query !== 'object' || query === null) throw invalid(`query is ${nameOf(query)}; an object is expected`)
  const { prefix, after, reverse = false } = query
  const limit = checkCount(query.limit, 'limit', Number.POSITIVE_INFINITY, 0)
  if (typeof reverse !== 'boolean') throw invalid(`reverse is ${nameOf(reverse)}; a boolean is expected`)
  for (const name of ['prefix', 'start', 'end', 'after'] as const) {
    if (query[name] !== undefined) checkBytes(query[name], name, 0, Number.MAX_SAFE_INTEGER)
  }
  let start = query.start
  let end = query.end
  const raiseStart = (bound: Uint8Array): void => {
    if (start === undefined || compareBytes(bound, start) > 0) start = bound
  }
  const lowerEnd = (bound: Uint8Array): void => {
    if (end === undefined || compareBytes(bound, end) < 0) end = bound
  }
  if (prefix !== undefined) {
    raiseStart(prefix)
    const above = prefixUpperBound(prefix)
    if (above !== undefined) lowerEnd(above)
  }
  if (after !== undefined) {
    if (reverse) lowerEnd(after)
    else raiseStart(keyAfter(after))
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
function keyAfter(bytes: Uint8Array): Uint8Array {
  const next = new Uint8Array(bytes.length + 1)
  next.set(bytes)
  return next
}
