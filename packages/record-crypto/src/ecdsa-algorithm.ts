import type { Algorithm } from '@recordkit/record-types'
import { algorithmOf } from './algorithm.ts'
import { curveOfPublicKey } from './ecdsa-public-key.ts'
import { ecdsaSignatureFromDer, normalizeEcdsaSignature } from './ecdsa-signature.ts'
import type { VerifyByPlatform } from './platform/platform.ts'

/**
 * Returns ECDSA with a platform's verification. Checks the DER of the signature first: platforms differ in what they
 * accept.
 */
export function ecdsaBy(verifyByPlatform: VerifyByPlatform): Algorithm {
  return {
    ...algorithmOf('ECDSA', (publicKey, message, signature, threads) => {
      const curve = curveOfPublicKey(publicKey)
      if (curve === undefined || ecdsaSignatureFromDer(signature, curve.size) === undefined) return false
      return verifyByPlatform(publicKey, message, signature, threads)
    }),
    normalize(publicKey, signature) {
      const curve = curveOfPublicKey(publicKey)
      return curve === undefined ? signature : normalizeEcdsaSignature(signature, curve.size, curve.order)
    }
  }
}
