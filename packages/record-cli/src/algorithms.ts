import { ed25519, ed25519Keys } from '@recordkit/record-crypto'
import type { KeyPairAlgorithm } from '@recordkit/record-crypto'
import { ecdsa, ecdsaKeys } from '@recordkit/record-crypto/ecdsa'
import { rsa, rsaKeys } from '@recordkit/record-crypto/rsa'
import { secp256k1, secp256k1Keys } from '@recordkit/record-crypto/secp256k1'
import type { Algorithm, Clock } from '@recordkit/record-types'
import {
  anyAuthor,
  ipns,
  ownerInKey,
  peerRecords,
  providers,
  publicKeys,
  signed,
  ValidationEngine
} from '@recordkit/record-validators'

/** All key types that libp2p has. */
export const algorithms: readonly Algorithm[] = [ed25519, rsa, ecdsa, secp256k1]
export const keyAlgorithms: readonly KeyPairAlgorithm[] = [ed25519Keys, rsaKeys, ecdsaKeys, secp256k1Keys]

/**
 * The engine of every command: the formats of libp2p, `/config/<owner>/…` that only its owner writes, and signed records of any author
 * under all other keys.
 */
export function createEngine(clock?: Clock): ValidationEngine {
  return new ValidationEngine(
    [
      ipns({ algorithms }),
      publicKeys(),
      peerRecords({ algorithms }),
      providers({ algorithms }),
      signed('config', { authors: ownerInKey(), algorithms })
    ],
    { fallback: signed('', { authors: anyAuthor(), algorithms }), clock }
  )
}
