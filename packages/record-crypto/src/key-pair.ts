import { decodePrivateKey, encodePrivateKey } from '@recordkit/record-codec'
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

/** A private key in the form of its type. @throws RecordError the codec's codes */
export function checkPrivateKey(key: PrivateKey): PrivateKey {
  return decodePrivateKey(encodePrivateKey(key))
}
