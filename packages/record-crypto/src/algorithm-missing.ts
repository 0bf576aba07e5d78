import { RecordError } from '@recordkit/record-types'
import type { KeyType } from '@recordkit/record-types'

/** Where the algorithm and the key pairs of each type are found. */
const homes: ReadonlyMap<KeyType, string> = /* @__PURE__ */ new Map([
  ['Ed25519', '`ed25519` from @recordkit/record-crypto'],
  ['Secp256k1', '`secp256k1` from @recordkit/record-crypto/secp256k1'],
  ['RSA', '`rsa` from @recordkit/record-crypto/rsa'],
  ['ECDSA', '`ecdsa` from @recordkit/record-crypto/ecdsa']
])

/** `ALGORITHM_MISSING`, naming what to import. */
export function algorithmMissing(type: KeyType): RecordError<'ALGORITHM_MISSING'> {
  return new RecordError(
    'ALGORITHM_MISSING',
    `the signature is by a key of type ${type}; add ${homes.get(type)} to \`algorithms\``
  )
}

/** `ALGORITHM_MISSING` for a private key, naming what reads it. */
export function privateKeyElsewhere(type: KeyType): RecordError<'ALGORITHM_MISSING'> {
  const name = type === 'Secp256k1' ? 'secp256k1' : type.toLowerCase()
  return new RecordError(
    'ALGORITHM_MISSING',
    `the private key is of type ${type}; read it with \`${name}KeyPair\` from @recordkit/record-crypto/${name}`
  )
}
