import { RecordError } from '@recordkit/record-types'

/**
 * Returns random bytes of the platform.
 *
 * @throws RecordError `ALGORITHM_MISSING` where there are none
 */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  if (typeof globalThis.crypto?.getRandomValues !== 'function') {
    throw new RecordError(
      'ALGORITHM_MISSING',
      'crypto.getRandomValues is missing; add a polyfill (React Native: react-native-get-random-values), or make the key from a seed'
    )
  }
  return crypto.getRandomValues(new Uint8Array(length))
}
