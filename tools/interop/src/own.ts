// Our side of the matrix: what RecordKit makes and how it judges, and nothing else.
import { decodePrivateKey } from '@recordkit/record-codec'
import { ed25519, generateKeyPair, keyPairFromPrivateKey, peerIdFromPublicKey } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { ecdsa, ecdsaKeyPair, generateEcdsaKeyPair } from '@recordkit/record-crypto/ecdsa'
import { generateRsaKeyPair, rsa, rsaKeyPair } from '@recordkit/record-crypto/rsa'
import { generateSecp256k1KeyPair, secp256k1, secp256k1KeyPair } from '@recordkit/record-crypto/secp256k1'
import { isRefusal } from '@recordkit/record-types'
import type { Algorithm, KeyBook, KeyType, UnverifiedRecord, PeerId, PublicKey, Refusal } from '@recordkit/record-types'
import { ValidationEngine, anyAuthor, ipns, publicKeys, signed } from '@recordkit/record-validators'

export const keyTypes: readonly KeyType[] = ['Ed25519', 'Secp256k1', 'RSA', 'ECDSA']
export const algorithms: readonly Algorithm[] = [ed25519, secp256k1, rsa, ecdsa]

export function ownPeer(key: PublicKey): PeerId {
  return peerIdFromPublicKey(key)
}

export function newKeyPair(type: KeyType): Promise<KeyPair> {
  if (type === 'RSA') return generateRsaKeyPair()
  if (type === 'ECDSA') return generateEcdsaKeyPair()
  if (type === 'Secp256k1') return generateSecp256k1KeyPair()
  return generateKeyPair()
}

/** The pair of a private key's protobuf, of whatever type it is. */
export async function keyPairOf(bytes: Uint8Array): Promise<KeyPair> {
  const key = decodePrivateKey(bytes)
  if (key.type === 'RSA') return rsaKeyPair(key)
  if (key.type === 'ECDSA') return ecdsaKeyPair(key)
  if (key.type === 'Secp256k1') return secp256k1KeyPair(key)
  return keyPairFromPrivateKey(key)
}

export function newEngine(keyBook?: KeyBook): ValidationEngine {
  return new ValidationEngine(
    [ipns({ algorithms }), publicKeys(), signed('interop', { authors: anyAuthor(), algorithms })],
    keyBook === undefined ? {} : { keyBook }
  )
}

export type OwnVerdict = { readonly accepted: UnverifiedRecord } | { readonly refused: Refusal }

/** What the engine says of a value: the opened record, or the refusal. */
export async function judge(key: Uint8Array, value: Uint8Array, engine = newEngine()): Promise<OwnVerdict> {
  const opened = engine.parse(key, value)
  if (isRefusal(opened)) return { refused: opened }
  const verdict = await engine.verify(opened)
  return isRefusal(verdict) ? { refused: verdict } : { accepted: opened }
}
