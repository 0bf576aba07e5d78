import type { MaybePromise } from '@recordkit/record-types'

/**
 * The equation that follows `keepsEd25519Rule`, by whatever the platform has. Each leaf answers the same for all bytes
 * that keep the rule, and never throws for any.
 */
export type VerifyEquation = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array
) => MaybePromise<boolean>

/** What signs with one private key. */
export interface SigningKey {
  /** 32 bytes */
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): MaybePromise<Uint8Array>
}

/** Takes a seed of 32 bytes, which it does not keep as a view. */
export type SigningKeyFromSeed = (seed: Uint8Array) => MaybePromise<SigningKey>
