/**
 * Four tables of 256 entries, one for each byte of a 32-bit word: the effect of a byte on the checksum, given how many bytes
 * of the word follow it. Signed, because engines store signed 32-bit integers without allocating objects.
 */
let tables: Int32Array | undefined

function makeTables(): Int32Array {
  const made = new Int32Array(1024)
  for (let index = 0; index < 256; index++) {
    let value = index
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    made[index] = value
  }
  for (let index = 256; index < 1024; index++) {
    const previous = made[index - 256] as number
    made[index] = (made[previous & 0xff] as number) ^ (previous >>> 8)
  }
  return made
}

/**
 * CRC-32 (as in zlib and PNG) of `bytes` up to `end`. Processes a 32-bit word at a time, which is three times as fast as
 * byte by byte.
 *
 * @param initial - the checksum of the bytes before `bytes`, to continue it
 */
export function checksum(bytes: Uint8Array, end: number = bytes.length, initial: number = 0): number {
  const table = (tables ??= makeTables())
  let value = ~initial
  let index = 0
  for (; index + 4 <= end; index += 4) {
    value ^=
      (bytes[index] as number) |
      ((bytes[index + 1] as number) << 8) |
      ((bytes[index + 2] as number) << 16) |
      ((bytes[index + 3] as number) << 24)
    value =
      (table[768 + (value & 0xff)] as number) ^
      (table[512 + ((value >>> 8) & 0xff)] as number) ^
      (table[256 + ((value >>> 16) & 0xff)] as number) ^
      (table[value >>> 24] as number)
  }
  for (; index < end; index++) {
    value = (table[(value ^ (bytes[index] as number)) & 0xff] as number) ^ (value >>> 8)
  }
  return ~value >>> 0
}
