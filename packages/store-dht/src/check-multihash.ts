import { limits, RecordError } from '@recordkit/record-types'
import { checkBytes } from '@recordkit/record-types/internal'

/** maximum size of a varint in a multihash, in bytes */
const maxVarint = 9
/** The only hash function whose digest may be empty: the digest is the content. */
const identity = 0
/** The codes 1 to 3 are versions of CIDs, and so of no hash function. */
const maxCidVersion = 3

/**
 * Checks that bytes are one multihash: the code of a hash function, the size of the digest and the digest, and nothing after it.
 * Hash functions may be unknown: new ones are added, and peers compare the bytes only.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function checkMultihash(multihash: Uint8Array): void {
  checkBytes(multihash, 'multihash', 1, limits.providerKey)
  const [code, start] = readVarint(multihash, 0)
  if (code !== identity && code <= maxCidVersion)
    fail(`begins with ${code}, as a CID does; pass \`cid.multihash.bytes\``)
  const [size, digest] = readVarint(multihash, start)
  const actual = multihash.length - digest
  if (size !== actual) fail(`contains a digest of ${actual} bytes, but its size field is ${size}`)
  if (size === 0 && code !== identity) fail('contains an empty digest')
}

/** @returns the value and the offset after it */
function readVarint(bytes: Uint8Array, offset: number): readonly [value: number, end: number] {
  let value = 0
  for (let index = 0; index < maxVarint; index++) {
    const byte = bytes[offset + index]
    if (byte === undefined) fail('ends within a varint')
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte >= 0x80) continue
    if (byte === 0 && index > 0) fail('contains a varint that is not minimal')
    return [value, offset + index + 1]
  }
  return fail(`contains a varint of more than ${maxVarint} bytes`)
}

function fail(problem: string): never {
  throw new RecordError('INVALID_ARGUMENT', `multihash ${problem}`)
}
