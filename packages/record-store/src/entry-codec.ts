import { equalBytes, RecordError } from '@recordkit/record-types'
import type { EntryContent, Share, StoreEntry } from './backend.ts'
import type { HighWaterMark, Publication, StoredRecord } from './store.ts'

/**
 * The first byte of an encoded entry: the version of its format. Versions 1 and 2 had ranks without identity. 3 was never
 * written: one flipped bit of an entry in version 2 makes it 3, and would turn damage into another entry.
 */
const currentVersion = 4
const lastRankWithoutIdentity = 2
const identityLength = 32

/** Bits that tell which parts and fields follow, in the order of their encoding. */
const flag = {
  record: 1,
  mark: 2,
  expires: 4,
  author: 8,
  sender: 16,
  publication: 32,
  signer: 64,
  lifetime: 128,
  ttl: 256,
  options: 512,
  network: 1024,
  published: 2048,
  recordShare: 4096,
  markShare: 8192
} as const

/** The flags of version 2, in which a record contained its digest and what is a publication now. */
const flag2 = {
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
 * One entry as bytes, for a backend that stores bytes: the same entry always has the same encoding. Only
 * {@link decodeStoreEntry} reads it.
 *
 * @example
 * ```ts
 * await database.put(key, encodeStoreEntry(key, change.next))
 * ```
 */
export function encodeStoreEntry(key: Uint8Array, content: EntryContent): Uint8Array {
  const { record, mark, publication } = content
  const recordShare = record && content.recordShare
  const markShare = mark && content.markShare
  const flags =
    (record === undefined ? 0 : flag.record) |
    (mark === undefined ? 0 : flag.mark) |
    (record?.expires === undefined ? 0 : flag.expires) |
    (record?.author === undefined ? 0 : flag.author) |
    (record?.sender === undefined ? 0 : flag.sender) |
    (publication === undefined ? 0 : flag.publication) |
    (publication?.signer === undefined ? 0 : flag.signer) |
    (publication?.lifetime === undefined ? 0 : flag.lifetime) |
    (publication?.ttl === undefined ? 0 : flag.ttl) |
    (publication?.options === undefined ? 0 : flag.options) |
    (publication?.network === true ? flag.network : 0) |
    (publication?.published === undefined ? 0 : flag.published) |
    (recordShare === undefined ? 0 : flag.recordShare) |
    (markShare === undefined ? 0 : flag.markShare)
  const times = [
    record?.timeReceived,
    record?.expires,
    mark?.until,
    publication?.lifetime,
    publication?.ttl,
    publication?.published,
    recordShare?.since,
    markShare?.since
  ].filter((time) => time !== undefined)
  const fields = [
    key,
    record?.value,
    record?.rank,
    record?.author,
    record?.sender,
    mark?.rank,
    publication?.signer,
    publication?.options,
    recordShare?.group,
    markShare?.group
  ].filter((field) => field !== undefined)
  const size = fields.reduce((sum, field) => sum + 4 + field.length, 3 + 8 * times.length)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  bytes[0] = currentVersion
  view.setUint16(1, flags)
  let offset = 3
  for (const time of times) {
    view.setBigUint64(offset, time)
    offset += 8
  }
  for (const field of fields) {
    view.setUint32(offset, field.length)
    bytes.set(field, offset + 4)
    offset += 4 + field.length
  }
  return bytes
}

/**
 * Decodes what {@link encodeStoreEntry} wrote under `key`, in this version or an earlier one. Byte fields are views on
 * `bytes`. The result has `bytes` as its version. An entry that cannot be decoded, that was written under another key or by a
 * newer version, is an entry that tells so: pass it on as it is.
 *
 * @example
 * ```ts
 * const bytes = await database.get(key)
 * return bytes === undefined ? {} : decodeStoreEntry(key, bytes)
 * ```
 */
export function decodeStoreEntry(key: Uint8Array, bytes: Uint8Array): StoreEntry {
  const [version = 0] = bytes
  if (version > currentVersion) {
    const message = `the entry has format version ${version}; this version reads up to ${currentVersion}`
    const details = { version }
    return {
      version: bytes,
      newer: new RecordError('STORE_NEWER_FORMAT', message, { key: new Uint8Array(key), details })
    }
  }
  try {
    const decode = version === lastRankWithoutIdentity ? decodeVersion2 : decodeCurrent
    return decode(key, bytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const fields = { cause, key: new Uint8Array(key) }
    return {
      version: bytes,
      corrupt: new RecordError('STORE_CORRUPT', `a stored entry cannot be decoded: ${reason}`, fields)
    }
  }
}

/**
 * Whether two versions that {@link decodeStoreEntry} gave to entries are equal. `undefined`: there is no entry.
 *
 * @example
 * ```ts
 * if (!equalVersions(await database.get(key), change.previous.version)) return false // another process wrote it
 * ```
 */
export function equalVersions(a: unknown, b: unknown): boolean {
  return a === b || (a instanceof Uint8Array && b instanceof Uint8Array && equalBytes(a, b))
}

/**
 * The rank of an entry from before ranks contained an identity: followed by the lowest identity, so that every record of the
 * same order replaces it.
 */
export function rankWithIdentity(order: Uint8Array): Uint8Array {
  const rank = new Uint8Array(order.length + identityLength)
  rank.set(order)
  return rank
}

function decodeCurrent(key: Uint8Array, bytes: Uint8Array): StoreEntry {
  const reader = new EntryReader(bytes, currentVersion)
  const { flags } = reader
  const has = (mask: number): boolean => (flags & mask) !== 0
  const timeReceived = has(flag.record) ? reader.time() : 0n
  const expires = has(flag.expires) ? reader.time() : undefined
  const until = has(flag.mark) ? reader.time() : 0n
  const lifetime = has(flag.lifetime) ? reader.time() : undefined
  const ttl = has(flag.ttl) ? reader.time() : undefined
  const published = has(flag.published) ? reader.time() : undefined
  const recordSince = has(flag.recordShare) ? reader.time() : 0n
  const markSince = has(flag.markShare) ? reader.time() : 0n
  const own = reader.key(key)
  let record: StoredRecord | undefined
  if (has(flag.record)) {
    const value = reader.field()
    const rank = reader.field()
    const author = has(flag.author) ? reader.field() : undefined
    const sender = has(flag.sender) ? reader.field() : undefined
    record = { key: own, value, rank, timeReceived, expires, author, sender }
  }
  const mark: HighWaterMark | undefined = has(flag.mark) ? { key: own, rank: reader.field(), until } : undefined
  let publication: Publication | undefined
  if (has(flag.publication)) {
    const signer = has(flag.signer) ? reader.field() : undefined
    const options = has(flag.options) ? reader.field() : undefined
    publication = { key: own, signer, lifetime, ttl, options, network: has(flag.network), published }
  }
  const recordShare: Share | undefined = has(flag.recordShare)
    ? { group: reader.field(), since: recordSince }
    : undefined
  const markShare: Share | undefined = has(flag.markShare) ? { group: reader.field(), since: markSince } : undefined
  reader.end()
  return { record, mark, publication, recordShare, markShare, version: bytes }
}

function decodeVersion2(key: Uint8Array, bytes: Uint8Array): StoreEntry {
  const reader = new EntryReader(bytes, 2)
  const { flags } = reader
  const has = (mask: number): boolean => (flags & mask) !== 0
  const timeReceived = has(flag2.record) ? reader.time() : 0n
  const expires = has(flag2.expires) ? reader.time() : undefined
  const until = has(flag2.mark) ? reader.time() : 0n
  const published = has(flag2.published) ? reader.time() : undefined
  const own = reader.key(key)
  const value = has(flag2.record) ? reader.field() : own
  const rank = has(flag2.record) ? rankWithIdentity(reader.field()) : own
  if (has(flag2.digest)) reader.field()
  const author = has(flag2.author) ? reader.field() : undefined
  const sender = has(flag2.sender) ? reader.field() : undefined
  const markRank = has(flag2.mark) ? rankWithIdentity(reader.field()) : own
  if (has(flag2.markDigest)) reader.field()
  reader.end()
  return {
    record: has(flag2.record) ? { key: own, value, rank, timeReceived, expires, author, sender } : undefined,
    mark: has(flag2.mark) ? { key: own, rank: markRank, until } : undefined,
    // a record that was never published was put offline, or its first publication failed: it is published now, as before
    publication: has(flag2.local) ? { key: own, signer: author, network: true, published } : undefined,
    version: bytes
  }
}

/** Reads an encoded entry: flags, then times, then fields after their length. */
class EntryReader {
  readonly #buffer: ArrayBufferLike
  readonly #start: number
  readonly #length: number
  readonly #view: DataView
  readonly flags: number
  #offset = 3

  constructor(bytes: Uint8Array, version: number) {
    const { buffer, byteOffset, length } = bytes
    this.#buffer = buffer
    this.#start = byteOffset
    this.#length = length
    this.#view = new DataView(buffer, byteOffset, length)
    if (bytes[0] !== version) throw new Error(`its format version is ${bytes[0]}`)
    this.flags = this.#view.getUint16(1)
  }

  time(): bigint {
    this.#offset += 8
    return this.#view.getBigUint64(this.#offset - 8)
  }

  field(): Uint8Array {
    const start = this.#offset + 4
    const end = start + this.#view.getUint32(this.#offset)
    if (end > this.#length) throw new Error('it is truncated')
    this.#offset = end
    // `subarray` of a Buffer of Node is slower
    return new Uint8Array(this.#buffer, this.#start + start, end - start)
  }

  /** @param expected - the key under which the entry was found */
  key(expected: Uint8Array): Uint8Array {
    const own = this.field()
    if (!equalBytes(own, expected)) throw new Error('it belongs to another key')
    return own
  }

  end(): void {
    if (this.#offset !== this.#length) throw new Error('bytes follow its end')
  }
}
