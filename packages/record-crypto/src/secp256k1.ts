import { verifyByPlatform } from '#secp256k1'
import { getPublicKey, signAsync, utils } from '@noble/secp256k1'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, Algorithm } from '@recordkit/record-types'
import { ecdsaSignatureToDer } from './ecdsa-signature.ts'
import { keyPairOf } from './key-pair.ts'
import type { KeyPairAlgorithm } from './import-private-key.ts'
import type { KeyPair } from './key-pair.ts'
import { peerIdFromPublicKey } from './peer-id.ts'
import { secp256k1By } from './secp256k1-algorithm.ts'
import { sha256 } from './sha256.ts'

/**
 * ECDSA over secp256k1 with SHA-256, at once: verified by node:crypto where OpenSSL has the curve, else by
 * @noble/secp256k1. Strict: DER in its one form, s in the lower half of the group order, keys of 33 bytes.
 *
 * @see libp2p peer-ids specification, "Secp256k1"
 */
export const secp256k1: Algorithm = /* @__PURE__ */ secp256k1By(verifyByPlatform)

/** A new Secp256k1 key pair, from the platform's randomness. */
export async function generateSecp256k1KeyPair(options: AbortOptions = {}): Promise<KeyPair> {
  options.signal?.throwIfAborted()
  return secp256k1Keys.keyPair(utils.randomSecretKey())
}

/** Key pairs of Secp256k1 private keys, for `importPrivateKey`. */
export const secp256k1Keys: KeyPairAlgorithm = /* @__PURE__ */ Object.freeze<KeyPairAlgorithm>({
  type: 'Secp256k1',
  async keyPair(data) {
    if (!utils.isValidSecretKey(data)) {
      throw new RecordError(
        'PRIVATE_KEY_INVALID',
        'a Secp256k1 private key is a number from 1 to the group order less 1'
      )
    }
    const publicKey = { type: 'Secp256k1', data: getPublicKey(data, true) } as const
    return keyPairOf(publicKey, peerIdFromPublicKey(publicKey), { type: 'Secp256k1', data }, async (message) =>
      ecdsaSignatureToDer(await signAsync(sha256(message), data, { prehash: false, lowS: true }))
    )
  }
})
