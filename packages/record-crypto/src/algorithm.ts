import type { Algorithm, KeyType } from '@recordkit/record-types'
import { checkBytes } from '@recordkit/record-codec/internal'
import type { VerifyByPlatform } from './platform/platform.ts'

/** Returns an algorithm that checks its signal and its arguments, and then calls `verify`. */
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
