import { equalBytes } from '@recordkit/record-types'
import type { PrivateKey } from '@recordkit/record-types'
import { readDer, readDerInteger, readWholeDer } from './internal/der.ts'
import { checkObject, throwRecordError } from './throw-record-error.ts'
import { keyFields, readKey } from './key-message.ts'
import { writeFields } from './protobuf-writer.ts'

/** An RSA key of 8192 bits has about 4700 bytes. */
const privateKeyLimit = 6_000

/**
 * Encodes a key as protobuf `PrivateKey`.
 *
 * @throws RecordError `KEY_TYPE_UNKNOWN`; `INVALID_ARGUMENT`
 * @see libp2p peer-ids specification, "Keys"
 * @example
 * ```ts
 * const bytes = encodePrivateKey(keyPair.privateKey)
 * ```
 */
export function encodePrivateKey(key: PrivateKey): Uint8Array<ArrayBuffer> {
  checkObject(key, 'key')
  // memory of its own, so that a secret does not share a buffer with public bytes
  return writeFields(keyFields(key), 0, (size) => new Uint8Array(size))
}

/**
 * Decodes a protobuf `PrivateKey`. The data is a view of `bytes`. Ed25519: 64 bytes, seed then public key (the old form
 * of 96 bytes is decoded to 64 when its two public halves are equal); Secp256k1: 32 bytes; RSA: PKCS#1 DER of 2048 to
 * 8192 bits; ECDSA: SEC 1 DER. Does not check that the public half of an Ed25519 key belongs to its seed.
 *
 * @throws RecordError `PRIVATE_KEY_INVALID`, `DER_INVALID`, `KEY_TYPE_UNKNOWN`, `TOO_LARGE`, `PROTOBUF_…`
 * @example
 * ```ts
 * const { type, data } = decodePrivateKey(await readFile('identity.key'))
 * ```
 */
export function decodePrivateKey(bytes: Uint8Array): PrivateKey {
  const { type, data } = readKey(bytes, privateKeyLimit, 'private key')
  if (type === undefined || data === undefined) {
    throwRecordError('PRIVATE_KEY_INVALID', 'private key has no type or no data')
  }
  const { length } = data
  if (type === 'Ed25519') {
    if (length === 96 && equalBytes(data.subarray(32, 64), data.subarray(64))) {
      return { type, data: data.subarray(0, 64) }
    }
    if (length !== 64) {
      throwRecordError('PRIVATE_KEY_INVALID', 'Ed25519 private key is not 64 bytes, nor 96 with equal public halves')
    }
  } else if (type === 'Secp256k1') {
    if (length !== 32) throwRecordError('PRIVATE_KEY_INVALID', `Secp256k1 private key is ${length} bytes, not 32`)
  } else if (type === 'RSA') checkRsaPrivateKey(data)
  else checkEcdsaPrivateKey(data)
  return { type, data }
}

/** Checks `RSAPrivateKey` of RFC 8017: version 0 and eight numbers. */
function checkRsaPrivateKey(der: Uint8Array): void {
  const reader = { bytes: readWholeDer(der, 0x30) ?? failDer(), offset: 0 }
  const version = readDerInteger(reader)
  const modulus = readDerInteger(reader) ?? failDer()
  for (let count = 0; count < 7; count++) if (readDerInteger(reader) === undefined) failDer()
  if (reader.offset !== reader.bytes.length || version?.length !== 1 || version[0] !== 0) failDer()
  const bits = modulus.length * 8 - Math.clz32(modulus[0]!) + 24
  if (bits < 2048 || bits > 8192) {
    throwRecordError('PRIVATE_KEY_INVALID', `RSA modulus has ${bits} bits, not 2048 to 8192`)
  }
}

/** Checks `ECPrivateKey` of RFC 5915: version 1, the number, and optionally the curve and the public key. */
function checkEcdsaPrivateKey(der: Uint8Array): void {
  const reader = { bytes: readWholeDer(der, 0x30) ?? failDer(), offset: 0 }
  const version = readDerInteger(reader)
  const { length: size } = readDer(reader, 4) ?? failDer()
  readDer(reader, 0xa0)
  readDer(reader, 0xa1)
  if (reader.offset !== reader.bytes.length || version?.length !== 1 || version[0] !== 1) failDer()
  if (size !== 32 && size !== 48 && size !== 66) {
    throwRecordError('PRIVATE_KEY_INVALID', `ECDSA private key is ${size} bytes, not one of P-256, P-384 or P-521`)
  }
}

function failDer(): never {
  throwRecordError('DER_INVALID', 'private key is not DER of its type')
}
