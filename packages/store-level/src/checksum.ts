let table: Uint32Array | undefined

function makeTable(): Uint32Array {
  const made = new Uint32Array(256)
  for (let index = 0; index < 256; index++) {
    let value = index
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    made[index] = value
  }
  return made
}

/** CRC-32 (that of zlib and PNG) of `bytes` up to `end`, going on from `before`. */
export function checksum(bytes: Uint8Array, end: number = bytes.length, before: number = 0): number {
  table ??= makeTable()
  let value = ~before
  for (let index = 0; index < end; index++) {
    value = (table[(value ^ (bytes[index] as number)) & 0xff] as number) ^ (value >>> 8)
  }
  return ~value >>> 0
}
