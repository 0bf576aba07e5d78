import { equalBytes, RecordError } from '@recordkit/record-types'
import type { KeyType, PrivateKey } from '@recordkit/record-types'
import { derElement, readDer, readWholeDer } from '@recordkit/record-codec/internal'
import { findEcdsaCurve } from './ecdsa-curve.ts'
import { readEcdsaPrivateKey, readSec1, writeEcdsaPrivateKey } from './ecdsa-private-key.ts'
import { objectIdentifierToString } from './object-identifier.ts'
import { ed25519Pkcs8, ellipticPkcs8, rsaPkcs8 } from './pkcs8.ts'

// Contents of object identifiers.
const ed25519 = [0x2b, 0x65, 0x70]
const rsaEncryption = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]
const ecPublicKey = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]
// An object identifier in DER.
const secp256k1 = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]

/** Encodes a private key as PKCS#8. @see RFC 5958 */
export function writePkcs8({ type, data }: PrivateKey): Uint8Array<ArrayBuffer> {
  if (type === 'Ed25519') return ed25519Pkcs8(data.subarray(0, 32))
  if (type === 'RSA') return rsaPkcs8(data)
  if (type === 'ECDSA') return ellipticPkcs8(data, Uint8Array.from(readEcdsaPrivateKey(data).curve.identifier))
  const sec1 = derElement(0x30, Uint8Array.of(0x02, 0x01, 0x01), derElement(0x04, data))
  return ellipticPkcs8(sec1, Uint8Array.from(secp256k1))
}

/** The content of PKCS#8. */
export interface PrivateKeyInfo {
  readonly type: KeyType
  /** Ed25519: the seed, 32 bytes; else the data of a private key of this type */
  readonly data: Uint8Array
  /** Ed25519: the public half, if it is present */
  readonly publicKey?: Uint8Array | undefined
}

/**
 * Decodes PKCS#8 of both versions.
 *
 * @throws RecordError `PRIVATE_KEY_INVALID`
 * @see RFC 5958, section 2
 */
export function readPkcs8(bytes: Uint8Array): PrivateKeyInfo {
  const reader = { bytes: readWholeDer(bytes, 0x30) ?? invalid(), offset: 0 }
  const version = readDer(reader, 0x02) ?? invalid()
  const algorithm = { bytes: readDer(reader, 0x30) ?? invalid(), offset: 0 }
  const key = readDer(reader, 0x04) ?? invalid()
  // optional attributes, then the optional public key
  readDer(reader, 0xa0)
  const publicKey = readDer(reader, 0x81)
  if (version.length !== 1 || (version[0] as number) > 1 || reader.offset !== reader.bytes.length) invalid()
  const identifier = readDer(algorithm, 0x06) ?? invalid()
  if (equals(identifier, rsaEncryption)) return { type: 'RSA', data: key }
  if (equals(identifier, ecPublicKey)) return readElliptic(key, algorithm.bytes.subarray(algorithm.offset))
  if (!equals(identifier, ed25519)) unknown('algorithm', identifier)
  const seed = readWholeDer(key, 0x04)
  if (seed?.length !== 32) invalid()
  // the first byte of a BIT STRING is the number of unused bits
  return { type: 'Ed25519', data: seed, publicKey: publicKey?.subarray(1) }
}

/**
 * Decodes SEC 1 of an ECDSA or Secp256k1 private key.
 *
 * @param identifier - of the curve, in DER. @default the one that the key names
 * @throws RecordError `PRIVATE_KEY_INVALID`
 * @see RFC 5915, section 3
 */
export function readElliptic(
  sec1: Uint8Array,
  identifier: Uint8Array | undefined = readSec1(sec1).curve
): PrivateKeyInfo {
  if (identifier === undefined)
    throw new RecordError('PRIVATE_KEY_INVALID', 'the SEC 1 private key does not name its curve')
  if (equals(identifier, secp256k1)) return { type: 'Secp256k1', data: readSec1(sec1).secret }
  const curve = findEcdsaCurve((known) => equals(identifier, known.identifier))
  if (curve === undefined) unknown('curve', readWholeDer(identifier, 0x06) ?? invalid())
  const key = readEcdsaPrivateKey(sec1)
  if (key.curve !== curve) invalid()
  return { type: 'ECDSA', data: writeEcdsaPrivateKey(key) }
}

function equals(bytes: Uint8Array, expected: readonly number[]): boolean {
  return equalBytes(bytes, Uint8Array.from(expected))
}

/** @param identifier - the contents of an object identifier */
function unknown(what: string, identifier: Uint8Array): never {
  throw new RecordError(
    'PRIVATE_KEY_INVALID',
    `the private key has the ${what} ${objectIdentifierToString(identifier)}; Ed25519, RSA, ECDSA on P-256, P-384 or P-521, or ` +
      'Secp256k1 is expected'
  )
}

function invalid(): never {
  throw new RecordError(
    'PRIVATE_KEY_INVALID',
    'the bytes are not PKCS#8 of an Ed25519, RSA, ECDSA or Secp256k1 private key'
  )
}
