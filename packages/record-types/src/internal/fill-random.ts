import { RecordError } from '../errors.ts'

/**
 * Fills an array with random bytes of the platform.
 *
 * @param instead - what the caller can do without a polyfill
 * @throws RecordError `ALGORITHM_MISSING` where there are none
 */
export function fillRandom<Numbers extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  numbers: Numbers,
  instead: string
): Numbers {
  if (typeof globalThis.crypto?.getRandomValues === 'function') return crypto.getRandomValues(numbers)
  const polyfill = 'add a polyfill (React Native: react-native-get-random-values)'
  throw new RecordError('ALGORITHM_MISSING', `crypto.getRandomValues is missing; ${polyfill}${instead}`)
}
