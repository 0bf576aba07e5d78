import { verifyByPlatform } from '#secp256k1'
import { getPublicKey, signAsync, utils } from '@noble/secp256k1'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, Algorithm, PrivateKey } from '@recordkit/record-types'
import { ecdsaSignatureToDer } from './ecdsa-signature.ts'
import { keyPairOf, privateKeyData } from './key-pair.ts'
import type { KeyPair } from './key-pair.ts'
import { peerIdOf } from './peer-id.ts'
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
  return secp256k1KeyPair({ type: 'Secp256k1', data: utils.randomSecretKey() })
}

/**
 * The key pair of a Secp256k1 private key. Signatures are deterministic (RFC 6979), with low s.
 *
 * @param key - as libp2p's message (32 bytes of data), or its protobuf
 * @throws RecordError `PRIVATE_KEY_INVALID` when the number is 0 or not below the group order, or the key is of another
 * type; the codec's codes for bytes that are no private key
 */
export async function secp256k1KeyPair(key: PrivateKey | Uint8Array): Promise<KeyPair> {
  const secret = privateKeyData(key, 'Secp256k1')
  if (!utils.isValidSecretKey(secret)) {
    throw new RecordError('PRIVATE_KEY_INVALID', 'a Secp256k1 private key is a number from 1 to the group order less 1')
  }
  const publicKey = { type: 'Secp256k1', data: getPublicKey(secret, true) } as const
  return keyPairOf(publicKey, peerIdOf(publicKey), { type: 'Secp256k1', data: secret }, async (message) =>
    ecdsaSignatureToDer(await signAsync(sha256(message), secret, { prehash: false, lowS: true }))
  )
}
