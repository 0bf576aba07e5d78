import type { ByteRange, LayoutWalk, RangeRole, Span } from './byte-range.ts'
import { damaged, pathIn } from './byte-range.ts'
import type { FieldContent, FieldDescription } from './protobuf-ranges.ts'
import { textOf } from './text.ts'

/** An entry of a map. */
export interface CborEntry {
  readonly role: RangeRole
  /** 0: an unsigned integer; 2: bytes */
  readonly major: 0 | 2
  readonly describe: (content: FieldContent) => FieldDescription
}

export type CborSchema = Readonly<Record<string, CborEntry>>

interface Head {
  readonly major: number
  readonly argument: bigint
  readonly end: number
}

/** The head of an item; `undefined` for one that is cut off or that DAG-CBOR does not have. */
function readHead(bytes: Uint8Array, start: number, limit: number): Head | undefined {
  const first = bytes[start]
  if (first === undefined || start >= limit) return undefined
  const info = first & 31
  if (info < 24) return { major: first >> 5, argument: BigInt(info), end: start + 1 }
  const size = info > 27 ? undefined : 1 << (info - 24)
  if (size === undefined || start + 1 + size > limit) return undefined
  let argument = 0n
  for (let index = 0; index < size; index++) argument = (argument << 8n) | BigInt(bytes[start + 1 + index] ?? 0)
  return { major: first >> 5, argument, end: start + 1 + size }
}

/** The offset after an item with all that is in it; `undefined` when it does not end before `limit`. */
function itemEnd(bytes: Uint8Array, start: number, limit: number): number | undefined {
  let offset = start
  // items that are still to come take the place of recursion
  for (let left = 1n; left > 0n; left--) {
    const head = readHead(bytes, offset, limit)
    if (head === undefined) return undefined
    offset = head.end
    if (head.major === 2 || head.major === 3) {
      if (head.argument > BigInt(limit - offset)) return undefined
      offset += Number(head.argument)
    } else if (head.major === 4) left += head.argument
    else if (head.major === 5) left += 2n * head.argument
    else if (head.major === 6) left++
    if (left > BigInt(limit - start) + 2n) return undefined
  }
  return offset
}

/** The entries of a map in DAG-CBOR, as far as it can be read. */
export function cborRanges(walk: LayoutWalk, span: Span, schema: CborSchema): ByteRange[] {
  const { bytes } = walk
  const head = readHead(bytes, span.start, span.end)
  if (head?.major !== 5) return [damaged(span, span.start, 'the signed data does not begin with a CBOR map')]
  const name = 'map'
  const ranges: ByteRange[] = [
    {
      name,
      path: pathIn(span, name),
      role: 'container',
      start: span.start,
      contentStart: span.start,
      end: head.end,
      text: `a CBOR map with ${head.argument} entries`,
      ranges: []
    }
  ]
  let offset = head.end
  for (let left = head.argument; left > 0n && offset < span.end && walk.left-- > 0; left--) {
    const range = entryRange(walk, span, schema, offset)
    ranges.push(range)
    offset = range.end
  }
  if (offset < span.end) ranges.push(damaged(span, offset, 'bytes after the end of the map'))
  return ranges
}

function entryRange(walk: LayoutWalk, parent: Span, schema: CborSchema, start: number): ByteRange {
  const { bytes } = walk
  const key = readHead(bytes, start, parent.end)
  const keyEnd = key?.major === 3 ? itemEnd(bytes, start, parent.end) : undefined
  if (key === undefined || keyEnd === undefined)
    return damaged(parent, start, 'the key of an entry is not text, or is cut off')
  const name = textOf(bytes.subarray(key.end, keyEnd)) ?? 'a key that is not UTF-8'
  const head = readHead(bytes, keyEnd, parent.end)
  const end = itemEnd(bytes, keyEnd, parent.end)
  if (head === undefined || end === undefined) return damaged(parent, start, `${name} is cut off`)
  const entry = Object.hasOwn(schema, name) ? schema[name] : undefined
  const path = pathIn(parent, name)
  const isBytes = head.major === 2
  const contentStart = isBytes ? head.end : keyEnd
  const common = { name, path, start, contentStart, end, ranges: [] }
  const content = {
    walk,
    span: { start: contentStart, end, path },
    bytes: bytes.subarray(contentStart, end),
    number: head.argument
  }
  if (entry?.major === head.major) return { ...common, role: entry.role, ...entry.describe(content) }
  if (entry !== undefined)
    return { ...common, role: 'damaged', text: 'is not of the type that the specification demands' }
  return { ...common, role: 'unknown', text: extraText(head, bytes.subarray(head.end, end)) }
}

function extraText({ major, argument }: Head, content: Uint8Array): string {
  if (major === 0) return String(argument)
  if (major === 1) return String(-1n - argument)
  if (major === 3) return textOf(content) ?? `${content.length} bytes`
  return `${content.length} bytes`
}
