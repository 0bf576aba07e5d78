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
  return (publicKey, message, signature, threads) => {
    try {
      let key = importedKeys.get(publicKey)
      if (key === undefined) {
        const spki = toSpki(publicKey)
        if (spki === undefined) return false
        key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
        importedKeys.set(publicKey, key)
      }
      return threads === true ? verifyLater(hash, message, key, signature) : verify(hash, message, key, signature)
    } catch {
      return false
    }
  }
}

/** On libuv's threads, which see copies of the bytes. */
function verifyLater(
  hash: string | null,
  message: Uint8Array,
  key: KeyObject,
  signature: Uint8Array
): Promise<boolean> {
  return new Promise((resolve) => verify(hash, message, key, signature, (error, holds) => resolve(!error && holds)))
}
