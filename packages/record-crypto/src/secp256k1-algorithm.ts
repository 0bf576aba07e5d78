import type { Algorithm } from '@recordkit/record-types'
import { algorithmOf } from './algorithm.ts'
import { ecdsaSignatureFromDer, normalizeEcdsaSignature } from './ecdsa-signature.ts'
import type { VerifyByPlatform } from './platform/platform.ts'

/** Order of the group, in hex. @see SEC 2, section 2.4.1 */
const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'

/**
 * Returns ECDSA over secp256k1 with a platform's verification. Requires strict DER, which platforms do not, and gives them the
 * lower s, which some require.
 */
export function secp256k1By(verifyByPlatform: VerifyByPlatform): Algorithm {
  return {
    ...algorithmOf(
      'Secp256k1',
      (publicKey, message, signature, threads) =>
        ecdsaSignatureFromDer(signature, 32) !== undefined &&
        publicKey.length === 33 &&
        ((publicKey[0] as number) | 1) === 3 &&
        verifyByPlatform(publicKey, message, normalizeEcdsaSignature(signature, 32, order), threads)
    ),
    normalize: (_publicKey, signature) => normalizeEcdsaSignature(signature, 32, order)
  }
}
