import { encodePublicKey, peerIdFromInlineKey } from '@recordkit/record-codec'
import { importSigningKey } from '#ed25519'
import { equalBytes, RecordError } from '@recordkit/record-types'
import type { AbortOptions, PeerId } from '@recordkit/record-types'
import { checkBytes } from '@recordkit/record-codec/internal'
import { keyPairOf } from './key-pair.ts'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'

/**
 * Generates an Ed25519 key pair with the randomness of the platform.
 *
 * @example
 * ```ts
 * const signer = await generateKeyPair()
 * ```
 */
export async function generateKeyPair(options: AbortOptions = {}): Promise<KeyPair> {
  options.signal?.throwIfAborted()
  return keyPairFromSeed(crypto.getRandomValues(new Uint8Array(32)))
}

/**
 * Returns the Ed25519 key pair of a seed.
 *
 * @param seed - 32 bytes, the private key of RFC 8032; copied
 * @throws RecordError `INVALID_ARGUMENT` for anything else
 * @example
 * ```ts
 * const signer = await keyPairFromSeed(crypto.getRandomValues(new Uint8Array(32)))
 * ```
 */
export async function keyPairFromSeed(seed: Uint8Array): Promise<KeyPair> {
  checkBytes(seed, 'seed')
  if (seed.length !== 32) {
    throw new RecordError('INVALID_ARGUMENT', `seed is ${seed.length} bytes; 32 are expected`)
  }
  const data = new Uint8Array(64)
  data.set(seed)
  const key = await importSigningKey(data.subarray(0, 32))
  data.set(key.publicKey, 32)
  const publicKey = { type: 'Ed25519', data: key.publicKey } as const
  // an Ed25519 key is always inlined; `peerIdFromPublicKey` would add SHA-256 to the bundle
  const peerId = peerIdFromInlineKey(encodePublicKey(publicKey)) as PeerId
  return keyPairOf(publicKey, peerId, { type: 'Ed25519', data }, (message) => key.sign(message))
}

/**
 * Key pairs of Ed25519 private keys, for `importPrivateKey`.
 *
 * @example
 * ```ts
 * const signer = await importPrivateKey(pem, { algorithms: [ed25519Keys, rsaKeys] })
 * ```
 */
export const ed25519Keys: KeyPairAlgorithm = /* @__PURE__ */ Object.freeze<KeyPairAlgorithm>({
  type: 'Ed25519',
  async keyPair(data) {
    const pair = await keyPairFromSeed(data.subarray(0, 32))
    if (data.length === 32 || equalBytes(pair.privateKey.data, data)) return pair
    throw new RecordError(
      'PRIVATE_KEY_INVALID',
      'the public half of the Ed25519 private key does not belong to its seed'
    )
  }
})
