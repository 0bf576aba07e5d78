import sodium from 'sodium-native'
import type { ImportSigningKey, VerifyByPlatform } from './platform.ts'

export const verifyByPlatform: VerifyByPlatform = (publicKey, message, signature) =>
  sodium.crypto_sign_verify_detached(signature, message, publicKey)

export const importSigningKey: ImportSigningKey = (seed) => {
  const [publicKey, secretKey] = [new Uint8Array(32), new Uint8Array(64)]
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, new Uint8Array(seed))
  return {
    publicKey,
    sign(message) {
      const signature = new Uint8Array(64)
      sodium.crypto_sign_detached(signature, message, secretKey)
      return signature
    }
  }
}
