import { decodePrivateKey, encodePrivateKey } from '@recordkit/record-codec'
import { RecordError } from '@recordkit/record-types'
import type {
  AbortOptions,
  KeyType,
  MaybePromise,
  PeerId,
  PrivateKey,
  PublicKey,
  Signer
} from '@recordkit/record-types'
import { checkBytes } from './arguments.ts'

/** A key that signs, with both halves. The private one stays out of `JSON.stringify`, `console.log` and spreads. */
export interface KeyPair extends Signer {
  readonly privateKey: PrivateKey
  readonly peerId: PeerId
}

/** Puts a key pair together of its halves and what signs with them. */
export function keyPairOf(
  publicKey: PublicKey,
  peerId: PeerId,
  privateKey: PrivateKey,
  sign: (message: Uint8Array) => MaybePromise<Uint8Array>
): KeyPair {
  const pair = {
    publicKey,
    peerId,
    sign(message: Uint8Array, options?: AbortOptions) {
      options?.signal?.throwIfAborted()
      checkBytes(message, 'message')
      return sign(message)
    }
  }
  return Object.defineProperty(pair, 'privateKey', { value: privateKey, enumerable: false }) as KeyPair
}

/**
 * The private key of `pair` as libp2p stores it.
 *
 * @returns protobuf `PrivateKey`
 * @see libp2p peer-ids specification, "Keys"
 */
export function exportPrivateKey(pair: Pick<KeyPair, 'privateKey'>): Uint8Array {
  return encodePrivateKey(pair.privateKey)
}

/** A private key that has the form of its type, from libp2p's message or its protobuf. */
export function readPrivateKey(key: PrivateKey | Uint8Array): PrivateKey {
  if (key instanceof Uint8Array) return decodePrivateKey(key)
  if (key === null || typeof key !== 'object') {
    throw new RecordError('INVALID_ARGUMENT', `private key is a ${typeof key}; a PrivateKey or its protobuf is needed`)
  }
  return decodePrivateKey(encodePrivateKey(key))
}

/**
 * A copy of the data of a private key of the one type that is asked for.
 *
 * @throws RecordError `PRIVATE_KEY_INVALID` for another type
 */
export function privateKeyData(key: PrivateKey | Uint8Array, expected: KeyType): Uint8Array {
  const { type, data } = readPrivateKey(key)
  if (type !== expected) {
    throw new RecordError('PRIVATE_KEY_INVALID', `the private key is of type ${type}; ${expected} was expected`)
  }
  return new Uint8Array(data)
}
