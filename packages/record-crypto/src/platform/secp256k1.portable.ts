import { verify } from '@noble/secp256k1'
import { ecdsaSignatureFromDer } from '../ecdsa-signature.ts'
import { sha256 } from '../sha256.ts'
import type { VerifyByPlatform } from './platform.ts'

export const verifyByPlatform: VerifyByPlatform = (publicKey, message, signature) => {
  try {
    const numbers = ecdsaSignatureFromDer(signature, 32) as Uint8Array
    return verify(numbers, sha256(message), publicKey, { prehash: false })
  } catch {
    return false
  }
}
