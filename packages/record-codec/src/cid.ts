/**
 * Whether `bytes` are a binary CID: version 0 (a bare sha2-256 multihash) or version 1, complete and with nothing after
 * it. Codec and hash function may be any.
 *
 * @see multiformats CID specification, "Decoding Algorithm"
 */
export function isCid(bytes: Uint8Array): boolean {
  const { length } = bytes
  if (length === 34 && bytes[0] === 0x12 && bytes[1] === 32) return true
  if (bytes[0] !== 1) return false
  // after the version: codec, hash function, length of the digest
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
