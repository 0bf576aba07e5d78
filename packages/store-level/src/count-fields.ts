/** Size of a field with a count, which is absent when it is 0. Its number is below 16. */
export function countFieldSize(count: number): number {
  return count === 0 ? 0 : 1 + varintSize(count)
}

/**
 * Writes a field with a count, which is at most 2^53. Returns the offset after it. The counters are written with each batch:
 * a list of fields and values, and a bigint for a large count, would take several times as long.
 *
 * @param tag - eight times the number of the field
 */
export function writeCountField(out: Uint8Array, offset: number, tag: number, count: number): number {
  if (count === 0) return offset
  out[offset] = tag
  return writeVarint(out, offset + 1, count)
}

/** Size of a field with bytes. Its number is below 16. */
export function bytesFieldSize(length: number): number {
  return 1 + varintSize(length) + length
}

function varintSize(count: number): number {
  let size = 1
  for (; count >= 2 ** 31; count = Math.floor(count / 128)) size++
  for (; count > 127; count >>>= 7) size++
  return size
}

/** Returns the offset after the varint. */
export function writeVarint(out: Uint8Array, offset: number, count: number): number {
  for (; count >= 2 ** 31; count = Math.floor(count / 128)) out[offset++] = (count % 128) | 128
  for (; count > 127; count >>>= 7) out[offset++] = count | 128
  out[offset] = count
  return offset + 1
}
