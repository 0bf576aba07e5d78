import type { CborValue } from './cbor-value.ts'
import { isCid } from './cid.ts'
import { checkBytes, failAt } from './fail.ts'
import { joinUint64 } from './uint64.ts'

/** Arrays and maps inside each other. */
const depthLimit = 32

/** A place in CBOR that is being read. */
interface CborReader {
  readonly bytes: Uint8Array
  offset: number
  depth: number
  /** upper 32 bits of the last head's argument */
  high: number
}

/**
 * Reads one DAG-CBOR item, strictly: lengths and integers in their shortest form, no indefinite lengths, no key twice,
 * text keys, floats of 64 bits and finite, no tag but links (42), nothing after the item. Keys may stand in any order.
 * Byte strings are views on `bytes`.
 *
 * @throws RecordError `CBOR_…`
 * @see IPLD DAG-CBOR specification, "Strictness"
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  checkBytes(bytes, 'CBOR')
  const reader: CborReader = { bytes, offset: 0, depth: 0, high: 0 }
  const value = readItem(reader)
  if (reader.offset < bytes.length) failAt('CBOR_TRAILING', reader.offset)
  return value
}

/**
 * Reads a map as {@link decodeCbor} does, but puts the values of `known` keys, in their order, into `values`.
 *
 * @returns the entries under other keys
 * @throws RecordError `CBOR_…`
 */
export function readCborMap(
  bytes: Uint8Array,
  known: readonly string[],
  values: (CborValue | undefined)[]
): Map<string, CborValue> {
  const reader: CborReader = { bytes, offset: 0, depth: 1, high: 0 }
  const head = bytes[0] ?? failTruncated(0)
  if (head >> 5 !== 5) failAt('CBOR_NOT_A_MAP', 0)
  const map = readMap(reader, readLength(reader, head), known, values)
  if (reader.offset < bytes.length) failAt('CBOR_TRAILING', reader.offset)
  return map
}

function readItem(reader: CborReader): CborValue {
  const { bytes } = reader
  const start = reader.offset
  const head = bytes[start]
  const major = head === undefined ? failTruncated(start) : head >> 5
  if (major === 7) return readSimple(reader, head!)
  if (major < 2) {
    const low = readArgument(reader, head!)
    const value = joinUint64(reader.high, low)
    return major === 0 ? value : -1n - value
  }
  if (major === 6) {
    const tag = readArgument(reader, head!)
    const cid = tag === 42 && reader.high === 0 ? readItem(reader) : undefined
    if (cid instanceof Uint8Array && cid[0] === 0 && isCid(cid.subarray(1))) return { cid: cid.subarray(1) }
    failAt('CBOR_TAG', start)
  }
  const length = readLength(reader, head!)
  if (major < 4) {
    const from = reader.offset
    const end = (reader.offset += length)
    return major === 2 ? bytes.subarray(from, end) : readText(bytes, from, end)
  }
  if (++reader.depth > depthLimit) failAt('CBOR_DEPTH', start)
  const value = major === 4 ? readArray(reader, length) : readMap(reader, length, [], [])
  reader.depth--
  return value
}

function readArray(reader: CborReader, count: number): CborValue[] {
  const array: CborValue[] = []
  while (count-- > 0) array.push(readItem(reader))
  return array
}

function readMap(
  reader: CborReader,
  count: number,
  known: readonly string[],
  values: (CborValue | undefined)[]
): Map<string, CborValue> {
  const { bytes } = reader
  const map = new Map<string, CborValue>()
  while (count-- > 0) {
    const start = reader.offset
    const head = bytes[start] ?? failTruncated(start)
    if (head >> 5 !== 3) failAt('CBOR_KEY_NOT_TEXT', start)
    const length = readLength(reader, head)
    const from = reader.offset
    reader.offset += length
    const index = known.findIndex((name) => name.length === length && standsAt(bytes, from, name))
    const key = index < 0 ? readText(bytes, from, reader.offset) : ''
    if (index < 0 ? map.has(key) : values[index] !== undefined) failAt('CBOR_DUPLICATE_KEY', start)
    const value = readItem(reader)
    if (index < 0) map.set(key, value)
    else values[index] = value
  }
  return map
}

function standsAt(bytes: Uint8Array, offset: number, ascii: string): boolean {
  for (let index = 0; index < ascii.length; index++) {
    if (bytes[offset + index] !== ascii.charCodeAt(index)) return false
  }
  return true
}

/** A length or count, which cannot be more than the bytes that are left: everything takes a byte at least. */
function readLength(reader: CborReader, head: number): number {
  const start = reader.offset
  const length = readArgument(reader, head)
  if (reader.high > 0 || reader.offset + length > reader.bytes.length) failTruncated(start)
  return length
}

/** Lower 32 bits of the argument of a head; the upper are in `reader.high`. */
function readArgument(reader: CborReader, head: number): number {
  const start = reader.offset++
  const info = head & 31
  reader.high = 0
  if (info < 24) return info
  if (info > 27) failAt('CBOR_INDEFINITE', start)
  const size = 1 << (info - 24)
  let low = 0
  for (let count = size; count > 0; count--) {
    if (count === 4) {
      reader.high = low
      low = 0
    }
    low = low * 256 + (reader.bytes[reader.offset++] ?? failTruncated(start))
  }
  // what would have gone into half as many bytes, or into the head
  if (size === 8 ? reader.high === 0 : low < (size === 1 ? 24 : 256 ** (size / 2))) {
    failAt('CBOR_NOT_MINIMAL', start)
  }
  return low
}

function readSimple(reader: CborReader, head: number): CborValue {
  const { bytes } = reader
  const start = reader.offset++
  switch (head) {
    case 0xf4:
      return false
    case 0xf5:
      return true
    case 0xf6:
      return null
    case 0xfb: {
      reader.offset += 8
      if (reader.offset > bytes.length) failTruncated(start)
      const value = new DataView(bytes.buffer, bytes.byteOffset + start + 1, 8).getFloat64(0)
      if (Number.isFinite(value)) return value
      break
    }
    case 0xf9:
    case 0xfa:
      break
    case 0xff:
      failAt('CBOR_INDEFINITE', start)
    // falls through is impossible: fail throws
    default:
      failAt('CBOR_SIMPLE', start)
  }
  return failAt('CBOR_FLOAT', start)
}

function readText(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let offset = start; offset < end; offset++) {
    const byte = bytes[offset]!
    if (byte > 127 || end - start > 32) return decodeText(bytes.subarray(start, end), start)
    text += String.fromCharCode(byte)
  }
  return text
}

function decodeText(bytes: Uint8Array, start: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return failAt('CBOR_TEXT', start)
  }
}

function failTruncated(offset: number): never {
  failAt('CBOR_TRUNCATED', offset)
}
