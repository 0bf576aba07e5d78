import type { PeerId, PublicKey, Signer } from '@recordkit/record-types'

/** A value whose signature was verified. Everything that starts with `open` returns this shape. */
export interface Opened<Content> {
  /** peer ID of the key that signed */
  readonly author: PeerId
  readonly publicKey: PublicKey
  readonly signature: Uint8Array
  /** the bytes that were opened; forward these, as encoding the content again may give other bytes */
  readonly value: Uint8Array
  /** what was signed; byte fields are views on `value` */
  readonly content: Content
}

/** Options of everything that starts with `seal` or creates a record. */
export interface SealOptions {
  readonly signer: Signer
  readonly signal?: AbortSignal | undefined
}
