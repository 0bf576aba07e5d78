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

/** One implementation of Ed25519. */
export interface Ed25519Platform {
  readonly verifyByPlatform: VerifyByPlatform
  readonly importSigningKey: ImportSigningKey
}

/** The parameters of scrypt. @see RFC 7914, section 2 */
export interface ScryptParameters {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** Derives a key with scrypt, without blocking the thread for long. @param length - bytes */
export type DeriveScrypt = (
  passphrase: Uint8Array,
  salt: Uint8Array,
  parameters: ScryptParameters,
  length: number
) => Promise<Uint8Array>

/** What a key file contains. */
export interface KeyFileContent {
  readonly bytes: Uint8Array
  /** permission bits; `undefined` where files have none */
  readonly mode: number | undefined
}

/**
 * Files of keys. Every function throws `KEY_FILE_NOT_FOUND`, `KEY_FILE_EXISTS`, or `KEY_FILE_IO` with the error of the platform as
 * its cause.
 */
export interface KeyFileSystem {
  /** Reads at most `limit` bytes. A longer file gives `limit + 1` bytes. */
  read(path: string | URL, limit: number): Promise<KeyFileContent>
  /** Writes a file that only its owner can read, all or nothing. Resolves when it would survive a power failure. */
  write(path: string | URL, text: string, options: { readonly replace: boolean }): Promise<void>
  /** Renames a file unless there is one with the new name. */
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes a directory that only its owner can read, with its parents, unless it exists. */
  makeDirectory(path: string | URL): Promise<void>
  list(directory: string | URL): Promise<readonly string[]>
  /** The path of a file in a directory. */
  join(directory: string | URL, name: string): string
}
