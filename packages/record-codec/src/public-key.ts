import type { KeyType, PublicKey } from '@recordkit/record-types'
import { checkObject, throwRecordError } from './throw-record-error.ts'
import { keyFields, readKey } from './key-message.ts'
import { writeFields } from './protobuf-writer.ts'
import { checkEcdsaPublicKey, checkRsaPublicKey } from './subject-public-key.ts'

/** An RSA key of 8192 bits has 1068 bytes. */
const publicKeyLimit = 1_100

/**
 * Encodes a key as protobuf `PublicKey`, in the canonical encoding from which its peer ID is made.
 *
 * @throws RecordError `KEY_TYPE_UNKNOWN`; `INVALID_ARGUMENT`
 * @see libp2p peer-ids specification, "Keys"
 * @example
 * ```ts
 * const bytes = encodePublicKey(signer.publicKey)
 * ```
 */
export function encodePublicKey(key: PublicKey): Uint8Array<ArrayBuffer> {
  checkObject(key, 'key')
  return writeFields(keyFields(key))
}

/**
 * Decodes a protobuf `PublicKey`. The data is a view of `bytes` and has the form of its type: Ed25519 32 bytes,
 * Secp256k1 33 bytes compressed, RSA SPKI DER of 2048 to 8192 bits, ECDSA SPKI DER on P-256, P-384 or P-521. Does not
 * check that a point is on its curve.
 *
 * @throws RecordError `PUBLIC_KEY_NOT_CANONICAL` for every encoding but that of {@link encodePublicKey};
 * `PUBLIC_KEY_INVALID`, `DER_INVALID`, `KEY_TYPE_UNKNOWN`, `TOO_LARGE`, `PROTOBUF_…`
 * @example
 * ```ts
 * const { type, data } = decodePublicKey(bytes)
 * ```
 */
export function decodePublicKey(bytes: Uint8Array): PublicKey {
  const { type, data, ordered } = readKey(bytes, publicKeyLimit, 'public key')
  if (data === undefined) throwRecordError('PUBLIC_KEY_INVALID', 'public key has no data')
  if (type === undefined || !ordered) {
    throwRecordError('PUBLIC_KEY_NOT_CANONICAL', 'public key is not in its canonical encoding')
  }
  return checkedKey(type, data)
}

/** @throws RecordError unless the data has the form of its type */
export function checkedKey(type: KeyType, data: Uint8Array): PublicKey {
  const { length } = data
  if (type === 'RSA') checkRsaPublicKey(data)
  else if (type === 'ECDSA') checkEcdsaPublicKey(data)
  else if (type === 'Ed25519' ? length !== 32 : length !== 33 || (data[0]! | 1) !== 3) {
    throwRecordError(
      'PUBLIC_KEY_INVALID',
      type + ' key is not ' + (type === 'Ed25519' ? '32 bytes' : '33 bytes, compressed')
    )
  }
  return { type, data }
}
