import { importSigningKey } from '#ed25519'
import type { AbortOptions } from '@recordkit/record-types'
import { checkOptions } from '@recordkit/record-types/internal'
import { ed25519KeysBy, ed25519PairOfSeed } from './ed25519-pair-of-seed.ts'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'
import { randomBytes } from './platform/random.ts'

/**
 * Generates an Ed25519 key pair with the randomness of the platform.
 *
 * @throws RecordError `INVALID_ARGUMENT` for an argument that is not options, such as the type of another key;
 * `ALGORITHM_MISSING` without `crypto.getRandomValues`; also without Ed25519 of the platform and `crypto.subtle`,
 * where `generatePortableKeyPair` of the subpath `./ed25519-portable` works
 * @example
 * ```ts
 * const signer = await generateKeyPair()
 * ```
 */
export async function generateKeyPair(options: AbortOptions = {}): Promise<KeyPair> {
  checkOptions(options, { signal: 0 })
  options.signal?.throwIfAborted()
  return keyPairFromSeed(randomBytes(32))
}

/**
 * Returns the Ed25519 key pair of a seed.
 *
 * @param seed - 32 bytes, the private key of RFC 8032; copied
 * @throws RecordError `INVALID_ARGUMENT` for anything else; `ALGORITHM_MISSING` as in {@link generateKeyPair}
 * @example
 * ```ts
 * const signer = await keyPairFromSeed(crypto.getRandomValues(new Uint8Array(32)))
 * ```
 */
export async function keyPairFromSeed(seed: Uint8Array): Promise<KeyPair> {
  return ed25519PairOfSeed(seed, importSigningKey)
}

/**
 * Key pairs of Ed25519 private keys, for `importPrivateKey`.
 *
 * @example
 * ```ts
 * const signer = await importPrivateKey(pem, { algorithms: [ed25519Keys, rsaKeys] })
 * ```
 */
export const ed25519Keys: KeyPairAlgorithm = /* @__PURE__ */ ed25519KeysBy(importSigningKey)
