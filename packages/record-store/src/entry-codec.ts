import type { StoreEntry } from './backend.ts'
import { RecordError } from '@recordkit/record-types'
import type { HighWaterMark, StoredRecord } from './store.ts'

/** First byte of an encoded entry: the version of its form. */
const form = 2
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
 * One entry as bytes, for a backend that keeps bytes: the same entry always gives the same bytes, so that two can be
 * compared. The form is private to {@link decodeStoreEntry}: store it, do not read it.
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
  const kept = fields.filter((field) => field !== undefined)
  const size = kept.reduce(
    (sum, field) => sum + 4 + field.length,
    3 + 8 * times.filter((time) => time !== undefined).length
  )
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  bytes[0] = form
  view.setUint16(1, flags)
  let offset = 3
  for (const time of times) {
    if (time === undefined) continue
    view.setBigUint64(offset, time)
    offset += 8
  }
  for (const field of kept) {
    view.setUint32(offset, field.length)
    bytes.set(field, offset + 4)
    offset += 4 + field.length
  }
  return bytes
}

/**
 * Reads what {@link encodeStoreEntry} wrote under `key`. Byte fields are views on `bytes`. What cannot be read, or was
 * written under another key, is an entry that says so: hand it to the guard as it is.
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
  if (view.getUint8(0) !== form) throw new Error(`its form is ${bytes[0]}; ${form} is read`)
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
    if (end > bytes.length) throw new Error('it ends too early')
    offset = end
    return bytes.subarray(start, end)
  }
  const record: { -readonly [Field in keyof StoredRecord]?: StoredRecord[Field] } = {}
  const mark: { -readonly [Field in keyof HighWaterMark]?: HighWaterMark[Field] } = {}
  if (has(present.record)) record.timeReceived = time()
  if (has(present.expires)) record.expires = time()
  if (has(present.mark)) mark.until = time()
  if (has(present.published)) record.published = time()
  const own = field()
  if (own.length !== key.length || own.some((byte, index) => byte !== key[index]))
    throw new Error("its key is another's")
  record.key = own
  mark.key = own
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
  if (offset !== bytes.length) throw new Error('bytes follow its end')
  return {
    ...(has(present.record) ? { record: record as StoredRecord } : {}),
    ...(has(present.mark) ? { mark: mark as HighWaterMark } : {})
  }
}
