import type { CborValue } from './cbor-value.ts'
import { isCid } from './cid.ts'
import { checkBytes, throwAt } from './throw-record-error.ts'
import { emptyOffsets } from './field-offsets.ts'
import type { FieldOffsets } from './field-offsets.ts'
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
  const reader = { bytes, offset: 0, depth: 0, high: 0 }
  const value = readItem(reader)
  checkEnd(reader)
  return value
}

/** A map of which some entries have been found, and not yet read. */
export interface CborFields extends FieldOffsets {
  /** one of those whose value is of another kind; -1 when there is none */
  readonly misfit: number
  /** the entries under other keys */
  readonly extra: ReadonlyMap<string, CborValue> | undefined
}

/**
 * Finds the entries of a map under `keys`, which it reads as {@link decodeCbor} does.
 *
 * @param keys - each as {@link cborKey} writes it, in the order in which they mostly stand
 * @param kinds - of their values, as CBOR counts them: 0 for an integer, 2 for bytes. The upper half of a negative
 * integer is -1, and that of one from 2^63 on below 0, too.
 * @throws RecordError `CBOR_…`
 */
export function readCborFields(
  bytes: Uint8Array,
  keys: readonly (readonly number[])[],
  kinds: readonly number[]
): CborFields {
  if (bytes[0]! >> 5 !== 5) throwAt(bytes.length > 0 ? 'CBOR_NOT_A_MAP' : 'CBOR_TRUNCATED', 0)
  const reader = { bytes, offset: 0, depth: 1, high: 0 }
  const offsets = emptyOffsets(keys.length)
  let extra: Map<string, CborValue> | undefined
  let misfit = -1
  let index = -1
  for (let count = readLength(reader); count > 0; count--) {
    const { offset } = reader
    index = standsAt(bytes, offset, keys[index + 1]) ? index + 1 : keys.findIndex((key) => standsAt(bytes, offset, key))
    if (index < 0) {
      readEntry(reader, (extra ??= new Map()))
      continue
    }
    if (offsets[2 * index] !== undefined) throwAt('CBOR_DUPLICATE_KEY', offset)
    reader.offset += keys[index]!.length
    const kind = (bytes[reader.offset] ?? throwAt('CBOR_TRUNCATED', offset)) >> 5
    let low = 0
    let high = 0
    if (kind < 2) {
      low = readArgument(reader)
      high = kind > 0 ? -1 : reader.high
    } else if (kind === 2) {
      high = readLength(reader)
      low = reader.offset
      high += low
      reader.offset = high
    } else readItem(reader)
    if (kinds[index] !== (kind === 1 ? 0 : kind)) misfit = index
    offsets[2 * index] = low | 0
    offsets[2 * index + 1] = high | 0
  }
  checkEnd(reader)
  return { bytes, buffer: bytes.buffer, offsets, misfit, extra }
}

/** A short ASCII key of a map, with the head before it. */
export function cborKey(ascii: string): readonly number[] {
  return [0x60 + ascii.length, ...Array.from(ascii, (letter) => letter.charCodeAt(0))]
}

function checkEnd({ bytes, offset }: CborReader): void {
  if (offset < bytes.length) throwAt('CBOR_TRAILING', offset)
}

function readItem(reader: CborReader): CborValue {
  const { bytes, offset } = reader
  const head = bytes[offset] ?? throwAt('CBOR_TRUNCATED', offset)
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
    throwAt('CBOR_TAG', offset)
  }
  const length = readLength(reader)
  if (major < 4) {
    const from = reader.offset
    reader.offset += length
    return major > 2 ? readText(bytes, from, length) : bytes.subarray(from, from + length)
  }
  if (++reader.depth > depthLimit) throwAt('CBOR_DEPTH', offset)
  const value = major > 4 ? readMap(reader, length) : Array.from({ length }, () => readItem(reader))
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
  if (bytes[offset]! >> 5 !== 3) throwAt(offset < bytes.length ? 'CBOR_KEY_NOT_TEXT' : 'CBOR_TRUNCATED', offset)
  const length = readLength(reader)
  const key = readText(bytes, reader.offset, length)
  reader.offset += length
  if (map.has(key)) throwAt('CBOR_DUPLICATE_KEY', offset)
  map.set(key, readItem(reader))
}

function standsAt(bytes: Uint8Array, offset: number, part: readonly number[] | undefined): boolean {
  if (part === undefined) return false
  for (let index = 0; index < part.length; index++) if (bytes[offset + index] !== part[index]) return false
  return true
}

/** A length or count, which cannot be more than the bytes that are left: everything takes a byte at least. */
function readLength(reader: CborReader): number {
  const { offset } = reader
  const length = readArgument(reader)
  if (reader.high > 0 || reader.offset + length > reader.bytes.length) throwAt('CBOR_TRUNCATED', offset)
  return length
}

/** Lower 32 bits of the argument of the head at the reader's place; the upper are in `reader.high`. */
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
  // what would have gone into half as many bytes, or into the head
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

function readText(bytes: Uint8Array, offset: number, length: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(offset, offset + length))
  } catch {
    return throwAt('CBOR_TEXT', offset)
  }
}
