import { encodePublicKey, peerIdFromInlineKey } from '@recordkit/record-codec'
import { checkBytes } from '@recordkit/record-codec/internal'
import { equalBytes, RecordError } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { keyPairOf } from './key-pair.ts'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'
import type { ImportSigningKey } from './platform/platform.ts'

/** Returns the Ed25519 key pair of a seed. @throws RecordError `INVALID_ARGUMENT` unless the seed is 32 bytes */
export async function ed25519PairOfSeed(seed: Uint8Array, importSigningKey: ImportSigningKey): Promise<KeyPair> {
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

/** Returns the key pairs of Ed25519 private keys, made by `importSigningKey`. */
export function ed25519KeysBy(importSigningKey: ImportSigningKey): KeyPairAlgorithm {
  return Object.freeze<KeyPairAlgorithm>({
    type: 'Ed25519',
    async keyPair(data) {
      const pair = await ed25519PairOfSeed(data.subarray(0, 32), importSigningKey)
      if (data.length === 32 || equalBytes(pair.privateKey.data, data)) return pair
      throw new RecordError(
        'PRIVATE_KEY_INVALID',
        'the public half of the Ed25519 private key does not belong to its seed'
      )
    }
  })
}
