import type { Buffer } from 'node:buffer'
import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { byteCache } from '../byte-cache.ts'
import type { VerifyByPlatform } from './platform.ts'

/**
 * Returns a function that verifies with node:crypto and caches up to `capacity` imported keys.
 *
 * @param hash - `null` when the algorithm includes one
 * @param toSpki - returns a key as SPKI DER, or `undefined` when it is invalid
 */
export function nodeVerifier(
  hash: string | null,
  capacity: number,
  toSpki: (publicKey: Uint8Array) => Buffer | undefined
): VerifyByPlatform {
  const importedKeys = byteCache<KeyObject>(capacity)
  return (publicKey, message, signature, threads) => {
    try {
      let key = importedKeys.get(publicKey)
      if (key === undefined) {
        const spki = toSpki(publicKey)
        if (spki === undefined) return false
        key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
        importedKeys.set(publicKey, key)
      }
      return threads === true ? verifyOnThread(hash, message, key, signature) : verify(hash, message, key, signature)
    } catch {
      return false
    }
  }
}

/** Verifies on the threads of libuv, which receive copies of the bytes. */
function verifyOnThread(
  hash: string | null,
  message: Uint8Array,
  key: KeyObject,
  signature: Uint8Array
): Promise<boolean> {
  return new Promise((resolve) => verify(hash, message, key, signature, (error, valid) => resolve(!error && valid)))
}
