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
    let key = importedKeys.get(publicKey)
    if (key === undefined) {
      const spki = toSpki(publicKey)
      key = spki && importKey(spki)
      if (key === undefined) return false
      importedKeys.set(publicKey, key)
    }
    // an error is not caught: the platform returns `false` for every signature that does not verify
    return threads === true ? verifyOnThread(hash, message, key, signature) : verify(hash, message, key, signature)
  }
}

/** Returns `undefined` for a key that the platform refuses, such as a point that is not on its curve. */
function importKey(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' })
  } catch {
    return undefined
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
