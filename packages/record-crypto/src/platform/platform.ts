import type { MaybePromise } from '@recordkit/record-types'

/**
 * Verifies with the cryptography of the platform. The caller has checked everything on which platforms disagree: every
 * implementation returns the same result, and does not throw for any bytes.
 *
 * @param publicKey - Ed25519: 32 bytes; Secp256k1: 33 bytes, compressed; RSA and ECDSA: SPKI DER
 * @param signature - Ed25519: 64 bytes; RSA: as long as the modulus; ECDSA and Secp256k1: DER that has been checked
 * @param threads - whether to use the threads of the platform. WebCrypto always does.
 */
export type VerifyByPlatform = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  threads?: boolean
) => MaybePromise<boolean>

/** Whether another implementation may accept a signature that `VerifyByPlatform` refuses. Does not throw for any bytes. */
export type DisputeByPlatform = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array
) => MaybePromise<boolean>

/** An imported private key. */
export interface SigningKey {
  /** Ed25519: 32 bytes; RSA and ECDSA: SPKI DER */
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): MaybePromise<Uint8Array>
}

/**
 * Imports a private key. Does not keep a view of it.
 *
 * @param privateKey - Ed25519: the seed, 32 bytes; RSA: PKCS#1 DER; ECDSA: SEC 1 DER that names its curve
 */
export type ImportSigningKey = (privateKey: Uint8Array) => MaybePromise<SigningKey>
