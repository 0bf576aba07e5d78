import type { AbortOptions, MaybePromise } from './time.ts'

/** The four key types of the libp2p peer-ids specification, by the names it gives them. */
export type KeyType = 'RSA' | 'Ed25519' | 'Secp256k1' | 'ECDSA'

/** A public key, with the fields of libp2p's `PublicKey` message. */
export interface PublicKey {
  readonly type: KeyType
  /** RSA and ECDSA: SPKI DER; Ed25519: 32 bytes; Secp256k1: 33 bytes, compressed */
  readonly data: Uint8Array
}

/** A private key, with the fields of libp2p's `PrivateKey` message. */
export interface PrivateKey {
  readonly type: KeyType
  /** RSA: PKCS#1 DER; Ed25519: 64 bytes, the seed followed by the public key; Secp256k1: 32 bytes; ECDSA: SEC 1 DER */
  readonly data: Uint8Array
}

/** A peer ID as its binary multihash. Text forms are parsed and printed by record-codec. */
export type PeerId = Uint8Array

/** Verifies signatures of one key type. Algorithms are passed as arguments, so that unused ones add nothing to a bundle. */
export interface Algorithm {
  readonly type: KeyType
  /**
   * Verifies a signature. Never throws: a malformed key or signature is `false`.
   *
   * @param publicKey - the `data` of a {@link PublicKey} of this type
   */
  verify(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    options?: AlgorithmVerifyOptions
  ): MaybePromise<boolean>
  /**
   * The one encoding of a signature that is stored and forwarded. Only for algorithms whose signatures anyone can write in
   * another way without the key. Returns other bytes unchanged; the result still has to be verified.
   *
   * @param publicKey - as in `verify`
   */
  normalize?(publicKey: Uint8Array, signature: Uint8Array): Uint8Array
  /**
   * Whether another implementation of libp2p may accept a signature that `verify` refuses. Never throws. Without this method every
   * refused signature is disputed.
   */
  isDisputed?(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): MaybePromise<boolean>
}

/** How a signature is verified. */
export interface AlgorithmVerifyOptions extends AbortOptions {
  /**
   * Verifies on other threads, where the platform has them. One verification takes longer, many take less time, and this
   * thread is not blocked.
   *
   * @default false
   */
  readonly threads?: boolean | undefined
}

/** Signs with one key: a key pair in memory, a hardware token, a remote signer. */
export interface Signer {
  readonly publicKey: PublicKey
  sign(message: Uint8Array, options?: AbortOptions): MaybePromise<Uint8Array>
}

/** Finds the public key of a peer whose ID does not contain it (RSA, ECDSA). The result is checked against the peer ID. */
export interface KeyBook {
  find(peerId: PeerId, options?: AbortOptions): MaybePromise<PublicKey | undefined>
}
