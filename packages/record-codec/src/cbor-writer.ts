import { compareBytes } from '@recordkit/record-types'
import { isBytes } from '@recordkit/record-types/internal'
import type { CborValue } from './cbor-value.ts'
import { isCid } from './cid.ts'
import { isMap } from './is-map.ts'
import { failArgument, failType } from './throw-record-error.ts'
import { encodeText } from './text.ts'
import { highOf, lowOf } from './uint64.ts'

/**
 * Encodes a value as DAG-CBOR, deterministically: shortest forms, map keys ordered shortest first, then bytewise.
 *
 * @throws RecordError `INVALID_ARGUMENT` for values that DAG-CBOR cannot express: other types, floats that are not
 * finite, integers of more than 64 bits, nesting deeper than 32; `TEXT_INVALID`
 * @example
 * ```ts
 * const bytes = encodeCbor(new Map([['greeting', 'hello']]))
 * ```
 */
export function encodeCbor(value: CborValue): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(writeItem(value, undefined, 0, 0))
  writeItem(value, out, 0, 0)
  return out
}

function writeItem(value: CborValue, out: Uint8Array | undefined, offset: number, depth: number): number {
  if (typeof value === 'bigint') {
    const unsigned = value < 0n ? -1n - value : value
    return writeHead(out, offset, value < 0n ? 1 : 0, lowOf(unsigned), highOf(unsigned))
  }
  if (typeof value === 'string') return writeString(out, offset, 3, encodeText(value))
  if (isBytes(value)) return writeString(out, offset, 2, value)
  if (typeof value === 'boolean' || value === null) {
    if (out !== undefined) out[offset] = value === null ? 0xf6 : value ? 0xf5 : 0xf4
    return offset + 1
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) failType(value, 'number', 'a finite number')
    if (out !== undefined) {
      out[offset] = 0xfb
      new DataView(out.buffer, out.byteOffset + offset + 1, 8).setFloat64(0, value)
    }
    return offset + 9
  }
  if (depth === 32) failArgument('CBOR must not nest deeper than 32')
  if (Array.isArray(value)) {
    offset = writeHead(out, offset, 4, value.length)
    for (const item of value as readonly CborValue[]) offset = writeItem(item, out, offset, depth + 1)
    return offset
  }
  if (isMap(value)) {
    const entries = [...value].map(([key, item]) => [encodeText(key), item] as const)
    entries.sort(([a], [b]) => a.length - b.length || compareBytes(a, b))
    offset = writeHead(out, offset, 5, entries.length)
    for (const [key, item] of entries) offset = writeItem(item, out, writeString(out, offset, 3, key), depth + 1)
    return offset
  }
  const cid: unknown = (value as { cid?: unknown } | undefined)?.cid
  if (!isBytes(cid) || !isCid(cid)) failArgument('a value cannot be encoded as DAG-CBOR')
  offset = writeHead(out, writeHead(out, offset, 6, 42), 2, cid.length + 1)
  if (out !== undefined) out.set(cid, offset + 1)
  return offset + 1 + cid.length
}

function writeString(out: Uint8Array | undefined, offset: number, major: number, bytes: Uint8Array): number {
  offset = writeHead(out, offset, major, bytes.length)
  if (out !== undefined) out.set(bytes, offset)
  return offset + bytes.length
}

function writeHead(out: Uint8Array | undefined, offset: number, major: number, low: number, high = 0): number {
  const size = high > 0 ? 8 : low > 0xffff ? 4 : low > 0xff ? 2 : low > 23 ? 1 : 0
  if (out !== undefined) {
    out[offset] = (major << 5) | (size > 0 ? 24 + Math.log2(size) : low)
    for (let index = size; index > 0; index--) {
      out[offset + index] = low
      low = index === size - 3 ? high : low >>> 8
    }
  }
  return offset + 1 + size
}
