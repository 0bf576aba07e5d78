import type { PublicKey } from '@recordkit/record-types'
import { checkObject } from './fail.ts'
import { checkInlineKey, readPublicKey } from './inline-key.ts'
import { keyFields } from './key-message.ts'
import { writeFields } from './protobuf-writer.ts'
import { checkEcdsaPublicKey, checkRsaPublicKey } from './subject-public-key.ts'

/**
 * Encodes a key as protobuf `PublicKey`, in the one encoding that a peer ID is made of.
 *
 * @throws RecordError `KEY_TYPE_UNKNOWN`; `INVALID_ARGUMENT`
 * @see libp2p peer-ids specification, "Keys"
 */
export function encodePublicKey(key: PublicKey): Uint8Array {
  checkObject(key, 'key')
  return writeFields(keyFields(key))
}

/**
 * Reads a protobuf `PublicKey`. Its data is a view on `bytes`, and has the shape of its type: Ed25519 32 bytes,
 * Secp256k1 33 bytes compressed, RSA SPKI DER of 2048 to 8192 bits, ECDSA SPKI DER on P-256, P-384 or P-521. That a
 * point lies on its curve is not looked at here.
 *
 * @throws RecordError `PUBLIC_KEY_NOT_CANONICAL` for any other encoding of a key than {@link encodePublicKey}'s;
 * `PUBLIC_KEY_INVALID`, `DER_INVALID`, `KEY_TYPE_UNKNOWN`, `TOO_LARGE`, `PROTOBUF_…`
 */
export function decodePublicKey(bytes: Uint8Array): PublicKey {
  const key = readPublicKey(bytes)
  if (key.type === 'RSA') checkRsaPublicKey(key.data)
  else if (key.type === 'ECDSA') checkEcdsaPublicKey(key.data)
  else checkInlineKey(key)
  return key
}
