import type { ByteRange, LayoutWalk, RangeRole, Span } from './byte-range.ts'
import { damaged, pathIn } from './byte-range.ts'

/** The content of a field: its bytes, or its number. */
export interface FieldContent {
  readonly walk: LayoutWalk
  readonly span: Span
  readonly bytes: Uint8Array
  /** of an integer */
  readonly number: bigint
}

/** What a reader finds in the content of a field. */
export type FieldDescription = Pick<ByteRange, 'text'> & Partial<Pick<ByteRange, 'time' | 'ranges'>>

/** A field of a message. */
export interface ProtobufField {
  readonly name: string
  readonly role: RangeRole
  readonly wireType: 0 | 2
  readonly describe: (content: FieldContent) => FieldDescription
}

/** The fields of a message by their numbers. */
export type ProtobufSchema = Readonly<Record<number, ProtobufField>>

interface Varint {
  readonly value: bigint
  readonly end: number
}

/** Reads a varint of at most ten bytes; `undefined` when it does not end. */
export function readVarint(bytes: Uint8Array, start: number, limit: number): Varint | undefined {
  let value = 0n
  for (let index = 0; index < 10; index++) {
    const byte = bytes[start + index]
    if (byte === undefined || start + index >= limit) return undefined
    value |= BigInt(byte & 127) << BigInt(7 * index)
    if (byte < 128) return { value: BigInt.asUintN(64, value), end: start + index + 1 }
  }
  return undefined
}

/**
 * The fields of a protobuf message, as far as it can be read: what follows the first byte that cannot be read is one damaged range. So
 * a message that is cut off is explained up to its end.
 */
export function protobufRanges(walk: LayoutWalk, span: Span, schema: ProtobufSchema): ByteRange[] {
  const ranges: ByteRange[] = []
  const counts = new Map<string, number>()
  for (let offset = span.start; offset < span.end; offset = ranges.at(-1)!.end) {
    if (walk.left-- <= 0) {
      ranges.push(damaged(span, offset, `${span.end - offset} more bytes, which are not explained`))
      break
    }
    ranges.push(fieldRange(walk, span, schema, offset, counts))
  }
  return ranges
}

function fieldRange(
  walk: LayoutWalk,
  parent: Span,
  schema: ProtobufSchema,
  start: number,
  counts: Map<string, number>
): ByteRange {
  const { bytes } = walk
  const tag = readVarint(bytes, start, parent.end)
  if (tag === undefined) return damaged(parent, start, 'the number of a field is cut off')
  const number = Number(tag.value >> 3n)
  const wireType = Number(tag.value & 7n)
  const field = schema[number]
  const isKnown = field?.wireType === wireType
  const name = isKnown ? field.name : `field ${number}`
  if (number === 0) return damaged(parent, start, 'no field has the number 0')
  const length = wireType === 2 ? readVarint(bytes, tag.end, parent.end) : undefined
  const found = contentSpan(bytes, wireType, tag.end, length, parent.end)
  if (typeof found === 'string') return damaged(parent, start, `${name} ${found}`)
  const count = counts.get(name) ?? 0
  counts.set(name, count + 1)
  const path = pathIn(parent, count === 0 ? name : `${name}#${count + 1}`)
  const span = { ...found, path }
  const content = {
    walk,
    span,
    bytes: bytes.subarray(span.start, span.end),
    number: wireType === 0 ? (readVarint(bytes, span.start, span.end)?.value ?? 0n) : 0n
  }
  const common = { name, path, start, contentStart: span.start, end: span.end }
  if (isKnown) return { ...common, role: field.role, ranges: [], ...field.describe(content) }
  const text = wireType === 0 ? String(content.number) : `${content.bytes.length} bytes`
  return { ...common, role: 'unknown', text: `${text}; the format has no such field`, ranges: [] }
}

/** Where the content of a field is, or why it cannot be read. */
function contentSpan(
  bytes: Uint8Array,
  wireType: number,
  start: number,
  length: Varint | undefined,
  limit: number
): { readonly start: number; readonly end: number } | string {
  if (wireType === 0) {
    const end = readVarint(bytes, start, limit)?.end
    return end === undefined ? 'is cut off' : { start, end }
  }
  if (wireType === 2) {
    if (length === undefined) return 'has a length that is cut off'
    const end = length.end + Number(length.value)
    return end <= limit
      ? { start: length.end, end }
      : `is cut off: ${length.value} bytes are announced, ${limit - length.end} are there`
  }
  const size = wireType === 5 ? 4 : wireType === 1 ? 8 : undefined
  if (size === undefined) return `has the wire type ${wireType}, which no field of the format has`
  return start + size <= limit ? { start, end: start + size } : 'is cut off'
}
