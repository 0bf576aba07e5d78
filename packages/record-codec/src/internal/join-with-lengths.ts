/** Joins byte strings, each after its length as a varint. */
export function joinWithLengths(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let size = 0
  for (const { length } of parts) {
    size += length + 1
    for (let rest = length; rest > 127; rest >>>= 7) size++
  }
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const part of parts) {
    let { length } = part
    for (; length > 127; length >>>= 7) bytes[offset++] = length | 128
    bytes[offset++] = length
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}
