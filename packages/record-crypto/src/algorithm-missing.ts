import { RecordError } from '@recordkit/record-types'
import type { KeyType } from '@recordkit/record-types'

/** `ALGORITHM_MISSING`, naming what to import. */
export function algorithmMissing(type: KeyType): RecordError<'ALGORITHM_MISSING'> {
  const home = type === 'Ed25519' ? '' : '/' + type.toLowerCase()
  return new RecordError(
    'ALGORITHM_MISSING',
    `the key is of type ${type}; add the algorithm of @recordkit/record-crypto${home} to \`algorithms\``
  )
}

/** `ALGORITHM_MISSING` for a private key, naming what reads it. */
export function privateKeyElsewhere(type: KeyType): RecordError<'ALGORITHM_MISSING'> {
  const name = type.toLowerCase()
  return new RecordError(
    'ALGORITHM_MISSING',
    `the private key is of type ${type}; read it with \`${name}KeyPair\` from @recordkit/record-crypto/${name}`
  )
}
