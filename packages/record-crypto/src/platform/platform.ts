import type { MaybePromise } from '@recordkit/record-types'

/**
 * Verifies by whatever the platform has, after everything that platforms may disagree on was decided. Each leaf answers
 * the same, and never throws for any bytes.
 *
 * @param publicKey - Ed25519: 32 bytes; Secp256k1: 33 bytes, compressed; RSA and ECDSA: SPKI DER
 * @param signature - Ed25519: 64 bytes; RSA: as long as the modulus; ECDSA and Secp256k1: DER that has been
 * read
 * @param threads - on threads of the platform's; WebCrypto always is
 */
export type VerifyByPlatform = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  threads?: boolean
) => MaybePromise<boolean>

/** What signs with one private key. */
export interface SigningKey {
  /** Ed25519: 32 bytes; RSA and ECDSA: SPKI DER */
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): MaybePromise<Uint8Array>
}

/**
 * Makes a private key usable; keeps no view on it.
 *
 * @param privateKey - Ed25519: the seed, 32 bytes; RSA: PKCS#1 DER; ECDSA: SEC 1 DER that names its curve
 */
export type ImportSigningKey = (privateKey: Uint8Array) => MaybePromise<SigningKey>
