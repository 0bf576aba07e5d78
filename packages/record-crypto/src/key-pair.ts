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
import { checkBytes } from '@recordkit/record-codec/internal'
import { registerLocalSigner } from '@recordkit/record-types/internal'

/** A signer with its private key, which `JSON.stringify`, `console.log` and spreads omit. */
export interface KeyPair extends Signer {
  readonly privateKey: PrivateKey
  readonly peerId: PeerId
}

/** Makes key pairs of one key type. Passed as an argument, so that a bundle contains only the types that it uses. */
export interface KeyPairAlgorithm {
  readonly type: KeyType
  /**
   * Returns the key pair of a private key.
   *
   * @param data - the `data` of a {@link PrivateKey} of this type; for Ed25519 also the seed alone, 32 bytes. Not
   * copied: `importPrivateKey` passes a copy.
   * @throws RecordError `PRIVATE_KEY_INVALID` when its parts do not belong together
   */
  keyPair(data: Uint8Array): Promise<KeyPair>
}

/**
 * Returns a key pair whose `sign` checks its signal and its argument, and then calls `sign`.
 *
 * @param publicKey - derived from the private key, or tested with it: signatures of the pair are not verified where they are made
 */
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
  const made = Object.defineProperty(pair, 'privateKey', { value: privateKey, enumerable: false }) as KeyPair
  return registerLocalSigner(made)
}

/**
 * Exports the private key of a key pair in the encoding of libp2p.
 *
 * @returns protobuf `PrivateKey`
 * @see libp2p peer-ids specification, "Keys"
 * @example
 * ```ts
 * await writeFile('identity.key', exportPrivateKey(keyPair), { mode: 0o600 })
 * ```
 */
export function exportPrivateKey(pair: Pick<KeyPair, 'privateKey'>): Uint8Array<ArrayBuffer> {
  return encodePrivateKey(pair.privateKey)
}

/**
 * Returns a copy of a private key after checking that its data has the form of its type.
 *
 * @throws RecordError the codes of `decodePrivateKey`
 */
export function checkPrivateKey(key: PrivateKey): PrivateKey {
  return decodePrivateKey(encodePrivateKey(key))
}
