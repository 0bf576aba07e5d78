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
  return readWhole(bytes, readItem)
}

/**
 * Reads a map as {@link decodeCbor} does, but puts the values of `known` keys, in their order, into `values`.
 *
 * @returns the entries under other keys; `undefined` when there are none
 * @throws RecordError `CBOR_…`
 */
export function readCborMap(
  bytes: Uint8Array,
  known: readonly string[],
  values: (CborValue | undefined)[]
): Map<string, CborValue> | undefined {
  return readWhole(bytes, (reader) => {
    if (bytes[0]! >> 5 !== 5) failAt(bytes.length > 0 ? 'CBOR_NOT_A_MAP' : 'CBOR_TRUNCATED', 0)
    reader.depth++
    return readMap(reader, readLength(reader), known, values)
  })
}

function readWhole<Value>(bytes: Uint8Array, read: (reader: CborReader) => Value): Value {
  const reader = { bytes, offset: 0, depth: 0, high: 0 }
  const value = read(reader)
  if (reader.offset < bytes.length) failAt('CBOR_TRAILING', reader.offset)
  return value
}

function readItem(reader: CborReader): CborValue {
  const { bytes, offset } = reader
  const head = bytes[offset] ?? failAt('CBOR_TRUNCATED', offset)
  const major = head >> 5
  if (major > 6) return readSimple(reader, head)
  if (major < 2) {
    const low = readArgument(reader)
    const value = joinUint64(reader.high, low)
    return major > 0 ? -1n - value : value
  }
  if (major > 5) {
    const tag = readArgument(reader)
    const cid = tag === 42 && reader.high === 0 ? readItem(reader) : undefined
    if (cid instanceof Uint8Array && cid[0] === 0 && isCid(cid.subarray(1))) return { cid: cid.subarray(1) }
    failAt('CBOR_TAG', offset)
  }
  const length = readLength(reader)
  if (major < 4) {
    const from = reader.offset
    reader.offset += length
    return major > 2 ? readText(bytes, from, length) : bytes.subarray(from, from + length)
  }
  if (++reader.depth > depthLimit) failAt('CBOR_DEPTH', offset)
  const value =
    major > 4 ? (readMap(reader, length, [], []) ?? new Map()) : Array.from({ length }, () => readItem(reader))
  reader.depth--
  return value
}

function readMap(
  reader: CborReader,
  count: number,
  known: readonly string[],
  values: (CborValue | undefined)[]
): Map<string, CborValue> | undefined {
  const { bytes } = reader
  let map: Map<string, CborValue> | undefined
  let index = -1
  for (; count > 0; count--) {
    const { offset } = reader
    if (bytes[offset]! >> 5 !== 3) failAt(offset < bytes.length ? 'CBOR_KEY_NOT_TEXT' : 'CBOR_TRUNCATED', offset)
    const length = readLength(reader)
    const from = reader.offset
    reader.offset += length
    // mostly in the order in which they are asked for
    if (!standsAt(bytes, from, length, known[++index])) {
      index = known.findIndex((name) => standsAt(bytes, from, length, name))
    }
    const key = index < 0 ? readText(bytes, from, length) : ''
    if (index < 0 ? map?.has(key) : values[index] !== undefined) failAt('CBOR_DUPLICATE_KEY', offset)
    const value = readItem(reader)
    if (index < 0) (map ??= new Map()).set(key, value)
    else values[index] = value
  }
  return map
}

function standsAt(bytes: Uint8Array, offset: number, length: number, ascii: string | undefined): boolean {
  if (ascii?.length !== length) return false
  for (let index = 0; index < length; index++) if (bytes[offset + index] !== ascii.charCodeAt(index)) return false
  return true
}

/** A length or count, which cannot be more than the bytes that are left: everything takes a byte at least. */
function readLength(reader: CborReader): number {
  const { offset } = reader
  const length = readArgument(reader)
  if (reader.high > 0 || reader.offset + length > reader.bytes.length) failAt('CBOR_TRUNCATED', offset)
  return length
}

/** Lower 32 bits of the argument of the head at the reader's place; the upper are in `reader.high`. */
function readArgument(reader: CborReader): number {
  const { bytes, offset } = reader
  const info = bytes[offset]! & 31
  reader.offset++
  reader.high = 0
  if (info < 24) return info
  if (info > 27) failAt('CBOR_INDEFINITE', offset)
  const size = 1 << (info - 24)
  let low = 0
  for (let count = size; count > 0; count--) {
    if (count === 4) {
      reader.high = low
      low = 0
    }
    low = low * 256 + (bytes[reader.offset++] ?? failAt('CBOR_TRUNCATED', offset))
  }
  // what would have gone into half as many bytes, or into the head
  if (size > 4 ? reader.high === 0 : low < (size > 1 ? 256 ** (size / 2) : 24)) failAt('CBOR_NOT_MINIMAL', offset)
  return low
}

function readSimple(reader: CborReader, head: number): CborValue {
  const { bytes, offset } = reader
  const value = [false, true, null][head - 0xf4]
  reader.offset += head === 0xfb ? 9 : 1
  if (value !== undefined) return value
  if (head === 0xfb && reader.offset <= bytes.length) {
    const float = new DataView(bytes.buffer, bytes.byteOffset + offset + 1).getFloat64(0)
    if (Number.isFinite(float)) return float
  } else if (head === 0xfb) failAt('CBOR_TRUNCATED', offset)
  return failAt(head > 0xf8 && head < 0xfc ? 'CBOR_FLOAT' : head > 0xfe ? 'CBOR_INDEFINITE' : 'CBOR_SIMPLE', offset)
}

function readText(bytes: Uint8Array, offset: number, length: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(offset, offset + length))
  } catch {
    return failAt('CBOR_TEXT', offset)
  }
}
