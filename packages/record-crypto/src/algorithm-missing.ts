import { RecordError } from '@recordkit/record-types'
import type { KeyType } from '@recordkit/record-types'

/** @param suffix - of the names of the missing export: nothing for verifying, `Keys` for key pairs */
export function algorithmMissing(type: KeyType, suffix: '' | 'Keys' = ''): RecordError<'ALGORITHM_MISSING'> {
  const name = type.toLowerCase()
  const subpath = type === 'Ed25519' ? '' : '/' + name
  return new RecordError(
    'ALGORITHM_MISSING',
    `the key is of type ${type}; add \`${name}${suffix}\` of @recordkit/record-crypto${subpath} to \`algorithms\``
  )
}
