import { createPublicKey, verify } from 'node:crypto'
import type { JsonWebKeyInput, KeyObject, PublicKeyInput } from 'node:crypto'
import { byteCache } from '../byte-cache.ts'
import { buffer } from './plain.node.ts'
import type { VerifyByPlatform } from './platform.ts'

/**
 * A public key in a form that node:crypto imports. JWK takes the least time in every release of Node.js; Node 20 and the first
 * releases of 22 and 24 take as long to read DER as to verify a signature.
 */
export type NodePublicKey = PublicKeyInput | JsonWebKeyInput

/** A key as SPKI DER, for types whose JWK needs arithmetic. */
export function spkiOf(der: Uint8Array): NodePublicKey {
  return { key: buffer(der), format: 'der', type: 'spki' }
}

/**
 * Imports a public key without stack traces: Node 24.21 throws and catches errors while it imports a key, and their traces take longer
 * than the import. `Reflect.set` does nothing where `Error` is frozen.
 */
function importPublicKey(key: NodePublicKey): KeyObject {
  const { stackTraceLimit } = Error
  Reflect.set(Error, 'stackTraceLimit', 0)
  try {
    return createPublicKey(key)
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  }
}

/**
 * Returns a function that verifies with node:crypto and caches up to `capacity` imported keys.
 *
 * @param hash - `null` when the algorithm includes one
 * @param toNodeKey - returns a key in a form to import, or `undefined` when it is invalid
 * @returns a function that throws what the platform throws, for a key that it refuses to import, too: the caller finds out whether
 * the key is invalid
 */
export function nodeVerifier(
  hash: string | null,
  capacity: number,
  toNodeKey: (publicKey: Uint8Array) => NodePublicKey | undefined
): VerifyByPlatform {
  const importedKeys = byteCache<KeyObject>(capacity)
  return (publicKey, message, signature, threads) => {
    let key = importedKeys.get(publicKey)
    if (key === undefined) {
      const nodeKey = toNodeKey(publicKey)
      if (nodeKey === undefined) return false
      key = importPublicKey(nodeKey)
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
