import { verifyByPlatform } from '#secp256k1'
import { getPublicKey, hashes, sign, utils } from '@noble/secp256k1'
import { copyBytes, RecordError } from '@recordkit/record-types'
import type { AbortOptions, Algorithm } from '@recordkit/record-types'
import { checkOptions } from '@recordkit/record-types/internal'
import { ecdsaSignatureToDer } from './ecdsa-signature.ts'
import { hmacSha256 } from './hmac.ts'
import { keyPairOf } from './key-pair.ts'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'
import { peerIdFromPublicKey } from './peer-id.ts'
import { randomBytes } from './platform/random.ts'
import { secp256k1By } from './secp256k1-algorithm.ts'
import { sha256 } from './sha256.ts'

/**
 * ECDSA over secp256k1 with SHA-256, synchronous: verified by node:crypto where OpenSSL has the curve, else by
 * @noble/secp256k1. It requires strict DER and keys of 33 bytes. Both s and its negative are accepted, as in Go; the lower one is
 * stored.
 *
 * @see libp2p peer-ids specification, "Secp256k1"
 * @example
 * ```ts
 * const { author } = await openSignedRecord(value, { algorithms: [ed25519, secp256k1] })
 * ```
 */
export const secp256k1: Algorithm = /* @__PURE__ */ secp256k1By(verifyByPlatform)

/**
 * Generates a Secp256k1 key pair with the randomness of the platform.
 *
 * @throws RecordError `ALGORITHM_MISSING` without `crypto.getRandomValues`
 * @example
 * ```ts
 * const signer = await generateSecp256k1KeyPair()
 * ```
 */
export async function generateSecp256k1KeyPair(options: AbortOptions = {}): Promise<KeyPair> {
  checkOptions(options, { signal: 0 })
  options.signal?.throwIfAborted()
  return secp256k1Keys.keyPair(utils.randomSecretKey(randomBytes(48)))
}

/**
 * Key pairs of Secp256k1 private keys, for `importPrivateKey`.
 *
 * @example
 * ```ts
 * const signer = await importPrivateKey(pem, { algorithms: [secp256k1Keys] })
 * ```
 */
export const secp256k1Keys: KeyPairAlgorithm = /* @__PURE__ */ Object.freeze<KeyPairAlgorithm>({
  type: 'Secp256k1',
  async keyPair(data) {
    if (!utils.isValidSecretKey(data)) {
      throw new RecordError(
        'PRIVATE_KEY_INVALID',
        'the Secp256k1 private key is not a number from 1 to the group order less 1'
      )
    }
    // not the bytes of `privateKey`, which the caller may change: signatures of the pair are not verified where they are made
    const ownData = copyBytes(data)
    const publicKey = { type: 'Secp256k1', data: getPublicKey(ownData, true) } as const
    return keyPairOf(publicKey, peerIdFromPublicKey(publicKey), { type: 'Secp256k1', data }, (message) => {
      // noble would use WebCrypto, which pages have in secure contexts only
      hashes.hmacSha256 ??= hmacSha256
      return ecdsaSignatureToDer(sign(sha256(message), ownData, { prehash: false, lowS: true }))
    })
  }
})
