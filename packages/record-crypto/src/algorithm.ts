import type { Algorithm, KeyType } from '@recordkit/record-types'
import { checkBytes } from './arguments.ts'
import type { VerifyByPlatform } from './platform/platform.ts'

/** An algorithm that looks at its signal and that it is handed bytes, and leaves the rest to `verify`. */
export function algorithmOf(type: KeyType, verify: VerifyByPlatform): Algorithm {
  return {
    type,
    verify(publicKey, message, signature, options) {
      options?.signal?.throwIfAborted()
      checkBytes(publicKey, 'public key')
      checkBytes(message, 'message')
      checkBytes(signature, 'signature')
      return verify(publicKey, message, signature, options?.threads)
    }
  }
}
