import { encodePublicKey, peerIdFromInlineKey, peerIdFromDigest } from '@recordkit/record-codec'
import { digestLater } from '#sha256'
import type { MaybePromise, PeerId, PublicKey } from '@recordkit/record-types'
import { sha256 } from './sha256.ts'

/**
 * The peer ID of a public key, as a binary multihash: the key itself when its protobuf has at most 42 bytes (Ed25519,
 * Secp256k1), else its SHA-256 (RSA, ECDSA).
 *
 * @param publicKey - its data is not looked at
 * @throws RecordError `INVALID_ARGUMENT`, `KEY_TYPE_UNKNOWN`
 * @see libp2p peer-ids specification, "Peer Ids"
 */
export function peerIdFromPublicKey(publicKey: PublicKey): PeerId {
  return peerIdFromEncodedKey(encodePublicKey(publicKey))
}

/**
 * {@link peerIdFromPublicKey} a key as it was read.
 *
 * @param encodedKey - protobuf `PublicKey` that `decodePublicKey` takes, which is its one encoding
 */
export function peerIdFromEncodedKey(encodedKey: Uint8Array): PeerId {
  return peerIdFromInlineKey(encodedKey) ?? peerIdFromDigest(sha256(encodedKey))
}

/** {@link peerIdFromEncodedKey} for those who can wait: a page is spared a hash function of its own. */
export function peerIdFromEncodedKeyAsync(encodedKey: Uint8Array): MaybePromise<PeerId> {
  return peerIdFromInlineKey(encodedKey) ?? hashedPeerId(encodedKey)
}

async function hashedPeerId(encodedKey: Uint8Array): Promise<PeerId> {
  return peerIdFromDigest(await digestLater(encodedKey))
}
