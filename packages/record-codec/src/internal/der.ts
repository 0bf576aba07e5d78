import { concat } from './concat.ts'

/** A position in DER. */
export interface DerReader {
  readonly bytes: Uint8Array
  offset: number
}

/**
 * Encodes one DER element of at most 65535 bytes: the tag, the length in its shortest form, the contents one after
 * another.
 */
export function derElement(tag: number, ...contents: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const length = contents.reduce((sum, part) => sum + part.length, 0)
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return concat([tag, ...head], ...contents)
}

/**
 * Reads one element of at most 65535 bytes and moves the reader past it.
 *
 * @returns a view of the contents; `undefined`, with the reader unmoved, when the next element has another tag, a
 * length that is not in its shortest form, or contents past the end
 */
export function readDer(reader: DerReader, tag: number): Uint8Array | undefined {
  const { bytes, offset } = reader
  if (bytes[offset] !== tag) return undefined
  let length = bytes[offset + 1] ?? Number.NaN
  let start = offset + 2
  if (length > 127) {
    const shortest = length === 0x81 ? 128 : 256
    const count = length - 128
    if (count !== 1 && count !== 2) return undefined
    length = 0
    for (const end = start + count; start < end; start++) length = length * 256 + (bytes[start] ?? Number.NaN)
    if (!(length >= shortest)) return undefined
  }
  const end = start + length
  if (!(end <= bytes.length)) return undefined
  reader.offset = end
  return bytes.subarray(start, end)
}

/** Reads bytes that are exactly one element. Returns its contents, or `undefined`. */
export function readWholeDer(bytes: Uint8Array, tag: number): Uint8Array | undefined {
  const reader = { bytes, offset: 0 }
  const contents = readDer(reader, tag)
  return reader.offset === bytes.length ? contents : undefined
}

/**
 * Reads an INTEGER that is not negative.
 *
 * @returns its bytes without the leading zero that marks it as positive; `undefined` for any other element, a negative
 * number and one that is not in its shortest form
 */
export function readDerInteger(reader: DerReader): Uint8Array | undefined {
  const bytes = readDer(reader, 2)
  if (bytes === undefined || bytes.length === 0 || bytes[0]! > 127) return undefined
  if (bytes[0]! > 0 || bytes.length === 1) return bytes
  return bytes[1]! > 127 ? bytes.subarray(1) : undefined
}
