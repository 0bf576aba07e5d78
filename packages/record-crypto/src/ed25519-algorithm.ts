import type { Algorithm } from '@recordkit/record-types'
import { algorithmOf } from './algorithm.ts'
import { keepsEd25519Rule } from './ed25519-rule.ts'
import type { VerifyByPlatform } from './platform/platform.ts'

/** The one Ed25519 rule before the platform's equation, whose answers then agree on every runtime. */
export function ed25519By(equationHolds: VerifyByPlatform): Algorithm {
  return algorithmOf(
    'Ed25519',
    (publicKey, message, signature, threads) =>
      keepsEd25519Rule(publicKey, signature) && equationHolds(publicKey, message, signature, threads)
  )
}
