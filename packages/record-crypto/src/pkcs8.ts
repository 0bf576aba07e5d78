import { derElement } from '@recordkit/record-codec/internal'

// Algorithm identifiers, SEQUENCE { OBJECT IDENTIFIER, parameters }; of elliptic curves, the identifier only
const ed25519 = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70]
const rsaEncryption = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]
const ecPublicKey = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]

/** Encodes an Ed25519 seed of 32 bytes as PKCS#8. @see RFC 8410, section 7 */
export function ed25519Pkcs8(seed: Uint8Array): Uint8Array<ArrayBuffer> {
  return privateKeyInfo(Uint8Array.from(ed25519), derElement(0x04, seed))
}

/** Wraps PKCS#1 DER in PKCS#8. @see RFC 8017, appendix A.1 */
export function rsaPkcs8(pkcs1: Uint8Array): Uint8Array<ArrayBuffer> {
  return privateKeyInfo(Uint8Array.from(rsaEncryption), pkcs1)
}

/** Wraps SEC 1 DER in PKCS#8. @param curve - its object identifier, in DER @see RFC 5915, section 3 */
export function ellipticPkcs8(sec1: Uint8Array, curve: Uint8Array): Uint8Array<ArrayBuffer> {
  return privateKeyInfo(derElement(0x30, Uint8Array.from(ecPublicKey), curve), sec1)
}

/** Wraps an RSA public key in SPKI. @param numbers - PKCS#1 `RSAPublicKey` */
export function rsaSpki(numbers: Uint8Array): Uint8Array {
  return publicKeyInfo(Uint8Array.from(rsaEncryption), numbers)
}

/** Wraps an uncompressed point in SPKI. @param curve - its object identifier, in DER */
export function ellipticSpki(point: Uint8Array, curve: Uint8Array): Uint8Array {
  return publicKeyInfo(derElement(0x30, Uint8Array.from(ecPublicKey), curve), point)
}

function privateKeyInfo(algorithm: Uint8Array, key: Uint8Array): Uint8Array<ArrayBuffer> {
  return derElement(0x30, Uint8Array.of(0x02, 0x01, 0x00), algorithm, derElement(0x04, key))
}

function publicKeyInfo(algorithm: Uint8Array, key: Uint8Array): Uint8Array {
  return derElement(0x30, algorithm, derElement(0x03, new Uint8Array(1), key))
}
