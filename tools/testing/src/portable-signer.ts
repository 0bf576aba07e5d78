import * as noble from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'

/** A synchronous Ed25519 signer for every runtime: WebCrypto is asynchronous, which fake timers do not control. */
export function portableSigner(seed: Uint8Array): {
  readonly publicKey: { readonly type: 'Ed25519'; readonly data: Uint8Array }
  sign(message: Uint8Array): Uint8Array
} {
  noble.hashes.sha512 = sha512
  return {
    publicKey: { type: 'Ed25519', data: noble.getPublicKey(seed) },
    sign: (message) => noble.sign(message, seed)
  }
}
