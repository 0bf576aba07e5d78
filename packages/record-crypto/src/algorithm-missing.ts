import { RecordError } from '@recordkit/record-types'
import type { KeyType } from '@recordkit/record-types'

/**
 * Returns the error for a key type without an algorithm. The message names the export to add.
 *
 * @param suffix - of that export: none for verifying, `Keys` for key pairs
 */
export function algorithmMissing(type: KeyType, suffix: '' | 'Keys' = ''): RecordError<'ALGORITHM_MISSING'> {
  const name = type.toLowerCase()
  const subpath = type === 'Ed25519' ? '' : '/' + name
  return new RecordError(
    'ALGORITHM_MISSING',
    `the key has the type ${type}; add \`${name}${suffix}\` of @recordkit/record-crypto${subpath} to \`algorithms\``
  )
}
