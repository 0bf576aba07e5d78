import type { PublicKey } from '@recordkit/record-types'
import { fail } from './fail.ts'
import { readKey } from './key-message.ts'

/** An RSA key of 8192 bits takes 1068 bytes. */
const publicKeyLimit = 1_100

/** Reads a protobuf `PublicKey` in its canonical encoding, whatever the shape of its data. */
export function readPublicKey(bytes: Uint8Array): PublicKey {
  const { type, data, ordered } = readKey(bytes, publicKeyLimit, 'public key')
  if (data === undefined) fail('PUBLIC_KEY_INVALID', 'public key has no data')
  if (type === undefined || !ordered) {
    fail('PUBLIC_KEY_NOT_CANONICAL', 'public key is not in its canonical encoding')
  }
  return { type, data }
}

/**
 * Hands back a key that a peer ID can hold itself.
 *
 * @throws RecordError `PUBLIC_KEY_INVALID` unless it is Ed25519 of 32 bytes or Secp256k1 of 33, compressed
 */
export function checkInlineKey(key: PublicKey): PublicKey {
  const { type, data } = key
  if (type === 'Ed25519' ? data.length !== 32 : type !== 'Secp256k1' || data.length !== 33 || (data[0]! | 1) !== 3) {
    fail('PUBLIC_KEY_INVALID', type + ' key is not 32 bytes of Ed25519 nor 33 of Secp256k1, compressed')
  }
  return key
}
