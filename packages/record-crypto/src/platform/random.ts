import { fillRandom } from '@recordkit/record-types/internal'

/**
 * Returns random bytes of the platform.
 *
 * @throws RecordError `ALGORITHM_MISSING` where there are none
 */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return fillRandom(new Uint8Array(length), ', or make the key from a seed')
}
