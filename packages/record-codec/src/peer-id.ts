import type { PeerId, PublicKey } from '@recordkit/record-types'
import { checkBytes, throwRecordError, failArgument } from './throw-record-error.ts'

/** The largest key protobuf that a peer ID holds itself. */
const inlineLimit = 42

// what stands before the digest, and before the data of a key: hash function and length, type and length
const sha256: readonly number[] = [0x12, 32]
const ed25519: readonly number[] = [0, 36, 8, 1, 18, 32]
const secp256k1: readonly number[] = [0, 37, 8, 2, 18, 33]

/**
 * The peer ID of a key whose protobuf is at most 42 bytes (Ed25519, Secp256k1): an identity multihash of it. For
 * others, `undefined`: theirs is {@link peerIdFromDigest}.
 *
 * @param encodedKey - protobuf `PublicKey` in its one encoding, as `encodePublicKey` writes and `decodePublicKey` takes it
 * @throws RecordError `INVALID_ARGUMENT`
 * @see libp2p peer-ids specification, "Peer Ids"
 */
export function peerIdFromInlineKey(encodedKey: Uint8Array): PeerId | undefined {
  checkBytes(encodedKey, 'key')
  return encodedKey.length > inlineLimit ? undefined : multihash(0, encodedKey)
}

/**
 * The sha2-256 multihash.
 *
 * @param digest - 32 bytes, SHA-256 of the key's protobuf
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function peerIdFromDigest(digest: Uint8Array): PeerId {
  checkBytes(digest, 'digest')
  if (digest.length !== 32) failArgument(`digest is ${digest.length} bytes, not 32`)
  return multihash(0x12, digest)
}

/**
 * The key that the ID holds; `undefined` for a sha2-256 ID.
 *
 * Only Ed25519 and Secp256k1 keys are small enough, and each has one encoding: so they are told by their first bytes.
 *
 * @throws RecordError `PEER_ID_INVALID`, as {@link assertPeerId}
 */
export function publicKeyFromPeerId(peerId: PeerId): PublicKey | undefined {
  checkBytes(peerId, 'peer ID')
  const { length } = peerId
  if (length === 34 && beginsWith(peerId, sha256)) return undefined
  const data = peerId.subarray(6)
  if (length === 38 && beginsWith(peerId, ed25519)) return { type: 'Ed25519', data }
  if (length === 39 && beginsWith(peerId, secp256k1) && (data[0]! | 1) === 3) return { type: 'Secp256k1', data }
  return throwRecordError(
    'PEER_ID_INVALID',
    'peer ID is neither an identity multihash of a public key nor a sha2-256 multihash'
  )
}

/**
 * Hands back `bytes` when they are a peer ID: an identity multihash of a canonical public key of at most 42 bytes, or
 * a sha2-256 multihash.
 *
 * @throws RecordError `PEER_ID_INVALID`; the codes of public keys for the one inside
 */
export function assertPeerId(bytes: Uint8Array): PeerId {
  publicKeyFromPeerId(bytes)
  return bytes
}

/** Whether `bytes` begin with `head`. */
export function beginsWith(bytes: Uint8Array, head: readonly number[]): boolean {
  for (let index = 0; index < head.length; index++) if (bytes[index] !== head[index]) return false
  return true
}

function multihash(code: number, digest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(digest.length + 2)
  bytes[0] = code
  bytes[1] = digest.length
  bytes.set(digest, 2)
  return bytes
}
