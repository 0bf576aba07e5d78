import type { PeerId } from '@recordkit/record-types'
import { failType, throwRecordError } from './throw-record-error.ts'
import { decodeBase58, decodeMultibase } from './multibase.ts'
import { assertPeerId } from './peer-id.ts'

/** The longest text form: a CIDv1 of a multihash of 44 bytes, in base16. */
const textLimit = 1 + 2 * 46

/**
 * Parses a peer ID: a multihash in base58btc (`12D3KooW…`, `Qm…`), or a CIDv1 of the codec libp2p-key in base16,
 * base32, base36 or base58btc, with its multibase prefix.
 *
 * @throws RecordError `PEER_ID_INVALID`
 * @see libp2p peer-ids specification, "String representation"
 * @example
 * ```ts
 * const peerId = parsePeerId('12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5')
 * ```
 */
export function parsePeerId(text: string): PeerId {
  if (typeof text !== 'string') failType(text, 'text', 'a string')
  if (text.length > textLimit) throwRecordError('PEER_ID_INVALID', `peer ID is longer than ${textLimit} characters`)
  const isBase58 = text.startsWith('1') || text.startsWith('Qm')
  const bytes = isBase58 ? decodeBase58(text) : decodeMultibase(text)
  if (bytes === undefined) {
    const message = 'peer ID is neither base58btc nor a CID in base16, base32, base36 or base58btc'
    return throwRecordError('PEER_ID_INVALID', message)
  }
  if (isBase58) return assertPeerId(bytes)
  if (bytes[0] !== 1 || bytes[1] !== 0x72) {
    throwRecordError('PEER_ID_INVALID', 'peer ID is not a CIDv1 of the codec libp2p-key')
  }
  return assertPeerId(bytes.subarray(2))
}
