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

/** The algorithms that verify signatures of every key type of libp2p. */
export const algorithms: readonly Algorithm[] = [ed25519, rsa, ecdsa, secp256k1]
/** The algorithms that import private keys of every key type of libp2p. */
export const keyAlgorithms: readonly KeyPairAlgorithm[] = [ed25519Keys, rsaKeys, ecdsaKeys, secp256k1Keys]

/**
 * An engine for records of every kind: the formats of libp2p with all key types, `/config/<owner>/…` that only its owner writes, and
 * signed records of any author under all other keys.
 *
 * @param clock - the time against which records are judged. @default the clock of the platform
 * @example
 * ```ts
 * const result = await createEngine().validate(key, value)
 * ```
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
