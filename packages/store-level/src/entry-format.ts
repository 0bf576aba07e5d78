import { checksum } from '#checksum'
import type { ProtobufFields, ProtobufValue } from '@recordkit/record-codec/protobuf'
import {
  readBool,
  readBytes,
  readFields,
  readRepeatedBytes,
  readUint32,
  readUint64,
  writeFields
} from '@recordkit/record-codec/protobuf'
import type {
  AccountSize,
  AccountTotals,
  HighWaterMark,
  Publication,
  Share,
  StoredRecord
} from '@recordkit/record-store'
import { rankWithIdentity } from '@recordkit/record-store/internal'
import { RecordError } from '@recordkit/record-types'
import { bytesFieldSize, countFieldSize, writeCountField, writeVarint } from './count-fields.ts'
import { readUint32At, writeUint32 } from './level-layout.ts'

/**
 * An entry in the database is a protobuf message (below), followed by the CRC-32 of the full key and the message. The
 * checksum detects damaged entries, and entries stored under another key.
 *
 * ```
 * message Record      { bytes value = 2; uint64 time_received = 3; uint64 expires = 4; bytes author = 6; bytes sender = 7;
 *                       bool publication = 8; bool marked = 9; bytes rank = 11; bytes group = 12; uint64 since = 13;
 *                       uint32 format = 15; }
 * message Mark        { uint64 until = 3; bytes rank = 5; bytes group = 6; uint64 since = 7; uint32 format = 15; }
 * message Publication { bytes signer = 1; uint64 lifetime = 2; uint64 ttl = 3; bytes options = 4; bool network = 5;
 *                       uint64 published = 6; uint32 format = 15; }
 * message Account     { uint64 records = 1; uint64 bytes = 2; uint64 marks = 3; }
 * message Counters    { uint64 records = 1; uint64 bytes = 2; uint64 marks = 3; uint64 ordinal = 4;
 *                       uint64 publications = 5; uint64 published_records = 6; uint64 published_bytes = 7;
 *                       uint64 groups = 8; repeated RecentAccount recent_accounts = 9; }
 * message RecentAccount { bytes name = 1; uint64 records = 2; uint64 bytes = 3; uint64 marks = 4; }
 * message Header      { bytes name = 1; uint32 version = 2; }
 * ```
 *
 * `format` is absent in this version, 4. A later version that changes the meaning of a message writes a higher number: this
 * version then neither reads nor changes the entry.
 *
 * `recent_accounts` are the sizes of the accounts that changed last. Their entries may be missing or have earlier sizes: an
 * account is written to its entry when it leaves this list. The index of group sizes always has the current sizes.
 *
 * `group` and `since` are the share of a record or mark; absent, they are empty and 0, as in the entries of earlier versions.
 *
 * Versions 1 and 2 wrote ranks without identity: `bytes rank = 1` of Record and Mark. They are read still. Other fields of
 * earlier versions are skipped: `bytes digest = 5` of Record and 2 of Mark, `uint64 published = 10` of Record, and
 * `uint64 ordinal = 4` of Mark. The `bool local = 8` of Record is `publication` now: the migration to version 3 writes these
 * publications.
 */
export interface RecordForm {
  readonly record: StoredRecord
  readonly recordShare: Share | undefined
  /** whether the key of the record has a mark too */
  readonly marked: boolean
  /** whether the key of the record has a publication too */
  readonly published: boolean
}

export interface MarkForm {
  readonly mark: HighWaterMark
  readonly markShare: Share | undefined
}

/** The size of an account. */
export interface Account extends AccountSize {
  readonly name: Uint8Array
}

export interface Counters extends AccountTotals {
  /** the next ordinal, for an entry that is moved aside */
  readonly ordinal: number
  /** the accounts that changed last, whose own entries may be outdated */
  readonly recentAccounts: readonly Account[]
}

/** The counters of an empty database. */
export const noCounters: Counters = /* @__PURE__ */ Object.freeze({
  records: 0,
  bytes: 0,
  marks: 0,
  publications: 0,
  publishedRecords: 0,
  publishedBytes: 0,
  groups: 0,
  ordinal: 0,
  recentAccounts: /* @__PURE__ */ Object.freeze([])
})

export interface Header {
  readonly name: Uint8Array
  readonly version: number
}

/** Format of the messages that are written, and the highest that can be read. */
const entryFormat = 4
const formatTag = 120
const checksumSize = 4

export function encodeRecordForm(fullKey: Uint8Array, form: RecordForm): Uint8Array {
  const { rank, value, timeReceived, expires, author, sender } = form.record
  const publication = form.published ? 1 : undefined
  const mark = form.marked ? 1 : undefined
  const { group, since } = encodedShare(form.recordShare)
  // oxfmt-ignore
  const fields = [
    18, value, 24, timeReceived, 32, expires, 50, author, 58, sender, 64, publication, 72, mark, 90, rank, 98, group, 104, since
  ]
  return encodeEntry(fullKey, fields)
}

/** @throws RecordError `STORE_CORRUPT`, `STORE_NEWER_FORMAT` */
export function decodeRecordForm(fullKey: Uint8Array, bytes: Uint8Array): RecordForm {
  return decodeEntry(fullKey, bytes, recordTags, readRecordForm, 10)
}

// the rank without identity comes last: the fields of this version are found faster in the order of the tags
const recordTags = [18, 24, 32, 50, 58, 64, 72, 90, 98, 104, formatTag, 10]

function readRecordForm(fields: ProtobufFields, fullKey: Uint8Array): RecordForm {
  const value = readBytes(fields, 0)
  const timeReceived = readTime(fields, 1)
  const rank = readRank(fields, 7, 11)
  if (rank === undefined || value === undefined || timeReceived === undefined) {
    throw new Error('rank, value or time is missing')
  }
  const record: { -readonly [Field in keyof StoredRecord]: StoredRecord[Field] } = {
    key: fullKey.subarray(1),
    value,
    rank,
    timeReceived
  }
  const expires = readTime(fields, 2)
  const author = readBytes(fields, 3)
  const sender = readBytes(fields, 4)
  if (expires !== undefined) record.expires = expires
  if (author !== undefined) record.author = author
  if (sender !== undefined) record.sender = sender
  return { record, recordShare: readShare(fields, 8), marked: readBool(fields, 6), published: readBool(fields, 5) }
}

export function encodeMark(fullKey: Uint8Array, { mark: { rank, until }, markShare }: MarkForm): Uint8Array {
  const { group, since } = encodedShare(markShare)
  return encodeEntry(fullKey, [24, until, 42, rank, 50, group, 56, since])
}

/** @throws RecordError `STORE_CORRUPT`, `STORE_NEWER_FORMAT` */
export function decodeMark(fullKey: Uint8Array, bytes: Uint8Array): MarkForm {
  return decodeEntry(fullKey, bytes, markTags, readMarkForm, 4)
}

const markTags = [24, 42, 50, 56, formatTag, 10]

function readMarkForm(fields: ProtobufFields, fullKey: Uint8Array): MarkForm {
  const until = readTime(fields, 0)
  const rank = readRank(fields, 1, 5)
  if (rank === undefined || until === undefined) throw new Error('rank or time is missing')
  return { mark: { key: fullKey.subarray(1), rank, until }, markShare: readShare(fields, 2) }
}

const noBytes: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

function encodedShare(share: Share | undefined): { group: Uint8Array | undefined; since: bigint | undefined } {
  return {
    group: share === undefined || share.group.length === 0 ? undefined : share.group,
    since: share === undefined || share.since === 0n ? undefined : share.since
  }
}

/** @param index - of the group, before that of the time */
function readShare(fields: ProtobufFields, index: number): Share | undefined {
  const group = readBytes(fields, index)
  const since = readTime(fields, index + 1)
  return group === undefined && since === undefined ? undefined : { group: group ?? noBytes, since: since ?? 0n }
}

export function encodePublication(fullKey: Uint8Array, publication: Publication): Uint8Array {
  const { signer, lifetime, ttl, options, network, published } = publication
  const sent = network ? 1 : undefined
  return encodeEntry(fullKey, [10, signer, 16, lifetime, 24, ttl, 34, options, 40, sent, 48, published])
}

/** @throws RecordError `STORE_CORRUPT`, `STORE_NEWER_FORMAT` */
export function decodePublication(fullKey: Uint8Array, bytes: Uint8Array): Publication {
  const read = (fields: ProtobufFields): Publication => ({
    key: fullKey.subarray(1),
    signer: readBytes(fields, 0),
    lifetime: readTime(fields, 1),
    ttl: readTime(fields, 2),
    options: readBytes(fields, 3),
    network: readBool(fields, 4),
    published: readTime(fields, 5)
  })
  return decodeEntry(fullKey, bytes, [10, 16, 24, 34, 40, 48, formatTag], read, 6)
}

/**
 * The publication of a record that version 2 wrote; `undefined` when we did not publish it.
 *
 * @throws RecordError `STORE_CORRUPT`
 */
export function decodeLocalRecord(fullKey: Uint8Array, bytes: Uint8Array): Publication | undefined {
  return decodeEntry(fullKey, bytes, [50, 64, 80], (fields) =>
    readBool(fields, 1)
      ? // a record that was never published was put offline, or its first publication failed: it is published now, as before
        { key: fullKey.subarray(1), signer: readBytes(fields, 0), network: true, published: readTime(fields, 2) }
      : undefined
  )
}

export function encodeAccount(fullKey: Uint8Array, { records, bytes, marks }: AccountSize): Uint8Array {
  const out = allocateValue(countFieldSize(records) + countFieldSize(bytes) + countFieldSize(marks) + checksumSize)
  const end = writeCountField(out, writeCountField(out, 0, 8, records), 16, bytes)
  writeCountField(out, end, 24, marks)
  return addChecksum(fullKey, out)
}

/** @throws RecordError `STORE_CORRUPT` */
export function decodeAccount(fullKey: Uint8Array, bytes: Uint8Array): AccountSize {
  return decodeEntry(fullKey, bytes, [8, 16, 24], (fields) => ({
    records: readCount(fields, 0),
    bytes: readCount(fields, 1),
    marks: readCount(fields, 2)
  }))
}

export function encodeCounters(fullKey: Uint8Array, counters: Counters): Uint8Array {
  const { records, bytes, marks, publications, publishedRecords, publishedBytes, groups, ordinal } = counters
  const { recentAccounts } = counters
  let size =
    checksumSize +
    countFieldSize(records) +
    countFieldSize(bytes) +
    countFieldSize(marks) +
    countFieldSize(ordinal) +
    countFieldSize(publications) +
    countFieldSize(publishedRecords) +
    countFieldSize(publishedBytes) +
    countFieldSize(groups)
  for (const account of recentAccounts) size += bytesFieldSize(recentAccountSize(account))
  const out = allocateValue(size)
  let end = writeCountField(out, 0, 8, records)
  end = writeCountField(out, end, 16, bytes)
  end = writeCountField(out, end, 24, marks)
  end = writeCountField(out, end, 32, ordinal)
  end = writeCountField(out, end, 40, publications)
  end = writeCountField(out, end, 48, publishedRecords)
  end = writeCountField(out, end, 56, publishedBytes)
  end = writeCountField(out, end, 64, groups)
  for (const account of recentAccounts) end = writeRecentAccount(out, end, account)
  return addChecksum(fullKey, out)
}

/** Size of the message of a recent account. */
function recentAccountSize({ name, records, bytes, marks }: Account): number {
  return bytesFieldSize(name.length) + countFieldSize(records) + countFieldSize(bytes) + countFieldSize(marks)
}

/** Writes the field of a recent account. Returns the offset after it. */
function writeRecentAccount(out: Uint8Array, offset: number, account: Account): number {
  const { name, records, bytes, marks } = account
  out[offset] = 74
  let end = writeVarint(out, offset + 1, recentAccountSize(account))
  out[end] = 10
  end = writeVarint(out, end + 1, name.length)
  out.set(name, end)
  end = writeCountField(out, end + name.length, 16, records)
  end = writeCountField(out, end, 24, bytes)
  return writeCountField(out, end, 32, marks)
}

/** @throws RecordError `STORE_CORRUPT` */
export function decodeCounters(fullKey: Uint8Array, bytes: Uint8Array): Counters {
  const read = (fields: ProtobufFields): Counters => ({
    records: readCount(fields, 0),
    bytes: readCount(fields, 1),
    marks: readCount(fields, 2),
    ordinal: readCount(fields, 3),
    publications: readCount(fields, 4),
    publishedRecords: readCount(fields, 5),
    publishedBytes: readCount(fields, 6),
    groups: readCount(fields, 7),
    recentAccounts: readRepeatedBytes(fields, 8).map(readRecentAccount)
  })
  return decodeEntry(fullKey, bytes, [8, 16, 24, 32, 40, 48, 56, 64, 74], read, -1, true)
}

function readRecentAccount(message: Uint8Array): Account {
  const fields = readFields(message, message.length, 'a recent account', [10, 16, 24, 32])
  const name = readBytes(fields, 0)
  if (name === undefined || name.length === 0) throw new Error('the name of an account is missing')
  return {
    name: new Uint8Array(name),
    records: readCount(fields, 1),
    bytes: readCount(fields, 2),
    marks: readCount(fields, 3)
  }
}

/** A count; 0 when it is absent. */
function readCount({ offsets }: ProtobufFields, index: number): number {
  return ((offsets[2 * index + 1] ?? 0) >>> 0) * 2 ** 32 + ((offsets[2 * index] ?? 0) >>> 0)
}

export function encodeHeader(fullKey: Uint8Array, { name, version }: Header): Uint8Array {
  return encodeEntry(fullKey, [10, name, 16, version])
}

/** @throws RecordError `STORE_CORRUPT` */
export function decodeHeader(fullKey: Uint8Array, bytes: Uint8Array): Header {
  return decodeEntry(fullKey, bytes, [10, 16], (fields) => {
    const name = readBytes(fields, 0)
    if (name === undefined) throw new Error('name is missing')
    return { name, version: readUint32(fields, 1) ?? 0 }
  })
}

/** Decodes an entry; `undefined` when it is missing or cannot be read. */
export function tryDecode<Form>(
  decode: (fullKey: Uint8Array, bytes: Uint8Array) => Form,
  fullKey: Uint8Array,
  bytes: Uint8Array | undefined
): Form | undefined {
  try {
    return bytes === undefined ? undefined : decode(fullKey, bytes)
  } catch {
    return undefined
  }
}

function encodeEntry(fullKey: Uint8Array, fields: readonly ProtobufValue[]): Uint8Array {
  return addChecksum(fullKey, writeFields(fields, checksumSize))
}

/** Memory for an entry, as {@link writeFields} allocates it. */
function allocateValue(size: number): Uint8Array {
  return writeFields([], size)
}

/** @param entry - with 4 free bytes at its end */
function addChecksum(fullKey: Uint8Array, entry: Uint8Array): Uint8Array {
  const end = entry.length - checksumSize
  writeUint32(entry, end, checksum(entry, end, checksum(fullKey)))
  return entry
}

/**
 * @param formatIndex - index of {@link formatTag} in `tags`, for a message with a format
 * @param repeats - whether the last field may occur more than once
 */
function decodeEntry<Form>(
  fullKey: Uint8Array,
  bytes: Uint8Array,
  tags: readonly number[],
  read: (fields: ProtobufFields, fullKey: Uint8Array) => Form,
  formatIndex: number = -1,
  repeats: boolean = false
): Form {
  let message: Uint8Array | undefined
  let cause: unknown
  try {
    const end = bytes.length - checksumSize
    if (end < 0) throw new Error(`it has ${bytes.length} bytes; at least ${checksumSize} are expected`)
    if (readUint32At(bytes, end) !== checksum(bytes, end, checksum(fullKey)))
      throw new Error('its checksum does not match its key and bytes')
    message = bytes.subarray(0, end)
    const fields = readFields(message, end, 'a stored entry', tags, repeats)
    if (formatIndex < 0 || (readUint32(fields, formatIndex) ?? 0) <= entryFormat) return read(fields, fullKey)
  } catch (error) {
    cause = error
  }
  const key = new Uint8Array(fullKey.subarray(1))
  // a later version may have changed every field but this one
  const version = message === undefined || formatIndex < 0 ? 0 : formatOf(message)
  if (version > entryFormat) {
    const text = `the entry has format version ${version}; this version of store-level reads up to ${entryFormat}`
    throw new RecordError('STORE_NEWER_FORMAT', text, { key, details: { version } })
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  throw new RecordError('STORE_CORRUPT', `a stored entry cannot be read: ${reason}`, { cause, key })
}

/** The format of a message; 0 when it has none or cannot be read. */
function formatOf(message: Uint8Array): number {
  try {
    return readUint32(readFields(message, message.length, 'a stored entry', [formatTag]), 0) ?? 0
  } catch {
    return 0
  }
}

/** The rank of a record or mark: as it is stored, or with the identity that versions 1 and 2 did not store. */
function readRank(fields: ProtobufFields, index: number, orderIndex: number): Uint8Array | undefined {
  const order = readBytes(fields, orderIndex)
  return readBytes(fields, index) ?? (order && rankWithIdentity(order))
}

function readTime(fields: ProtobufFields, index: number): bigint | undefined {
  return fields.offsets[2 * index] === undefined ? undefined : readUint64(fields, index)
}
