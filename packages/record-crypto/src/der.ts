/** One DER element: `tag`, the shortest length, the contents one after another. */
export function derElement(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = contents.reduce((sum, part) => sum + part.length, 0)
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  const bytes = new Uint8Array(head.length + length)
  bytes.set(head)
  let offset = head.length
  for (const part of contents) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/** A place in DER that is being read. */
export interface DerReader {
  readonly bytes: Uint8Array
  offset: number
}

/**
 * Reads one element of at most 65535 bytes and moves behind it.
 *
 * @returns a view on its contents; `undefined`, and the place unmoved, when there is none with this tag and the shortest
 * form of its length
 */
export function readDer(reader: DerReader, tag: number): Uint8Array | undefined {
  const { bytes, offset } = reader
  if (bytes[offset] !== tag) return undefined
  let length = bytes[offset + 1] ?? Number.NaN
  let start = offset + 2
  if (length > 127) {
    const least = length === 0x81 ? 128 : 256
    const count = length - 128
    if (count !== 1 && count !== 2) return undefined
    length = 0
    for (const end = start + count; start < end; start++) length = length * 256 + (bytes[start] ?? Number.NaN)
    if (!(length >= least)) return undefined
  }
  const end = start + length
  if (!(end <= bytes.length)) return undefined
  reader.offset = end
  return bytes.subarray(start, end)
}

/** Contents of the one element that `bytes` are. */
export function readWholeDer(bytes: Uint8Array, tag: number): Uint8Array | undefined {
  const reader = { bytes, offset: 0 }
  const contents = readDer(reader, tag)
  return reader.offset === bytes.length ? contents : undefined
}
