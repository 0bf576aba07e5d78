import { decodePublicKey } from '@recordkit/record-codec'
import { isRecordError } from '@recordkit/record-types'
import type { ByteRange, LayoutWalk } from './byte-range.ts'
import { formats } from './formats.ts'
import type { ProtobufSchema } from './protobuf-ranges.ts'
import { protobufRanges } from './protobuf-ranges.ts'
import { textOf } from './text.ts'

/** bytes; no signature of libp2p has fewer */
const leastSignature = 60

/** The format of bytes that end within a field, by the fields before it; `undefined` when they are too few to tell. */
export function truncatedFormat(bytes: Uint8Array): 'ipns-record' | 'envelope' | 'dht-record' | undefined {
  const contentOf = ({ contentStart, end }: ByteRange): Uint8Array => bytes.subarray(contentStart, end)
  const fields = (schema: ProtobufSchema): readonly ByteRange[] => {
    const walk: LayoutWalk = { bytes, coverage: [], left: 100 }
    const ranges = protobufRanges(walk, { start: 0, end: bytes.length, path: '' }, schema)
    const isCut = ranges.at(-1)?.role === 'damaged' && ranges.at(-1)?.text.includes('is cut off') === true
    const complete = ranges.slice(0, -1)
    return isCut && complete.every(({ role }) => role !== 'unknown') ? complete : []
  }
  const [first] = fields(formats.envelope)
  if (first?.name === 'publicKey' && isPublicKey(contentOf(first))) return 'envelope'
  const [key] = fields(formats.dhtRecord)
  if (key?.name === 'key' && isBinaryKey(contentOf(key))) return 'dht-record'
  const isSignature = (range: ByteRange): boolean =>
    range.role === 'signature' && range.end - range.contentStart >= leastSignature
  return fields(formats.ipnsRecord).some(isSignature) ? 'ipns-record' : undefined
}

function isPublicKey(bytes: Uint8Array): boolean {
  try {
    decodePublicKey(bytes)
    return true
  } catch (error) {
    if (isRecordError(error)) return false
    throw error
  }
}

/** Whether bytes are a record key, and not the path in an IPNS record. */
function isBinaryKey(bytes: Uint8Array): boolean {
  return bytes[0] === 0x2f && !/^\/ip[fn]s\/\w/.test(textOf(bytes) ?? '')
}
