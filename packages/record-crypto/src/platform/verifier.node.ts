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
 * @returns a function that throws what the platform throws, for a key that it refuses to import, too: the caller finds out whether
 * the key is invalid
 */
export function nodeVerifier(
  hash: string | null,
  capacity: number,
  toSpki: (publicKey: Uint8Array) => Buffer | undefined
): VerifyByPlatform {
  const importedKeys = byteCache<KeyObject>(capacity)
  return (publicKey, message, signature, threads) => {
    let key = importedKeys.get(publicKey)
    if (key === undefined) {
      const spki = toSpki(publicKey)
      if (spki === undefined) return false
      key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
      importedKeys.set(publicKey, key)
    }
    // an error is not caught: the platform returns `false` for every signature that does not verify
    return threads === true ? verifyOnThread(hash, message, key, signature) : verify(hash, message, key, signature)
  }
}

/** Verifies on the threads of libuv, which receive copies of the bytes. */
function verifyOnThread(
  hash: string | null,
  message: Uint8Array,
  key: KeyObject,
  signature: Uint8Array
): Promise<boolean> {
  return new Promise((resolve, reject) =>
    verify(hash, message, key, signature, (error, valid) => (error ? reject(error) : resolve(valid)))
  )
}
