import { RecordError } from '@recordkit/record-types'

/**
 * Returns the WebCrypto of the platform.
 *
 * @param hint - what requires WebCrypto, or what to use instead: the end of the error message
 * @throws RecordError `ALGORITHM_MISSING` where there is none
 */
export function subtle(hint: string): SubtleCrypto {
  const found = globalThis.crypto?.subtle as SubtleCrypto | undefined
  if (found === undefined) {
    throw new RecordError(
      'ALGORITHM_MISSING',
      `crypto.subtle is missing (browsers have it in secure contexts only: https or localhost); ${hint}`
    )
  }
  return found
}
