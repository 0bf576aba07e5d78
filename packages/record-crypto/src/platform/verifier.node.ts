import type { Buffer } from 'node:buffer'
import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { byteCache } from '../byte-cache.ts'
import type { VerifyByPlatform } from './platform.ts'

/**
 * Verifies with node:crypto and keys that are imported once, as many as `capacity`.
 *
 * @param hash - `null` where the algorithm brings its own
 * @param toSpki - the key as SPKI DER; `undefined` for what is no key
 */
export function nodeVerifier(
  hash: string | null,
  capacity: number,
  toSpki: (publicKey: Uint8Array) => Buffer | undefined
): VerifyByPlatform {
  const importedKeys = byteCache<KeyObject>(capacity)
  return (publicKey, message, signature) => {
    try {
      let key = importedKeys.get(publicKey)
      if (key === undefined) {
        const spki = toSpki(publicKey)
        if (spki === undefined) return false
        key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
        importedKeys.set(publicKey, key)
      }
      return verify(hash, message, key, signature)
    } catch {
      return false
    }
  }
}
