import { RecordError } from '@recordkit/record-types'

/**
 * WebCrypto, or `ALGORITHM_MISSING` where there is none: not being able to say is not `false`.
 *
 * @param instead - what to do there
 */
export function subtle(instead: string): SubtleCrypto {
  const found = globalThis.crypto?.subtle as SubtleCrypto | undefined
  if (found === undefined) {
    throw new RecordError(
      'ALGORITHM_MISSING',
      `there is no crypto.subtle here (a page has it in a secure context only: https or localhost); ${instead}`
    )
  }
  return found
}
