import { RecordError } from '@recordkit/record-types'
import { isCid } from './cid.ts'
import { ipnsNameToString } from './ipns-name-to-string.ts'
import { encodeBase32, encodeBase58 } from './multibase.ts'
import { checkBytes } from './throw-record-error.ts'

/**
 * Returns the value of an IPNS record as a path. A binary CID becomes `/ipfs/<CID>`, one of the codec libp2p-key `/ipns/<name>`.
 *
 * @returns a path, or an empty text for an empty value
 * @throws RecordError `IPNS_VALUE_INVALID` for bytes that are neither a path in UTF-8 nor a CID
 * @see IPNS record specification, "Value"
 * @example
 * ```ts
 * console.log(ipnsValueToString(content.value)) // /ipfs/bafkqaaa
 * ```
 */
export function ipnsValueToString(value: Uint8Array): string {
  checkBytes(value, 'value')
  if (value.length === 0) return ''
  if (value[0] === 0x2f) return decodePath(value)
  if (!isCid(value)) {
    throw new RecordError('IPNS_VALUE_INVALID', `IPNS value is ${value.length} bytes that are neither a path nor a CID`)
  }
  if (value[0] !== 1) return `/ipfs/${encodeBase58(value)}`
  // a CID of the codec libp2p-key is a name
  return value[1] === 0x72 ? `/ipns/${ipnsNameToString(value.subarray(2))}` : `/ipfs/b${encodeBase32(value)}`
}

function decodePath(value: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch (cause) {
    throw new RecordError('IPNS_VALUE_INVALID', 'IPNS value is a path that is not UTF-8', { cause })
  }
}
