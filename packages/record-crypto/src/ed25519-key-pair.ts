import { encodePublicKey, inlinePeerId } from '@recordkit/record-codec'
import { importSigningKey } from '#ed25519'
import { equalBytes, RecordError } from '@recordkit/record-types'
import type { AbortOptions, PeerId, PrivateKey } from '@recordkit/record-types'
import { checkBytes } from './arguments.ts'
import { keyPairOf, readPrivateKey } from './key-pair.ts'
import type { KeyPair } from './key-pair.ts'
import { privateKeyElsewhere } from './algorithm-missing.ts'

/** A new Ed25519 key pair, from the platform's randomness. */
export async function generateKeyPair(options: AbortOptions = {}): Promise<KeyPair> {
  options.signal?.throwIfAborted()
  return keyPairFromSeed(crypto.getRandomValues(new Uint8Array(32)))
}

/**
 * The Ed25519 key pair of a seed: the same one each time.
 *
 * @param seed - 32 bytes, the private key of RFC 8032; copied
 * @throws RecordError `INVALID_ARGUMENT` for anything else
 */
export async function keyPairFromSeed(seed: Uint8Array): Promise<KeyPair> {
  checkBytes(seed, 'seed')
  if (seed.length !== 32) {
    throw new RecordError('INVALID_ARGUMENT', `the seed of an Ed25519 key has 32 bytes; got ${seed.length}`)
  }
  const data = new Uint8Array(64)
  data.set(seed)
  const key = await importSigningKey(data.subarray(0, 32))
  data.set(key.publicKey, 32)
  const publicKey = { type: 'Ed25519', data: key.publicKey } as const
  // always inlined: without peerIdOf, and so without SHA-256 in a bundle
  const peerId = inlinePeerId(encodePublicKey(publicKey)) as PeerId
  return keyPairOf(publicKey, peerId, { type: 'Ed25519', data }, (message) => key.sign(message))
}

/**
 * The key pair of an Ed25519 private key.
 *
 * @param key - as libp2p's message, or its protobuf
 * @throws RecordError `PRIVATE_KEY_INVALID` when the public half does not belong to the seed; `ALGORITHM_MISSING`,
 * naming the subpath that reads it, for a key of another type; the codec's codes for bytes that are no private key
 */
export async function keyPairFromPrivateKey(key: PrivateKey | Uint8Array): Promise<KeyPair> {
  const { type, data } = readPrivateKey(key)
  if (type !== 'Ed25519') throw privateKeyElsewhere(type)
  const pair = await keyPairFromSeed(data.subarray(0, 32))
  if (!equalBytes(pair.privateKey.data, data)) {
    throw new RecordError(
      'PRIVATE_KEY_INVALID',
      'the public half of the Ed25519 private key does not belong to its seed'
    )
  }
  return pair
}
