import { encodePublicKey, inlinePeerId, peerIdFromDigest } from '@recordkit/record-codec'
import type { PeerId, PublicKey } from '@recordkit/record-types'
import { sha256 } from './sha256.ts'

/**
 * The peer ID of a public key, as a binary multihash: the key itself when its protobuf has at most 42 bytes (Ed25519,
 * Secp256k1), else its SHA-256 (RSA, ECDSA).
 *
 * @param publicKey - its data is not looked at
 * @throws RecordError `INVALID_ARGUMENT`, `KEY_TYPE_UNKNOWN`
 * @see libp2p peer-ids specification, "Peer Ids"
 */
export function peerIdOf(publicKey: PublicKey): PeerId {
  return inlinePeerId(publicKey) ?? peerIdFromDigest(sha256(encodePublicKey(publicKey)))
}
