import { throwRecordError } from './throw-record-error.ts'

/** A place in DER that is being read. */
export interface DerReader {
  readonly bytes: Uint8Array
  offset: number
}

/**
 * Enters the element at the reader's place, which must have `tag` and lie within `end`, and answers where it ends.
 *
 * @throws RecordError `DER_INVALID`, for a length that is not in its shortest form too
 */
export function enterDer(reader: DerReader, tag: number, end: number): number {
  const { bytes } = reader
  const found = bytes[reader.offset++]
  let length = bytes[reader.offset++] ?? Number.NaN
  if (length > 127) {
    let count = length - 128
    // a length of no bytes, which BER has, is 0 and so below 256^-1
    const least = count === 1 ? 128 : 256 ** (count - 1)
    for (length = 0; count > 0; count--) length = length * 256 + (bytes[reader.offset++] ?? Number.NaN)
    if (length < least) failDer()
  }
  const stop = reader.offset + length
  if (found !== tag || !(stop <= end)) failDer()
  return stop
}

/** Reads a positive INTEGER in its shortest form, as a view without a leading zero. @throws RecordError `DER_INVALID` */
export function readDerInteger(reader: DerReader, end: number): Uint8Array {
  const stop = enterDer(reader, 2, end)
  const { bytes, offset } = reader
  const leading = bytes[offset] === 0 && stop - offset > 1 ? 1 : 0
  if (offset === stop || (leading === 1 ? bytes[offset + 1]! < 128 : bytes[offset]! > 127)) failDer()
  reader.offset = stop
  return bytes.subarray(offset + leading, stop)
}

export function failDer(): never {
  throwRecordError('DER_INVALID', 'private key is not DER of its type')
}
