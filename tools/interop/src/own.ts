// The RecordKit side of the matrix: its keys, its engine and its verdicts.
import { ed25519, ed25519Keys, generateKeyPair, importPrivateKey, peerIdFromPublicKey } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { ecdsa, ecdsaKeys, generateEcdsaKeyPair } from '@recordkit/record-crypto/ecdsa'
import { generateRsaKeyPair, rsa, rsaKeys } from '@recordkit/record-crypto/rsa'
import { generateSecp256k1KeyPair, secp256k1, secp256k1Keys } from '@recordkit/record-crypto/secp256k1'
import { isRefusal } from '@recordkit/record-types'
import type { Algorithm, KeyBook, KeyType, PeerId, PublicKey, Refusal, VerifiedRecord } from '@recordkit/record-types'
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

/** The key pair of a private key as protobuf, of any type. */
export function keyPairOf(bytes: Uint8Array): Promise<KeyPair> {
  return importPrivateKey(bytes, { algorithms: [ed25519Keys, secp256k1Keys, rsaKeys, ecdsaKeys] })
}

export function newEngine(keyBook?: KeyBook): ValidationEngine {
  return new ValidationEngine(
    [ipns({ algorithms }), publicKeys(), signed('interop', { authors: anyAuthor(), algorithms })],
    { keyBook }
  )
}

export type OwnVerdict = { readonly accepted: VerifiedRecord } | { readonly refused: Refusal }

/** The verdict of the engine on a value: the record, or the refusal. */
export async function judge(key: Uint8Array, value: Uint8Array, engine = newEngine()): Promise<OwnVerdict> {
  const verdict = await engine.validate(key, value)
  return isRefusal(verdict) ? { refused: verdict } : { accepted: verdict }
}
