import { isDisputed } from '#ed25519'
import { importSigningKey, verifyByPlatform } from '#ed25519-sodium'
import type { AbortOptions, Algorithm } from '@recordkit/record-types'
import { checkOptions } from '@recordkit/record-types/internal'
import { ed25519By } from './ed25519-algorithm.ts'
import { ed25519KeysBy, ed25519PairOfSeed } from './ed25519-pair-of-seed.ts'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'
import { randomBytes } from './platform/random.ts'

/**
 * Ed25519 of libsodium, for servers: the same results as `ed25519`, in less than half of the time. Requires the package
 * `sodium-native`, which contains native code for Node.js. Synchronous, also with the option `threads`. Throws
 * `ALGORITHM_MISSING` on platforms other than Node.js.
 *
 * @example
 * ```ts
 * const engine = new ValidationEngine([ipns({ algorithms: [ed25519Sodium] })])
 * ```
 */
export const ed25519Sodium: Algorithm = /* @__PURE__ */ ed25519By(verifyByPlatform, isDisputed)

/**
 * Generates an Ed25519 key pair that signs with libsodium, in half of the time of `generateKeyPair`.
 *
 * @example
 * ```ts
 * const signer = await generateSodiumKeyPair()
 * const manager = await createRecordManager({ signer, algorithms: [ed25519Sodium] })
 * ```
 */
export async function generateSodiumKeyPair(options: AbortOptions = {}): Promise<KeyPair> {
  checkOptions(options, { signal: 0 })
  options.signal?.throwIfAborted()
  return ed25519PairOfSeed(randomBytes(32), importSigningKey)
}

/**
 * Key pairs of Ed25519 private keys that sign with libsodium, for `importPrivateKey`. Their signatures are those of `ed25519Keys`.
 *
 * @example
 * ```ts
 * const signer = await importPrivateKey(pem, { algorithms: [ed25519SodiumKeys] })
 * ```
 */
export const ed25519SodiumKeys: KeyPairAlgorithm = /* @__PURE__ */ ed25519KeysBy(importSigningKey)
