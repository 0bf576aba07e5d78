import type { AbortOptions, Algorithm } from '@recordkit/record-types'
import { checkOptions } from '@recordkit/record-types/internal'
import { ed25519By } from './ed25519-algorithm.ts'
import { ed25519KeysBy, ed25519PairOfSeed } from './ed25519-pair-of-seed.ts'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'
import { importSigningKey, isDisputed, verifyByPlatform } from './platform/ed25519.portable.ts'
import { randomBytes } from './platform/random.ts'

/**
 * Ed25519 in plain JavaScript, for runtimes without `crypto.subtle`: the same results as `ed25519`, synchronous, in ten
 * times its time.
 *
 * @example
 * ```ts
 * const { content } = await openIpnsRecord(value, { name, algorithms: [ed25519Portable] })
 * ```
 */
export const ed25519Portable: Algorithm = /* @__PURE__ */ ed25519By(verifyByPlatform, isDisputed)

/**
 * Generates an Ed25519 key pair that signs in plain JavaScript, for runtimes without `crypto.subtle`, such as pages that are not
 * served by https. Its signing is not constant-time.
 *
 * @throws RecordError `ALGORITHM_MISSING` without `crypto.getRandomValues`
 * @example
 * ```ts
 * const signer = await generatePortableKeyPair()
 * const manager = await createRecordManager({ signer, algorithms: [ed25519Portable] })
 * ```
 */
export async function generatePortableKeyPair(options: AbortOptions = {}): Promise<KeyPair> {
  checkOptions(options, { signal: 0 })
  options.signal?.throwIfAborted()
  return ed25519PairOfSeed(randomBytes(32), importSigningKey)
}

/**
 * Key pairs of Ed25519 private keys that sign in plain JavaScript, for `importPrivateKey`. Their signatures are those of
 * `ed25519Keys`.
 *
 * @example
 * ```ts
 * const signer = await importPrivateKey(pem, { algorithms: [ed25519PortableKeys] })
 * ```
 */
export const ed25519PortableKeys: KeyPairAlgorithm = /* @__PURE__ */ ed25519KeysBy(importSigningKey)
