import type { CborValue } from './cbor-value.ts'
import { isCid } from './cid.ts'
import { checkBytes, throwAt } from './throw-record-error.ts'
import { emptyOffsets } from './field-offsets.ts'
import type { FieldOffsets } from './field-offsets.ts'
import { joinUint64 } from './uint64.ts'

/** Maximum depth of arrays and maps inside each other. A link contains bytes only. */
const depthLimit = 32

// Major types: the upper three bits of the head of an item.
export const unsignedInteger = 0
const negativeInteger = 1
export const byteString = 2
const textString = 3
const arrayType = 4
const mapType = 5
const tagged = 6

/** A position in CBOR. */
interface CborReader {
  readonly bytes: Uint8Array
  offset: number
  depth: number
  /** upper 32 bits of the argument that was read last */
  high: number
}

/**
 * Decodes exactly one DAG-CBOR item, strictly: lengths and integers in their shortest form, no indefinite lengths, no
 * duplicate keys, keys of text, finite floats of 64 bits, and no tag other than 42 (links). Map keys may be in any
 * order. Byte strings are views of `bytes`.
 *
 * @throws RecordError `CBOR_…`
 * @see IPLD DAG-CBOR specification, "Strictness"
 * @example
 * ```ts
 * const data = decodeCbor(record.data)
 * if (data instanceof Map) console.log(data.get('Sequence'))
 * ```
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  checkBytes(bytes, 'CBOR')
  const reader = { bytes, offset: 0, depth: 0, high: 0 }
  const value = readItem(reader)
  checkEnd(reader)
  return value
}

/** A map in which the entries under some keys are located, but not decoded. */
export interface CborFields extends FieldOffsets {
  /** index of a key whose value has another major type than expected; -1 when all have theirs */
  readonly mistyped: number
  /** the entries under all other keys */
  readonly extra: ReadonlyMap<string, CborValue> | undefined
}

/**
 * Locates the entries of a map under `keys`. Reads the map as strictly as {@link decodeCbor}.
 *
 * @param keys - encoded by {@link cborKey}, in the order in which most maps have them
 * @param types - the major type of each value: {@link unsignedInteger} or {@link byteString}. The upper half of an
 * integer that is negative, or 2^63 or more, is below 0.
 * @throws RecordError `CBOR_…`
 */
export function readCborFields(
  bytes: Uint8Array,
  keys: readonly (readonly number[])[],
  types: readonly number[]
): CborFields {
  if (bytes[0]! >> 5 !== mapType) throwAt(bytes.length > 0 ? 'CBOR_NOT_A_MAP' : 'CBOR_TRUNCATED', 0)
  const reader = { bytes, offset: 0, depth: 1, high: 0 }
  const offsets = emptyOffsets(keys.length)
  let extra: Map<string, CborValue> | undefined
  let mistyped = -1
  let index = -1
  for (let count = readLength(reader); count > 0; count--) {
    const { offset } = reader
    index = hasBytesAt(bytes, offset, keys[index + 1])
      ? index + 1
      : keys.findIndex((key) => hasBytesAt(bytes, offset, key))
    if (index < 0) {
      readEntry(reader, (extra ??= new Map()))
      continue
    }
    if (offsets[2 * index] !== undefined) throwAt('CBOR_DUPLICATE_KEY', offset)
    reader.offset += keys[index]!.length
    const type = (bytes[reader.offset] ?? throwAt('CBOR_TRUNCATED', offset)) >> 5
    let low = 0
    let high = 0
    if (type <= negativeInteger) {
      low = readArgument(reader)
      high = type === negativeInteger ? -1 : reader.high
    } else if (type === byteString) {
      // instead of the halves of an integer, where the bytes start and end
      const length = readLength(reader)
      low = reader.offset
      high = low + length
      reader.offset = high
    } else readItem(reader)
    if (types[index] !== (type === negativeInteger ? unsignedInteger : type)) mistyped = index
    offsets[2 * index] = low | 0
    offsets[2 * index + 1] = high | 0
  }
  checkEnd(reader)
  return { bytes, buffer: bytes.buffer, offsets, mistyped, extra }
}

/** Encodes a map key of at most 23 ASCII letters, with its head. */
export function cborKey(ascii: string): readonly number[] {
  return [0x60 + ascii.length, ...Array.from(ascii, (letter) => letter.charCodeAt(0))]
}

function checkEnd({ bytes, offset }: CborReader): void {
  if (offset < bytes.length) throwAt('CBOR_TRAILING', offset)
}

function readItem(reader: CborReader): CborValue {
  const { bytes, offset } = reader
  const head = bytes[offset] ?? throwAt('CBOR_TRUNCATED', offset)
  const type = head >> 5
  if (type > tagged) return readSimple(reader, head)
  if (type <= negativeInteger) {
    const low = readArgument(reader)
    const value = joinUint64(reader.high, low)
    return type === negativeInteger ? -1n - value : value
  }
  if (type === tagged) {
    const isLink = readArgument(reader) === 42 && reader.high === 0
    const next = isLink ? (bytes[reader.offset] ?? throwAt('CBOR_TRUNCATED', reader.offset)) : 0
    // only bytes are read: links inside each other would overflow the stack
    const cid = next >> 5 === byteString ? readItem(reader) : undefined
    if (cid instanceof Uint8Array && cid[0] === 0 && isCid(cid.subarray(1))) return { cid: cid.subarray(1) }
    throwAt('CBOR_TAG', offset)
  }
  const length = readLength(reader)
  if (type < arrayType) {
    const start = reader.offset
    reader.offset += length
    return type === textString ? readText(bytes, start, length) : bytes.subarray(start, start + length)
  }
  if (++reader.depth > depthLimit) throwAt('CBOR_DEPTH', offset)
  const value = type === mapType ? readMap(reader, length) : Array.from({ length }, () => readItem(reader))
  reader.depth--
  return value
}

function readMap(reader: CborReader, count: number): Map<string, CborValue> {
  const map = new Map<string, CborValue>()
  for (; count > 0; count--) readEntry(reader, map)
  return map
}

function readEntry(reader: CborReader, map: Map<string, CborValue>): void {
  const { bytes, offset } = reader
  if (bytes[offset]! >> 5 !== textString) {
    throwAt(offset < bytes.length ? 'CBOR_KEY_NOT_TEXT' : 'CBOR_TRUNCATED', offset)
  }
  const length = readLength(reader)
  const key = readText(bytes, reader.offset, length)
  reader.offset += length
  if (map.has(key)) throwAt('CBOR_DUPLICATE_KEY', offset)
  map.set(key, readItem(reader))
}

function hasBytesAt(bytes: Uint8Array, offset: number, expected: readonly number[] | undefined): boolean {
  if (expected === undefined) return false
  for (let index = 0; index < expected.length; index++) if (bytes[offset + index] !== expected[index]) return false
  return true
}

/** Reads a length or a count. Neither can exceed the bytes that are left, as every item has at least one byte. */
function readLength(reader: CborReader): number {
  const { offset } = reader
  const length = readArgument(reader)
  if (reader.high > 0 || reader.offset + length > reader.bytes.length) throwAt('CBOR_TRUNCATED', offset)
  return length
}

/** Reads the argument of a head: returns its lower 32 bits and puts the upper 32 into `reader.high`. */
function readArgument(reader: CborReader): number {
  const { bytes, offset } = reader
  const info = bytes[offset]! & 31
  reader.offset++
  reader.high = 0
  if (info < 24) return info
  if (info === 24) {
    const byte = bytes[reader.offset++] ?? throwAt('CBOR_TRUNCATED', offset)
    return byte < 24 ? throwAt('CBOR_NOT_MINIMAL', offset) : byte
  }
  if (info > 27) throwAt('CBOR_INDEFINITE', offset)
  const size = 1 << (info - 24)
  let low = 0
  for (let count = size; count > 0; count--) {
    if (count === 4) {
      reader.high = low
      low = 0
    }
    low = low * 256 + (bytes[reader.offset++] ?? throwAt('CBOR_TRUNCATED', offset))
  }
  // the number would fit into half as many bytes, or into the head
  if (size > 4 ? reader.high === 0 : low < 256 ** (size / 2)) throwAt('CBOR_NOT_MINIMAL', offset)
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
  } else if (head === 0xfb) throwAt('CBOR_TRUNCATED', offset)
  return throwAt(head > 0xf8 && head < 0xfc ? 'CBOR_FLOAT' : head > 0xfe ? 'CBOR_INDEFINITE' : 'CBOR_SIMPLE', offset)
}

/** one for all texts: making it takes five times as long as decoding a short text, and a record can contain 10,000 of them */
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readText(bytes: Uint8Array, offset: number, length: number): string {
  try {
    return decoder.decode(bytes.subarray(offset, offset + length))
  } catch {
    return throwAt('CBOR_TEXT', offset)
  }
}
