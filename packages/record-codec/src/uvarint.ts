import { checkBytes, checkCount, failType, throwAt } from './throw-record-error.ts'

/**
 * Encodes an unsigned varint of the multiformats specification: minimal, at most 9 bytes (63 bits).
 *
 * @throws RecordError `INVALID_ARGUMENT` for a negative number and above 2^63 - 1
 * @example
 * ```ts
 * const codec = encodeUvarint(0x0300n) // 80 06
 * ```
 */
export function encodeUvarint(value: bigint): Uint8Array<ArrayBuffer> {
  if (typeof value !== 'bigint' || BigInt.asUintN(63, value) !== value) {
    failType(value, 'a uvarint', 'a bigint from 0 to 2^63 - 1')
  }
  const bytes: number[] = []
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128)
  bytes.push(Number(value))
  return Uint8Array.from(bytes)
}

/**
 * Decodes the unsigned varint at `offset`.
 *
 * @returns the number and the offset after it
 * @throws RecordError `VARINT_INVALID` when it is not minimal, longer than 9 bytes or truncated;
 * `INVALID_ARGUMENT` naming `offset` when it is not a whole number of at least 0
 * @example
 * ```ts
 * const { value, end } = decodeUvarint(bytes)
 * const rest = bytes.subarray(end)
 * ```
 */
export function decodeUvarint(bytes: Uint8Array, offset = 0): { readonly value: bigint; readonly end: number } {
  checkBytes(bytes, 'varint')
  checkCount(offset, 'offset')
  let value = 0n
  for (let index = 0; index < 9; index++) {
    const byte = bytes[offset + index]
    if (byte === undefined) break
    value |= BigInt(byte & 127) << BigInt(7 * index)
    if (byte < 128) {
      if (byte === 0 && index > 0) break
      return { value, end: offset + index + 1 }
    }
  }
  return throwAt('VARINT_INVALID', offset)
}
