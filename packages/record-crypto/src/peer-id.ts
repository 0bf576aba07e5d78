import { encodePublicKey, peerIdFromInlineKey, peerIdFromDigest } from '@recordkit/record-codec'
import { digestAsync } from '#sha256'
import type { MaybePromise, PeerId, PublicKey } from '@recordkit/record-types'
import { sha256 } from './sha256.ts'

/**
 * Returns the peer ID of a public key, a binary multihash: the key itself when its protobuf has at most 42 bytes
 * (Ed25519, Secp256k1), else its SHA-256 (RSA, ECDSA).
 *
 * @param publicKey - the form of its data is not checked
 * @throws RecordError `INVALID_ARGUMENT`, `KEY_TYPE_UNKNOWN`
 * @see libp2p peer-ids specification, "Peer Ids"
 * @example
 * ```ts
 * console.log(peerIdToString(peerIdFromPublicKey(signer.publicKey)))
 * ```
 */
export function peerIdFromPublicKey(publicKey: PublicKey): PeerId {
  return peerIdFromEncodedKey(encodePublicKey(publicKey))
}

/**
 * As {@link peerIdFromPublicKey}, for an encoded key.
 *
 * @param encodedKey - protobuf `PublicKey` in its canonical encoding, the one that `decodePublicKey` accepts
 * @example
 * ```ts
 * const author = peerIdFromEncodedKey(envelope.publicKeyBytes)
 * ```
 */
export function peerIdFromEncodedKey(encodedKey: Uint8Array): PeerId {
  return peerIdFromInlineKey(encodedKey) ?? peerIdFromDigest(sha256(encodedKey))
}

/** As {@link peerIdFromEncodedKey}, but asynchronous for large keys: a browser bundle then needs no hash function. */
export function peerIdFromEncodedKeyAsync(encodedKey: Uint8Array): MaybePromise<PeerId> {
  return peerIdFromInlineKey(encodedKey) ?? hashedPeerId(encodedKey)
}

async function hashedPeerId(encodedKey: Uint8Array): Promise<PeerId> {
  return peerIdFromDigest(await digestAsync(encodedKey))
}
