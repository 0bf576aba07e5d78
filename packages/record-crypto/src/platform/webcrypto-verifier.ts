import { byteCache } from '../byte-cache.ts'
import type { VerifyByPlatform } from './platform.ts'
import { webCryptoBytes } from './webcrypto-bytes.ts'

/**
 * Returns a function that verifies with WebCrypto and caches up to `capacity` imported keys.
 *
 * @param importKey - returns `undefined` for an invalid key. Its errors are thrown: they have other reasons than the
 * key.
 */
export function webCryptoVerifier(
  algorithm: AlgorithmIdentifier | EcdsaParams,
  capacity: number,
  importKey: (publicKey: Uint8Array<ArrayBuffer>) => Promise<CryptoKey | undefined>
): VerifyByPlatform {
  const importedKeys = byteCache<CryptoKey>(capacity)

  // an error is not caught: the platform resolves to `false` for every signature that does not verify
  function verifyWith(key: CryptoKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return crypto.subtle.verify(algorithm, key, webCryptoBytes(signature), webCryptoBytes(message))
  }

  async function importAndVerify(
    publicKey: Uint8Array<ArrayBuffer>,
    message: Uint8Array,
    signature: Uint8Array
  ): Promise<boolean> {
    const key = await importKey(publicKey)
    if (key === undefined) return false
    importedKeys.set(publicKey, key)
    return verifyWith(key, message, signature)
  }

  return (publicKey, message, signature) => {
    const key = importedKeys.get(publicKey)
    // WebCrypto copies its arguments before it returns; importing a key waits, so the bytes must be copied first
    if (key !== undefined) return verifyWith(key, message, signature)
    return importAndVerify(new Uint8Array(publicKey), new Uint8Array(message), new Uint8Array(signature))
  }
}
