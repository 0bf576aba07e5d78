import type { Algorithm } from '@recordkit/record-types'
import { checkBytes } from './arguments.ts'
import { keepsEd25519Rule } from './ed25519-rule.ts'
import type { VerifyEquation } from './platform/ed25519-platform.ts'

/** The one Ed25519 rule before `equationHolds`, whose answers then agree on every runtime. */
export function ed25519By(equationHolds: VerifyEquation): Algorithm {
  return {
    type: 'Ed25519',
    verify(publicKey, message, signature, options) {
      options?.signal?.throwIfAborted()
      checkBytes(publicKey, 'public key')
      checkBytes(message, 'message')
      checkBytes(signature, 'signature')
      return keepsEd25519Rule(publicKey, signature) && equationHolds(publicKey, message, signature)
    }
  }
}
