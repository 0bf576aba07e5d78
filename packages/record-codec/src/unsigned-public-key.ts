import { equalBytes, limits } from '@recordkit/record-types'
import type { PublicKey } from '@recordkit/record-types'
import { derElement, readDer } from './internal/der.ts'
import { readKey } from './key-message.ts'
import { readFieldsLeniently } from './protobuf-reader.ts'
import { checkedKey } from './public-key.ts'
import { throwRecordError } from './throw-record-error.ts'

/**
 * Decodes a protobuf `PublicKey` that no signature covers: one that is embedded in an IPNS record or an envelope, or the value
 * of a public key record. Anyone can encode such a key in another way, so every encoding that other implementations read is accepted: fields in any form, more elements in the DER of
 * RSA and ECDSA keys, uncompressed Secp256k1 points. The result is in the form that
 * `decodePublicKey` requires: encode it with `encodePublicKey` to compare, hash or store it.
 *
 * @param bytes - at most 64 KiB
 * @throws RecordError `PUBLIC_KEY_INVALID`, `DER_INVALID`, `KEY_TYPE_UNKNOWN`, `TOO_LARGE`, `PROTOBUF_…`
 * @example
 * ```ts
 * const publicKey = decodeUnsignedPublicKey(record.publicKey)
 * const isOfName = equalBytes(peerIdFromPublicKey(publicKey), name)
 * ```
 */
export function decodeUnsignedPublicKey(bytes: Uint8Array): PublicKey {
  // an absent enum is its first value
  const { type = 'RSA', data } = readKey(bytes, limits.envelope, 'public key', readFieldsLeniently)
  if (data === undefined) throwRecordError('PUBLIC_KEY_INVALID', 'public key has no data')
  if (type === 'Secp256k1') return checkedKey(type, compressedPoint(data))
  return checkedKey(type, type === 'Ed25519' ? data : canonicalSpki(data))
}

/**
 * Whether an unsigned public key is one that a peer ID contains. Costs less than decoding it: there is no DER in such keys.
 *
 * @throws RecordError as {@link decodeUnsignedPublicKey}, for a message that is malformed
 */
export function isInlineKey(bytes: Uint8Array, key: PublicKey): boolean {
  const { type, data } = readKey(bytes, limits.envelope, 'public key', readFieldsLeniently)
  return type === key.type && data !== undefined && equalBytes(compressedPoint(data), key.data)
}

/** The compressed form of an uncompressed point; other bytes unchanged. @see SEC 1, section 2.3.3 */
function compressedPoint(point: Uint8Array): Uint8Array {
  const form = point[0]!
  const odd = point[64]! & 1
  // 4: uncompressed; 6 and 7: the same, but with the parity of y
  if (point.length !== 65 || (form !== 4 && form !== (6 | odd))) return point
  const compressed = point.slice(0, 33)
  compressed[0] = 2 | odd
  return compressed
}

/** SPKI DER without the bytes that other implementations ignore, at its end or that of a sequence; other bytes unchanged. */
function canonicalSpki(der: Uint8Array): Uint8Array {
  const info = { bytes: readDer({ bytes: der, offset: 0 }, 0x30) ?? der, offset: 0 }
  const algorithm = { bytes: readDer(info, 0x30) ?? der, offset: 0 }
  const key = readDer(info, 3)
  const type = readDer(algorithm, 6)
  const curve = readDer(algorithm, 6)
  if (type === undefined || key === undefined) return der
  if (curve !== undefined) return spki(derElement(6, type), derElement(6, curve), key)
  const parameters = readDer(algorithm, 5)
  const numbers = { bytes: readDer({ bytes: key, offset: 1 }, 0x30) ?? der, offset: 0 }
  const modulus = readDer(numbers, 2)
  const exponent = readDer(numbers, 2)
  if (parameters === undefined || modulus === undefined || exponent === undefined) return der
  const rsaKey = derElement(0x30, derElement(2, modulus), derElement(2, exponent))
  return spki(derElement(6, type), derElement(5, parameters), [...key.subarray(0, 1), ...rsaKey])
}

function spki(type: Uint8Array, parameters: Uint8Array, key: ArrayLike<number>): Uint8Array {
  return derElement(0x30, derElement(0x30, type, parameters), derElement(3, key))
}
