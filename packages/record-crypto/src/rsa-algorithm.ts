import { compareBytes } from '@recordkit/record-types'
import type { Algorithm } from '@recordkit/record-types'
import { algorithmOf } from './algorithm.ts'
import type { VerifyByPlatform } from './platform/platform.ts'
import { rsaNumbersOf } from './rsa-numbers.ts'

/**
 * Returns RSA with a platform's verification. Requires first that the signature is as long as the modulus and below it: some
 * platforms accept one that is shorter or longer by zeros, or with the modulus added.
 *
 * @see RFC 8017, section 8.2.2, step 1, and section 5.2.2, step 1
 */
export function rsaBy(verifyByPlatform: VerifyByPlatform): Algorithm {
  return algorithmOf('RSA', (publicKey, message, signature, threads) => {
    const { modulus } = rsaNumbersOf(publicKey)
    return (
      signature.length === modulus.length &&
      compareBytes(signature, modulus) < 0 &&
      verifyByPlatform(publicKey, message, signature, threads)
    )
  })
}
