import type { PeerId } from '@recordkit/record-types'
import { encodeBase58 } from './multibase.ts'
import { assertPeerId } from './peer-id.ts'

/**
 * Returns the text form of a peer ID, the multihash in base58btc: `12D3KooW…`, `Qm…`.
 *
 * @throws RecordError the codes of `assertPeerId`
 * @example
 * ```ts
 * console.log(peerIdToString(signer.peerId))
 * ```
 */
export function peerIdToString(peerId: PeerId): string {
  return encodeBase58(assertPeerId(peerId))
}
