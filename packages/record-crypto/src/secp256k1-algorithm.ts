import { compareBytes } from '@recordkit/record-types'
import type { Algorithm } from '@recordkit/record-types'
import { algorithmOf } from './algorithm.ts'
import { ecdsaSignatureFromDer } from './ecdsa-signature.ts'
import type { VerifyByPlatform } from './platform/platform.ts'

/**
 * Returns ECDSA over secp256k1 with a platform's verification. Requires strict DER and a low s, which platforms do not.
 */
export function secp256k1By(verifyByPlatform: VerifyByPlatform): Algorithm {
  return algorithmOf('Secp256k1', (publicKey, message, signature, threads) => {
    const numbers = ecdsaSignatureFromDer(signature, 32)
    return (
      numbers !== undefined &&
      compareBytes(numbers.subarray(32), halfOrder()) <= 0 &&
      publicKey.length === 33 &&
      ((publicKey[0] as number) | 1) === 3 &&
      verifyByPlatform(publicKey, message, signature, threads)
    )
  })
}

/**
 * Half of the group order, rounded down: the largest s that is accepted.
 *
 * @see SEC 2, section 2.4.1; BIP 146, "LOW_S"
 */
function halfOrder(): Uint8Array {
  const half = new Uint8Array(32).fill(0xff)
  half[0] = 0x7f
  const rest = [0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0]
  half.set(rest, 16)
  return half
}
