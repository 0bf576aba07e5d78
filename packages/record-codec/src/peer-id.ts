import type { PeerId, PublicKey } from '@recordkit/record-types'
import { checkBytes, failArgument, throwRecordError } from './throw-record-error.ts'

/** The largest protobuf of a key that a peer ID contains; of a larger one it contains the hash. */
const inlineLimit = 42

// The bytes before the digest or the key data: hash function and length; then type, and length of the data.
const sha256: readonly number[] = [0x12, 32]
const ed25519: readonly number[] = [0, 36, 8, 1, 18, 32]
const secp256k1: readonly number[] = [0, 37, 8, 2, 18, 33]

/**
 * Returns the peer ID of a key whose protobuf has at most 42 bytes (Ed25519, Secp256k1): an identity multihash of it.
 * For other keys, returns `undefined`: their peer ID is {@link peerIdFromDigest} of the SHA-256 of the protobuf.
 *
 * @param encodedKey - protobuf `PublicKey` in its canonical encoding, as `encodePublicKey` returns it
 * @throws RecordError `INVALID_ARGUMENT`
 * @see libp2p peer-ids specification, "Peer Ids"
 * @example
 * ```ts
 * const peerId = peerIdFromInlineKey(encodePublicKey(signer.publicKey))
 * ```
 */
export function peerIdFromInlineKey(encodedKey: Uint8Array): PeerId | undefined {
  checkBytes(encodedKey, 'key')
  return encodedKey.length > inlineLimit ? undefined : multihash(0, encodedKey)
}

/**
 * Returns the sha2-256 multihash of a digest.
 *
 * @param digest - 32 bytes, SHA-256 of the protobuf of the key
 * @throws RecordError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const peerId = peerIdFromDigest(sha256(encodePublicKey(rsaKey)))
 * ```
 */
export function peerIdFromDigest(digest: Uint8Array): PeerId {
  checkBytes(digest, 'digest')
  if (digest.length !== 32) failArgument(`digest is ${digest.length} bytes, not 32`)
  return multihash(0x12, digest)
}

/**
 * Returns the key that a peer ID contains; `undefined` for a sha2-256 peer ID. Only Ed25519 and Secp256k1 keys are
 * small enough to be contained, and each has one encoding, so that their first bytes identify them.
 *
 * @throws RecordError `PEER_ID_INVALID`, `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const publicKey = publicKeyFromPeerId(parsePeerId('12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'))
 * ```
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
 * Returns `bytes` when they are a peer ID: an identity multihash of a canonical public key of at most 42 bytes, or a
 * sha2-256 multihash.
 *
 * @throws RecordError `PEER_ID_INVALID`, `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const peerId = assertPeerId(record.key.subarray('/ipns/'.length))
 * ```
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
