import { RecordError } from '@recordkit/record-types'
import { isBytes, nameOf, printable } from '@recordkit/record-types/internal'
import { decodeCidText } from './cid-text.ts'
import { isIpnsValue } from './ipns-value.ts'
import { ipnsValueToString } from './ipns-value-to-string.ts'
import { parsePeerId } from './parse-peer-id.ts'
import { ipnsNameToString } from './ipns-name-to-string.ts'
import { encodeText } from './text.ts'
import { failArgument } from './throw-record-error.ts'

/** The part of a CID of multiformats that is used. */
export interface CidObject {
  readonly bytes: Uint8Array
}

/** What an IPNS name points to: a path, a CID as text or as an object, or the bytes of a value. */
export type IpnsValue = string | CidObject | Uint8Array

/**
 * Returns the value of an IPNS record: a path in UTF-8. A CID becomes `/ipfs/<CID>`, and a name or a CID of the codec libp2p-key
 * `/ipns/<name>`. Bytes are checked and returned.
 *
 * @throws RecordError `IPNS_VALUE_INVALID` for text and bytes that are neither a path nor a CID; `TEXT_INVALID`; `INVALID_ARGUMENT`
 * @see IPNS record specification, "Value"
 * @example
 * ```ts
 * const value = encodeIpnsValue('bafkqaaa') // the bytes of /ipfs/bafkqaaa
 * ```
 */
export function encodeIpnsValue(value: IpnsValue): Uint8Array {
  if (isBytes(value)) return isIpnsValue(value) ? value : failValue(`${value.length} bytes`)
  if (typeof value === 'string') return encodeText(value.startsWith('/') ? value : pathOf(value))
  const bytes = (value as Partial<CidObject> | undefined | null)?.bytes
  if (!isBytes(bytes)) failArgument(`value is ${nameOf(value)}; a path, a CID or bytes are expected`)
  if (bytes.length === 0 || bytes[0] === 0x2f || !isIpnsValue(bytes)) failValue('an object whose bytes are not a CID')
  return encodeText(ipnsValueToString(bytes))
}

function pathOf(text: string): string {
  const cid = decodeCidText(text)
  if (cid !== undefined) return ipnsValueToString(cid)
  try {
    return `/ipns/${ipnsNameToString(parsePeerId(text))}`
  } catch {
    return failValue(`"${printable(text)}"`)
  }
}

function failValue(what: string): never {
  throw new RecordError('IPNS_VALUE_INVALID', `IPNS value is ${what}; a path such as /ipfs/bafy… or a CID is expected`)
}
