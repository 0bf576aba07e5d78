/**
 * Whether `bytes` are exactly one binary CID of version 0 (a bare sha2-256 multihash) or 1, of any codec and hash
 * function.
 *
 * @see multiformats CID specification, "Decoding Algorithm"
 */
export function isCid(bytes: Uint8Array): boolean {
  const { length } = bytes
  if (length === 34 && bytes[0] === 0x12 && bytes[1] === 32) return true
  if (bytes[0] !== 1) return false
  // three varints follow the version: codec, hash function, length of the digest
  let offset = 1
  let number = 0
  for (let count = 0; count < 3; count++) {
    let byte
    let scale = 1
    const start = offset
    number = 0
    do {
      byte = bytes[offset++]
      if (byte === undefined || offset - start > 9) return false
      number += (byte & 127) * scale
      scale *= 128
    } while (byte > 127)
    if (byte === 0 && offset - start > 1) return false
  }
  return offset + number === length
}
