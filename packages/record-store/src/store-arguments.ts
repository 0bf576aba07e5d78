import { compareBytes, copyBytes, equalBytes, limits, RecordError } from '@recordkit/record-types'
import {
  checkBytes,
  checkCount,
  checkOptions,
  describe,
  isPromise,
  keptCopy,
  nameOf,
  printable,
  returnedCopy
} from '@recordkit/record-types/internal'
import { prefixUpperBound } from './prefix-upper-bound.ts'
import type { ScanRange } from './backend.ts'
import type { OptionNames } from '@recordkit/record-types/internal'
import type {
  DeleteOptions,
  HighWaterMark,
  Publication,
  PutChanges,
  StoredRecord,
  StoreOperation,
  StorePutOptions,
  StoreQuery,
  TouchOptions
} from './store.ts'
import type { AbortOptions } from '@recordkit/record-types'

/** Maximum sizes of a store. */
export interface StoreLimits {
  /** bytes of a key. @default 1024 */
  readonly key?: number | undefined
  /** bytes of a value. @default 65_536 */
  readonly value?: number | undefined
}

/** A rank is order ‖ identity: at most 31 bytes, then 32. */
const minRank = 32
const maxRank = 63
/** The longest peer ID and the longest options of a namespace, in bytes. */
const maxPeerId = 128
const maxOptions = 4096
/** 2^64 - 1: later times are stored as this one; literals, as a bundler keeps arithmetic on bigints */
export const maxTime: bigint = 18_446_744_073_709_551_615n

/** Checks the limits in the options of a store. @throws RecordError `INVALID_ARGUMENT` naming the limit */
export function checkedLimits(given: StoreLimits = {}): StoreLimits {
  checkOptions(given, { key: 0, value: 0 }, 'limits')
  const { key, value } = given
  return {
    key: checkCount(key, 'limits.key', limits.key, 0),
    value: checkCount(value, 'limits.value', limits.value, 0)
  }
}

function invalid(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}

/** @throws RecordError `INVALID_ARGUMENT` unless `key` is from 1 byte up to the limit */
export function checkKey(key: unknown, storeLimits: StoreLimits = {}): asserts key is Uint8Array {
  checkBytes(key, 'key', 1, storeLimits.key ?? limits.key)
}

/** Checks a time. A later one than can be stored is stored as the latest: some records are valid until the year 9999. */
function checkedTime(value: unknown, name: string): bigint {
  if (typeof value !== 'bigint') throw invalid(`${name} is ${describe(value)}; a bigint of nanoseconds is expected`)
  if (value < 0n) throw invalid(`${name} is ${value}; at least 0 is expected`)
  return value > maxTime ? maxTime : value
}

function optional<Value, Result>(value: Value | undefined, check: (value: Value) => Result): Result | undefined {
  return value === undefined ? undefined : check(value)
}

function checkedBytes(value: unknown, name: string, least: number, most: number): Uint8Array {
  checkBytes(value, name, least, most)
  return keptCopy(value)
}

/** Checks a record. @throws RecordError `INVALID_ARGUMENT` naming the field of `record` that is wrong */
export function checkRecord(record: unknown, storeLimits: StoreLimits = {}): asserts record is StoredRecord {
  if (typeof record !== 'object' || record === null || isPromise(record)) {
    throw invalid(`record is ${nameOf(record)}; an object with key, value, rank and timeReceived is expected`)
  }
  const { key, value, rank, timeReceived, expires, author, sender } = record as StoredRecord
  checkKey(key, storeLimits)
  checkBytes(value, 'value', 0, storeLimits.value ?? limits.value)
  checkBytes(rank, 'rank', minRank, maxRank)
  checkedTime(timeReceived, 'timeReceived')
  if (expires !== undefined) checkedTime(expires, 'expires')
  if (author !== undefined) checkBytes(author, 'author', 1, maxPeerId)
  if (sender !== undefined) checkBytes(sender, 'sender', 1, maxPeerId)
}

/** Checks a record and copies it. @throws RecordError `INVALID_ARGUMENT` naming the field of `record` that is wrong */
export function checkedRecord(record: unknown, storeLimits: StoreLimits = {}): StoredRecord {
  // read once: what is checked is what is copied
  const own: unknown = typeof record === 'object' && record !== null && !isPromise(record) ? fieldsOf(record) : record
  checkRecord(own, storeLimits)
  const { timeReceived, expires } = own
  return copyOf(
    own,
    checkedTime(timeReceived, 'timeReceived'),
    expires === undefined ? undefined : checkedTime(expires, 'expires'),
    keptCopy
  )
}

function fieldsOf(record: object): StoredRecord {
  const { key, value, rank, timeReceived, expires, author, sender } = record as StoredRecord
  return { key, value, rank, timeReceived, expires, author, sender }
}

/** The names of the options of a put. */
export const putNames: OptionNames<StorePutOptions> = { ifRank: 0, publication: 0, completes: 0, group: 0, signal: 0 }
/** The names of the options of a touch. */
export const touchNames: OptionNames<TouchOptions> = {
  ifRank: 0,
  timeReceived: 0,
  expires: 0,
  publication: 0,
  signal: 0
}
/** The names of the options of a delete. */
export const deleteNames: OptionNames<DeleteOptions> = { ifRank: 0, signal: 0 }

/** What most puts change besides their record. */
const noChanges: PutChanges = /* @__PURE__ */ Object.freeze({
  ifRank: undefined,
  publication: undefined,
  completes: undefined,
  group: undefined
})

/** Checks and copies what a put changes besides its record. @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkedChanges({ ifRank, publication, completes, group }: PutChanges, key: Uint8Array): PutChanges {
  if (ifRank === undefined && publication === undefined && completes === undefined && group === undefined)
    return noChanges
  return {
    ifRank: checkedCondition(ifRank),
    publication: changedPublication(publication, key),
    completes: optional(completes, (value) => checkedBytes(value, 'completes', 0, Number.MAX_SAFE_INTEGER)),
    group: optional(group, (bytes) => checkedBytes(bytes, 'group', 1, maxPeerId))
  }
}

/** The same record in bytes of its own. */
export function copyRecord(record: StoredRecord): StoredRecord {
  return copyOf(record, record.timeReceived, record.expires, returnedCopy)
}

function copyOf(
  { key, value, rank, author, sender }: StoredRecord,
  timeReceived: bigint,
  expires: bigint | undefined,
  copy: (bytes: Uint8Array) => Uint8Array
): StoredRecord {
  return {
    key: copy(key),
    value: copy(value),
    rank: copy(rank),
    timeReceived,
    expires,
    author: author && copy(author),
    sender: sender && copy(sender)
  }
}

/** Checks a publication and copies it. @throws RecordError `INVALID_ARGUMENT` naming the field that is wrong */
function checkedPublication(publication: unknown, key: Uint8Array): Publication {
  if (typeof publication !== 'object' || publication === null) {
    throw invalid(`publication is ${nameOf(publication)}; an object with key and network is expected`)
  }
  const { key: own, signer, lifetime, ttl, options, network, published } = publication as Publication
  checkBytes(own, 'publication.key', 1, Number.MAX_SAFE_INTEGER)
  if (!equalBytes(own, key)) throw invalid('publication.key differs from the key of the entry')
  if (typeof network !== 'boolean') throw invalid(`publication.network is ${nameOf(network)}; a boolean is expected`)
  return {
    key: keptCopy(own),
    signer: optional(signer, (bytes) => checkedBytes(bytes, 'publication.signer', 1, maxPeerId)),
    lifetime: optional(lifetime, (time) => checkedTime(time, 'publication.lifetime')),
    ttl: optional(ttl, (time) => checkedTime(time, 'publication.ttl')),
    options: optional(options, (bytes) => checkedBytes(bytes, 'publication.options', 0, maxOptions)),
    network,
    published: optional(published, (time) => checkedTime(time, 'publication.published'))
  }
}

/** The same publication in bytes of its own. */
export function copyPublication({ key, signer, options, ...rest }: Publication): Publication {
  return {
    ...rest,
    key: copyBytes(key),
    signer: signer && copyBytes(signer),
    options: options && copyBytes(options)
  }
}

/** The same mark in bytes of its own. */
export function copyMark({ key, rank, until }: HighWaterMark): HighWaterMark {
  return { key: copyBytes(key), rank: copyBytes(rank), until }
}

/** Checks and copies the operations of a batch. @throws RecordError `INVALID_ARGUMENT` */
export function checkedOperations(operations: unknown, storeLimits: StoreLimits = {}): StoreOperation[] {
  if (!Array.isArray(operations)) throw invalid(`operations is ${nameOf(operations)}; an array is expected`)
  return operations.map((operation: StoreOperation) => checkedOperation(operation, storeLimits))
}

/** Checks and copies one operation. @throws RecordError `INVALID_ARGUMENT` naming the field that is wrong */
export function checkedOperation(operation: StoreOperation, storeLimits: StoreLimits = {}): StoreOperation {
  const type: unknown = (operation as StoreOperation | null | undefined)?.type
  if (type !== 'put' && type !== 'touch' && type !== 'delete') {
    throw invalid(
      `the type of an operation is ${typeof type === 'string' ? `"${printable(type)}"` : describe(type)}; "put", "touch" or "delete" is expected`
    )
  }
  if (operation.type === 'put') {
    const record = checkedRecord(operation.record, storeLimits)
    const { ifRank, publication, completes, group } = checkedChanges(operation, record.key)
    return { type: 'put', record, ifRank, publication, completes, group }
  }
  const ifRank = checkedCondition(operation.ifRank)
  checkKey(operation.key, storeLimits)
  const key = keptCopy(operation.key)
  if (operation.type === 'delete') return { type: 'delete', key, ifRank }
  return {
    type: 'touch',
    key,
    ifRank,
    timeReceived: optional(operation.timeReceived, (time) => checkedTime(time, 'timeReceived')),
    expires: optional(operation.expires, (time) => checkedTime(time, 'expires')),
    publication: changedPublication(operation.publication, key)
  }
}

function changedPublication(publication: unknown, key: Uint8Array): Publication | null | undefined {
  return publication === undefined || publication === null ? publication : checkedPublication(publication, key)
}

function checkedCondition(ifRank: unknown): Uint8Array | null | undefined {
  return ifRank === undefined || ifRank === null ? ifRank : checkedBytes(ifRank, 'ifRank', 0, maxRank)
}

/**
 * The signal of a call's options.
 *
 * @throws RecordError `INVALID_ARGUMENT` when options or signal are of the wrong type; the signal's own reason when it is aborted
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
  /** nothing can lie within */
  readonly empty: boolean
}

/** Checks a query and folds it into bounds. @throws RecordError `INVALID_ARGUMENT` */
export function checkedRange(query: StoreQuery = {}): CheckedRange {
  checkOptions(query, { prefix: 0, start: 0, end: 0, after: 0, reverse: 0, limit: 0, expired: 0 }, 'query')
  const { prefix, after, reverse = false } = query
  const limit = checkCount(query.limit, 'limit', Number.POSITIVE_INFINITY, 0)
  if (typeof reverse !== 'boolean') throw invalid(`reverse is ${nameOf(reverse)}; a boolean is expected`)
  if (query.expired !== undefined && typeof query.expired !== 'boolean')
    throw invalid(`expired is ${nameOf(query.expired)}; a boolean is expected`)
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
