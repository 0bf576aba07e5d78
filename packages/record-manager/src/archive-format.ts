import { RecordError } from '@recordkit/record-types'
import { ByteQueue, isBytes, nameOf, takeUntilAborted } from '@recordkit/record-types/internal'

/** The first bytes of an archive: name, version, line feed. */
export const header = 'recordkit-records 2\n'
/** Version 1 has only records: no types, no checksums, no end. */
const firstHeader = 'recordkit-records 1\n'
/** Bytes; more than a record with the largest key and value takes. */
const maxItem = 1_048_576
/** bytes before type and body: the length, and in version 2 the checksum */
const prefixSizes = { 1: 4, 2: 8 } as const

/** items between two calls of `onProgress` */
export const progressInterval = 256

/** The types of items. `end` is the last item of a complete archive. */
export const itemTypes = { end: 0, record: 1, mark: 2, publication: 3 } as const

/** An item of an archive, or the reason why it cannot be read. */
export interface ArchiveItem {
  /** of its first byte in the file */
  readonly offset: number
  /** of the first byte after it */
  readonly end: number
  readonly type: number
  /** `undefined` when the checksum does not match */
  readonly body: Uint8Array | undefined
}

/**
 * The bytes of an item: its length in 4 bytes, big-endian, the CRC-32 of the length and what follows, the type in one byte, and the
 * body. The length is that of type and body. The checksum finds damage; it does not prove where an archive comes from.
 */
export function encodeItem(type: number, body: Uint8Array): Uint8Array {
  const item = new Uint8Array(9 + body.length)
  const view = new DataView(item.buffer)
  view.setUint32(0, 1 + body.length)
  item[8] = type
  item.set(body, 9)
  view.setUint32(4, checksumOf(item))
  return item
}

/** The CRC-32 of an item without its checksum. */
function checksumOf(item: Uint8Array): number {
  return crc32(item.subarray(8), crc32(item.subarray(0, 4)))
}

let table: Uint32Array | undefined

/** @see RFC 1952, section 8 */
function crc32(bytes: Uint8Array, before = 0): number {
  table ??= makeTable()
  let crc = ~before
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8)
  return ~crc >>> 0
}

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    return value
  })
}

/**
 * The items of an archive of any version. Chunks may have any size.
 *
 * @param start - offset of the first item that is read, as `end` of an item; 0 for the first
 * @throws RecordError `ARCHIVE_INVALID` when the file is not an archive, is truncated, or has a length that cannot be; with the offset
 */
export async function* readArchive(
  file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  start: number,
  signal: AbortSignal | undefined
): AsyncGenerator<ArchiveItem> {
  const pending = new ByteQueue()
  let version: 1 | 2 | undefined
  let offset = 0
  let size: number | undefined
  let isComplete = false
  for await (const chunk of signal === undefined ? file : takeUntilAborted(file, signal)) {
    if (!isBytes(chunk))
      throw new RecordError('INVALID_ARGUMENT', `a chunk of the file is ${nameOf(chunk)}; a Uint8Array is expected`)
    pending.push(chunk)
    if (version === undefined) {
      const first = pending.take(header.length)
      if (first === undefined) continue
      version = versionOf(first)
      offset = header.length
    }
    if (offset < start) {
      const skipped = Math.min(start - offset, pending.length)
      pending.take(skipped)
      offset += skipped
    }
    while (offset >= start && pending.length > 0) {
      if (isComplete) throwArchiveInvalid('it has bytes after its end', offset)
      size ??= sizeIn(pending, version, offset)
      const bytes = size === undefined ? undefined : pending.take(size)
      if (bytes === undefined) break
      const item = version === 1 ? firstItem(bytes, offset) : itemIn(bytes, offset)
      size = undefined
      offset = item.end
      isComplete = version === 2 && item.body !== undefined && item.type === itemTypes.end
      yield item
    }
  }
  signal?.throwIfAborted()
  const isAtEnd = version === 1 ? pending.length === 0 && offset >= start : isComplete
  if (!isAtEnd) throwArchiveInvalid('it is truncated', offset)
}

/** Size of the next item with its prefix, which stays in the queue until the whole item has arrived. */
function sizeIn(pending: ByteQueue, version: 1 | 2, offset: number): number | undefined {
  const length = pending.peek(4)
  if (length === undefined) return undefined
  const size = new DataView(length.buffer).getUint32(0)
  if (size > maxItem) throwArchiveInvalid(`a record is ${size} bytes; the limit is ${maxItem}`, offset)
  return prefixSizes[version] + size
}

function firstItem(bytes: Uint8Array, offset: number): ArchiveItem {
  return { offset, end: offset + bytes.length, type: itemTypes.record, body: bytes.subarray(prefixSizes[1]) }
}

function itemIn(bytes: Uint8Array, offset: number): ArchiveItem {
  const isWhole = bytes.length > 8 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(4) === checksumOf(bytes)
  return { offset, end: offset + bytes.length, type: bytes[8] ?? 0, body: isWhole ? bytes.subarray(9) : undefined }
}

function versionOf(bytes: Uint8Array): 1 | 2 {
  const text = new TextDecoder().decode(bytes)
  if (text === header) return 2
  if (text === firstHeader) return 1
  return throwArchiveInvalid('it does not begin with the header of an archive', 0)
}

function throwArchiveInvalid(reason: string, offset: number): never {
  throw new RecordError('ARCHIVE_INVALID', `the file is not a valid archive of records: ${reason}, at byte ${offset}`, {
    offset
  })
}
