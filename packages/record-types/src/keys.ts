import type { AbortOptions, MaybePromise } from './time.ts'

/** The four key types of the libp2p peer-id specification, by its names. */
export type KeyType = 'RSA' | 'Ed25519' | 'Secp256k1' | 'ECDSA'

/** A public key as libp2p's `PublicKey` message holds it. */
export interface PublicKey {
  readonly type: KeyType
  /** RSA and ECDSA: SPKI DER; Ed25519: 32 bytes; Secp256k1: 33 bytes, compressed */
  readonly data: Uint8Array
}

/** A private key as libp2p's `PrivateKey` message holds it. */
export interface PrivateKey {
  readonly type: KeyType
  /** RSA: PKCS#1 DER; Ed25519: 64 bytes, seed then public; Secp256k1: 32 bytes; ECDSA: SEC 1 DER */
  readonly data: Uint8Array
}

/** A peer ID: the binary multihash. Text forms exist only at the edges. */
export type PeerId = Uint8Array

/** Verifies signatures of one key type. An algorithm is an argument, so that a page pays only for what it uses. */
export interface Algorithm {
  readonly type: KeyType
  /**
   * Answers for any bytes and never throws: a malformed key or signature is `false`.
   *
   * @param publicKey - the `data` of a {@link PublicKey} of this type
   */
  verify(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    options?: AlgorithmVerifyOptions
  ): MaybePromise<boolean>
}

/** How a signature is verified. */
export interface AlgorithmVerifyOptions extends AbortOptions {
  /**
   * on other threads, where the platform has them: later, in a longer time for one and a shorter for many, and without
   * holding this thread up
   */
  readonly threads?: boolean | undefined
}

/** Signs with one key: our own key pair, a hardware token, a remote signer. */
export interface Signer {
  readonly publicKey: PublicKey
  sign(message: Uint8Array, options?: AbortOptions): MaybePromise<Uint8Array>
}

/** Finds the public key of a peer whose ID does not hold it (RSA, ECDSA). What it answers is checked against the ID. */
export interface KeyBook {
  find(peerId: PeerId, options?: AbortOptions): MaybePromise<PublicKey | undefined>
}
