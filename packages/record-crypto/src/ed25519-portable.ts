import { getPublicKey, hashes, sign } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import type { AbortOptions, Algorithm } from '@recordkit/record-types'
import { ed25519By } from './ed25519-algorithm.ts'
import { ed25519ChallengeInput, satisfiesEd25519Equation, satisfiesLenientEd25519Rule } from './ed25519-equation.ts'
import { ed25519KeysBy, ed25519PairOfSeed } from './ed25519-pair-of-seed.ts'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'
import type { ImportSigningKey } from './platform/platform.ts'
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
export const ed25519Portable: Algorithm = /* @__PURE__ */ ed25519By(
  (publicKey, message, signature) =>
    satisfiesEd25519Equation(publicKey, signature, sha512(ed25519ChallengeInput(publicKey, message, signature))),
  (publicKey, message, signature) =>
    publicKey.length === 32 &&
    signature.length === 64 &&
    satisfiesLenientEd25519Rule(publicKey, signature, sha512(ed25519ChallengeInput(publicKey, message, signature)))
)

const importSigningKey: ImportSigningKey = (seed) => {
  hashes.sha512 ??= sha512
  const ownSeed = new Uint8Array(seed)
  return { publicKey: getPublicKey(ownSeed), sign: (message) => sign(new Uint8Array(message), ownSeed) }
}

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
