import type { PeerId, PublicKey, Signer } from '@recordkit/record-types'

/** A value whose signature was verified. All `open…` functions return this. */
export interface Opened<Content> {
  /** peer ID of the key that signed */
  readonly author: PeerId
  readonly publicKey: PublicKey
  readonly signature: Uint8Array
  /** the signed value in its normal form. Store and forward this, not the bytes that were opened: anyone can change those */
  readonly value: Uint8Array
  /** what was signed; byte fields are views on the bytes that were opened */
  readonly content: Content
}

/** Options of all functions that seal or create a record. */
export interface SealOptions {
  readonly signer: Signer
  readonly signal?: AbortSignal | undefined
}
