import * as noble from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'

/** Signs at once on every runtime, where WebCrypto would answer after a turn that a virtual clock knows nothing of. */
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
