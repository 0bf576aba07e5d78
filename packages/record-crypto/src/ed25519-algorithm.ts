import type { Algorithm } from '@recordkit/record-types'
import { algorithmOf } from './algorithm.ts'
import { satisfiesEd25519Rule } from './ed25519-rule.ts'
import type { DisputeByPlatform, VerifyByPlatform } from './platform/platform.ts'

/**
 * Returns Ed25519 with a platform's verification. Checks the rule first, so that the result is the same on every
 * runtime.
 *
 * @param isDisputed - whether another implementation may accept a signature that is refused here
 */
export function ed25519By(verifyEquation: VerifyByPlatform, isDisputed?: DisputeByPlatform): Algorithm {
  const algorithm = algorithmOf(
    'Ed25519',
    (publicKey, message, signature, threads) =>
      satisfiesEd25519Rule(publicKey, signature) && verifyEquation(publicKey, message, signature, threads)
  )
  return isDisputed === undefined ? algorithm : { ...algorithm, isDisputed }
}
