import type { StoreEntry } from './backend.ts'
import { equalBytes, RecordError } from '@recordkit/record-types'
import type { HighWaterMark, StoredRecord } from './store.ts'

/** First byte of an encoded entry: the version of its format. */
const formatVersion = 2
/** Flags: the fields that an encoded entry contains. */
const present = {
  record: 1,
  mark: 2,
  expires: 4,
  digest: 8,
  author: 16,
  sender: 32,
  local: 64,
  markDigest: 128,
  published: 256
} as const

/**
 * Encodes an entry, for backends that store bytes. Equal entries have equal encodings, so that a backend can compare them.
 * Decode the result with {@link decodeStoreEntry} only: the format is private.
 *
 * @example
 * ```ts
 * await database.put(change.key, encodeStoreEntry(change.key, change.next))
 * ```
 */
export function encodeStoreEntry(key: Uint8Array, { record, mark }: StoreEntry): Uint8Array {
  const flags =
    (record === undefined ? 0 : present.record) |
    (mark === undefined ? 0 : present.mark) |
    (record?.expires === undefined ? 0 : present.expires) |
    (record?.digest === undefined ? 0 : present.digest) |
    (record?.author === undefined ? 0 : present.author) |
    (record?.sender === undefined ? 0 : present.sender) |
    (record?.local === true ? present.local : 0) |
    (mark?.digest === undefined ? 0 : present.markDigest) |
    (record?.published === undefined ? 0 : present.published)
  const fields = [
    key,
    record?.value,
    record?.rank,
    record?.digest,
    record?.author,
    record?.sender,
    mark?.rank,
    mark?.digest
  ]
  const times = [record?.timeReceived, record?.expires, mark?.until, record?.published]
  const presentFields = fields.filter((field) => field !== undefined)
  const size = presentFields.reduce(
    (sum, field) => sum + 4 + field.length,
    3 + 8 * times.filter((time) => time !== undefined).length
  )
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  bytes[0] = formatVersion
  view.setUint16(1, flags)
  let offset = 3
  for (const time of times) {
    if (time === undefined) continue
    view.setBigUint64(offset, time)
    offset += 8
  }
  for (const field of presentFields) {
    view.setUint32(offset, field.length)
    bytes.set(field, offset + 4)
    offset += 4 + field.length
  }
  return bytes
}

/**
 * Decodes an entry that {@link encodeStoreEntry} encoded for `key`. Byte fields are views on `bytes`. Never throws: bytes that
 * cannot be decoded, or were encoded for another key, become an entry with `corrupt`. Return it from `read` and `scan`.
 *
 * @example
 * ```ts
 * const bytes = await database.get(key)
 * return bytes === undefined ? {} : decodeStoreEntry(key, bytes)
 * ```
 */
export function decodeStoreEntry(key: Uint8Array, bytes: Uint8Array): StoreEntry {
  try {
    return decode(key, bytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return {
      corrupt: new RecordError('STORE_CORRUPT', `a stored entry cannot be read: ${reason}`, {
        cause,
        key: new Uint8Array(key)
      })
    }
  }
}

function decode(key: Uint8Array, bytes: Uint8Array): StoreEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(0) !== formatVersion)
    throw new Error(`its format version is ${bytes[0]}; ${formatVersion} is expected`)
  const flags = view.getUint16(1)
  const has = (flag: number): boolean => (flags & flag) !== 0
  let offset = 3
  const time = (): bigint => {
    offset += 8
    return view.getBigUint64(offset - 8)
  }
  const field = (): Uint8Array => {
    const start = offset + 4
    const end = start + view.getUint32(offset)
    if (end > bytes.length) throw new Error('it is truncated')
    offset = end
    return bytes.subarray(start, end)
  }
  const record: { -readonly [Field in keyof StoredRecord]?: StoredRecord[Field] } = {}
  const mark: { -readonly [Field in keyof HighWaterMark]?: HighWaterMark[Field] } = {}
  if (has(present.record)) record.timeReceived = time()
  if (has(present.expires)) record.expires = time()
  if (has(present.mark)) mark.until = time()
  if (has(present.published)) record.published = time()
  const encodedKey = field()
  if (!equalBytes(encodedKey, key)) throw new Error('it was written under another key')
  record.key = encodedKey
  mark.key = encodedKey
  if (has(present.record)) {
    record.value = field()
    record.rank = field()
  }
  if (has(present.digest)) record.digest = field()
  if (has(present.author)) record.author = field()
  if (has(present.sender)) record.sender = field()
  if (has(present.local)) record.local = true
  if (has(present.mark)) mark.rank = field()
  if (has(present.markDigest)) mark.digest = field()
  if (offset !== bytes.length) throw new Error('extra bytes follow it')
  return {
    ...(has(present.record) ? { record: record as StoredRecord } : {}),
    ...(has(present.mark) ? { mark: mark as HighWaterMark } : {})
  }
}
