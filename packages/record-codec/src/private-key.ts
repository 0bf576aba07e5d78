import { equalBytes } from '@recordkit/record-types'
import type { PrivateKey } from '@recordkit/record-types'
import { enterDer, failDer, readDerInteger } from './der.ts'
import type { DerReader } from './der.ts'
import { checkObject, throwRecordError } from './throw-record-error.ts'
import { keyFields, readKey } from './key-message.ts'
import { writeFields } from './protobuf-writer.ts'

/** An RSA key of 8192 bits takes about 4700 bytes. */
const privateKeyLimit = 6_000

/**
 * Encodes a key as protobuf `PrivateKey`.
 *
 * @throws RecordError `KEY_TYPE_UNKNOWN`; `INVALID_ARGUMENT`
 * @see libp2p peer-ids specification, "Keys"
 */
export function encodePrivateKey(key: PrivateKey): Uint8Array {
  checkObject(key, 'key')
  // memory of its own: secrets do not lie among public bytes
  return writeFields(keyFields(key), 0, (size) => new Uint8Array(size))
}

/**
 * Reads a protobuf `PrivateKey`; its data is a view on `bytes`. Ed25519: 64 bytes, seed then public key (the old form
 * of 96 bytes is read when its two public halves agree, and handed back as 64); Secp256k1: 32 bytes; RSA: PKCS#1 DER
 * of 2048 to 8192 bits; ECDSA: SEC 1 DER. That an Ed25519 public half belongs to its seed is not looked at here.
 *
 * @throws RecordError `PRIVATE_KEY_INVALID`, `DER_INVALID`, `KEY_TYPE_UNKNOWN`, `TOO_LARGE`, `PROTOBUF_…`
 */
export function decodePrivateKey(bytes: Uint8Array): PrivateKey {
  const { type, data } = readKey(bytes, privateKeyLimit, 'private key')
  if (type === undefined || data === undefined)
    throwRecordError('PRIVATE_KEY_INVALID', 'private key has no type or no data')
  const { length } = data
  if (type === 'Ed25519') {
    if (length === 96 && equalBytes(data.subarray(32, 64), data.subarray(64)))
      return { type, data: data.subarray(0, 64) }
    if (length !== 64)
      throwRecordError('PRIVATE_KEY_INVALID', 'Ed25519 private key is not 64 bytes, nor 96 with equal public halves')
  } else if (type === 'Secp256k1') {
    if (length !== 32) throwRecordError('PRIVATE_KEY_INVALID', `Secp256k1 private key is ${length} bytes, not 32`)
  } else if (type === 'RSA') checkRsaPrivateKey(data)
  else checkEcdsaPrivateKey(data)
  return { type, data }
}

/** `RSAPrivateKey` of RFC 8017: version 0 and eight numbers. */
function checkRsaPrivateKey(bytes: Uint8Array): void {
  const reader: DerReader = { bytes, offset: 0 }
  const end = enterDer(reader, 0x30, bytes.length)
  const version = readDerInteger(reader, end)
  const modulus = readDerInteger(reader, end)
  for (let count = 0; count < 7; count++) readDerInteger(reader, end)
  if (end !== bytes.length || reader.offset !== end || version.length !== 1 || version[0] !== 0) failDer()
  const bits = modulus.length * 8 - Math.clz32(modulus[0]!) + 24
  if (bits < 2048 || bits > 8192)
    throwRecordError('PRIVATE_KEY_INVALID', `RSA modulus has ${bits} bits, not 2048 to 8192`)
}

/** `ECPrivateKey` of RFC 5915: version 1, the number, and as options the curve and the public key. */
function checkEcdsaPrivateKey(bytes: Uint8Array): void {
  const reader: DerReader = { bytes, offset: 0 }
  const end = enterDer(reader, 0x30, bytes.length)
  const version = readDerInteger(reader, end)
  const secret = enterDer(reader, 4, end)
  const size = secret - reader.offset
  reader.offset = secret
  for (const tag of [0xa0, 0xa1]) if (bytes[reader.offset] === tag) reader.offset = enterDer(reader, tag, end)
  if (end !== bytes.length || reader.offset !== end || version.length !== 1 || version[0] !== 1) failDer()
  if (size !== 32 && size !== 48 && size !== 66) {
    throwRecordError('PRIVATE_KEY_INVALID', `ECDSA private key is ${size} bytes, not one of P-256, P-384 or P-521`)
  }
}
